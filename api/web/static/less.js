// Less of this, or more: a pick, an expert or a topic leaves the window, and
// can come back.
import { ask, say, toast } from './base.js';
import { fit } from './lay.js';

/** menu makes the "less of this" buttons work. */
export function menu() {
	const sheet = document.getElementById('less');
	if (!sheet) return;
	let cell;
	document.addEventListener('click', ({ target }) => {
		const button = target.closest?.('[data-less]');
		if (!button) return;
		cell = button.closest('[data-pick]');
		sheet.dataset.pick = cell.dataset.pick;
		for (const b of sheet.querySelectorAll('[data-mute]')) {
			const { mute: kind, how } = b.dataset;
			if (kind === 'expert') b.textContent = say(how ? 'js.less.mute.expert' : 'js.less.expert', { name: name(cell) });
			if (kind === 'topic') b.textContent = say(how ? `js.less.${how}.topic` : 'js.less.topic', { topic: label(cell) });
			b.hidden = !cell.dataset[kind];
		}
		sheet.showPopover({ source: button });
	});
	sheet.addEventListener('click', ({ target }) => {
		const { mute: kind, how } = target.dataset;
		if (!kind) return;
		sheet.hidePopover();
		if (how === 'more') more(kind, cell);
		else less(kind, cell, how ?? 'not_interested');
	});
}

const path = (kind, cell) => `/v1/feedback/${kind}/${encodeURIComponent(cell.dataset[kind])}`;

async function more(kind, cell) {
	const at = path(kind, cell);
	try {
		await ask('PUT', at, { body: { kind: 'more' } });
		toast(say('js.said.more', { topic: label(cell) }), () => ask('DELETE', at).then(() => toast(say('js.restored')), (err) => toast(err.message)));
	} catch (err) {
		toast(err.message);
	}
}

async function less(kind, cell, how) {
	const id = cell.dataset[kind];
	const at = path(kind, cell);
	const alike = Array.from(document.querySelectorAll('[data-grid] > li[data-pick]'))
		.filter((c) => kind === 'topic' ? within(c.dataset.topic, id) : c.dataset[kind] === id);
	const back = () => {
		for (const c of alike) restore(c);
		(cell.querySelector('[data-less]') ?? cell).focus({ preventScroll: true });
	};
	const undo = async () => {
		back();
		try {
			await ask('DELETE', at);
			toast(say('js.restored'));
		} catch (err) {
			toast(err.message);
		}
	};
	const said = say(`js.muted.${kind}`, { name: name(cell), topic: label(cell) });
	for (const c of alike) c === cell ? cover(c, said, undo) : c.hidden = true;
	try {
		await ask('PUT', at, { body: { kind: how } });
		if (!alike.includes(cell)) toast(said, undo); // the pick's own page stays as it is
	} catch (err) {
		back();
		toast(err.message);
	}
}

const name = (cell) => cell.querySelector('.who b').textContent;
const label = (cell) => cell.querySelector('.who i span:last-child')?.textContent ?? '';
const within = (topic, root) => topic === root || topic.startsWith(`${root}/`);

/** cover puts a note with a way back where the card was. */
function cover(cell, text, undo) {
	cell.firstElementChild.hidden = true;
	const note = document.createElement('div');
	note.className = 'card gone';
	note.role = 'status';
	const line = document.createElement('p');
	line.textContent = text;
	const button = document.createElement('button');
	button.textContent = say('js.undo');
	button.onclick = undo;
	note.append(line, button);
	cell.prepend(note);
	fit(note);
	button.focus({ preventScroll: true });
}

function restore(cell) {
	cell.hidden = false;
	const note = cell.querySelector('.gone');
	if (!note) return;
	note.remove();
	cell.firstElementChild.hidden = false;
}
