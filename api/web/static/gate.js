// The gate to a page for experts: whom to act as in a demo, or a token.
import { actAs, enter, leave, say, toast } from './base.js';

/** gate makes it work, and the way out again. */
export function gate() {
	document.addEventListener('click', async ({ target }) => {
		const button = target.closest?.('[data-act], [data-sign-out]');
		if (!button) return;
		button.disabled = true;
		try {
			if (button.dataset.act) await actAs(button.dataset.act);
			else await leave().catch(() => {}); // the page says who is signed in
			location.reload();
		} catch (err) {
			button.disabled = false;
			toast(err.message);
		}
	});
	const filter = document.querySelector('[data-filter]');
	if (filter) filter.oninput = () => {
		const words = filter.value.toLowerCase().split(/\s+/);
		for (const p of document.querySelectorAll('.persons > li')) p.hidden = !words.every((w) => p.textContent.toLowerCase().includes(w));
	};
	const form = document.querySelector('[data-token]');
	if (form) form.onsubmit = async (e) => {
		e.preventDefault();
		try {
			await enter(form.querySelector('textarea').value.trim());
			location.reload();
		} catch (err) {
			const p = document.createElement('p');
			p.className = 'bad';
			p.textContent = err.status === 401 ? say('js.token.bad') : err.message;
			form.querySelector('[data-say=token]').replaceChildren(p);
		}
	};
}
