// The reader's own page: what is known, and a way to change each.
import { ask, leave, say, toast } from './base.js';
import { keeping } from './keep.js';
import { fill } from './report.js';

keeping();

const page = document.querySelector('[data-me]');
const all = (selector) => Array.from(page.querySelectorAll(selector));

/** gone takes a row away at once and puts it back if the API refuses. */
async function gone(row, send, said) {
	row.hidden = true;
	try {
		await send();
		toast(said);
		row.remove();
	} catch (err) {
		row.hidden = false;
		toast(err.message);
	}
}

const feedback = (row) => `/v1/feedback/${row.dataset.kind}/${encodeURIComponent(row.dataset.id)}`;

page.addEventListener('click', ({ target }) => {
	const button = target.closest?.('button');
	if (!button) return;
	const row = button.closest('li');
	if ('forget' in button.dataset) forget(row);
	else if ('takeBack' in button.dataset) gone(row, () => ask('DELETE', feedback(row)), say('me.say.back'));
	else if ('reset' in button.dataset) reset();
	else if ('personal' in button.dataset) personal(button);
	else if ('signOut' in button.dataset) leave().catch(() => {}).then(() => location.reload());
	else if ('erase' in button.dataset) erase();
	else if ('complain' in button.dataset) complain(button, row);
});

function forget(row) {
	const rest = all('[data-interest][data-declared]').filter((li) => li !== row && !li.hidden);
	const interests = rest.map((li) => ({ topic: li.dataset.interest, weight: Number(li.dataset.weight) / 100 }));
	gone(row, () => ask('PUT', '/v1/me/interests', { body: { interests } }), say('me.say.forgotten'));
}

async function reset() {
	const rows = all('[data-opinions] > li');
	for (const li of rows) li.hidden = true;
	try {
		await ask('DELETE', '/v1/feedback');
		for (const li of rows) li.remove();
		toast(say('me.say.reset'));
	} catch (err) {
		for (const li of rows) li.hidden = false;
		toast(err.message);
	}
}

async function personal(button) {
	const on = button.ariaChecked !== 'true';
	button.ariaChecked = on;
	try {
		await ask('PUT', '/v1/me/privacy', { body: { personalisation: on ? 'on' : 'off' } });
		document.body.toggleAttribute('data-impersonal', !on);
		toast(say(on ? 'me.say.on' : 'me.say.off'));
	} catch (err) {
		button.ariaChecked = !on;
		toast(err.message);
	}
}

function erase() {
	const dialog = page.querySelector('[data-erase-dialog]');
	dialog.querySelector('[data-erase-no]').onclick = () => dialog.close();
	const yes = dialog.querySelector('[data-erase-yes]');
	yes.onclick = async () => {
		yes.disabled = true;
		try {
			await ask('DELETE', '/v1/me');
			await leave().catch(() => {}); // the session leads to nothing any more
			dialog.close();
			const note = document.createElement('p');
			note.className = 'lead';
			note.dataset.erased = '';
			note.role = 'status';
			note.textContent = say('me.say.erased');
			page.replaceChildren(note);
			document.querySelector('[data-cart-count]').hidden = true;
		} catch (err) {
			dialog.close();
			toast(err.message);
		} finally {
			yes.disabled = false;
		}
	};
	dialog.showModal();
}

function complain(button, row) {
	const sheet = page.querySelector('[data-complain-sheet]');
	fill(sheet, async (form) => {
		const text = form.elements.text.value.trim();
		await ask('POST', '/v1/complaints', { body: { click_id: row.dataset.click, kind: form.elements.kind.value, ...(text && { text }) } });
		toast(say('me.say.complained'));
	});
	sheet.showPopover({ source: button });
}
