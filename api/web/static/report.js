// Reports: a pick against a rule, to be looked at by a person.
import { ask, say, toast } from './base.js';

/** reports makes the buttons that open the report sheet work. */
export function reports() {
	const sheet = document.getElementById('report');
	if (!sheet) return;
	document.addEventListener('click', ({ target }) => {
		const button = target.closest?.('[data-report]');
		if (!button) return;
		const pick = (button.closest('[data-pick]') ?? document.getElementById('less')).dataset.pick;
		document.getElementById('less').hidePopover();
		open(sheet, button, { kind: 'pick', id: pick });
	});
}

function open(sheet, button, target) {
	fill(sheet, async (form) => {
		const text = form.elements.text.value.trim();
		await ask('POST', '/v1/reports', { body: { target, category: form.elements.category.value, ...(text && { text }) } });
		toast(say('act.reported'));
	});
	sheet.showPopover({ source: button });
}

/** fill lets a sheet with a form send it; what is refused is said in the sheet. */
export function fill(sheet, send) {
	const form = sheet.querySelector('form');
	const said = form.querySelector('.say');
	const button = form.querySelector('.primary');
	form.reset();
	said.replaceChildren();
	form.onsubmit = async (e) => {
		e.preventDefault();
		button.disabled = true;
		try {
			await send(form);
			sheet.hidePopover();
		} catch (err) {
			const p = document.createElement('p');
			p.className = 'bad';
			p.textContent = err.message;
			said.replaceChildren(p);
		} finally {
			button.disabled = false;
		}
	};
}
