// Less of this: a pick, an expert or a topic leaves the window, and can come back.
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
		cell = button.closest('li');
		sheet.querySelector('[data-mute=expert]').textContent = say('js.less.expert', { name: cell.querySelector('.who b').textContent });
		const topic = sheet.querySelector('[data-mute=topic]');
		topic.textContent = say('js.less.topic', { topic: label(cell) });
		topic.hidden = !cell.dataset.topic;
		sheet.showPopover({ source: button });
	});
	sheet.addEventListener('click', ({ target }) => {
		const kind = target.dataset.mute;
		if (!kind) return;
		sheet.hidePopover();
		mute(kind, cell);
	});
}

async function mute(kind, cell) {
	const id = cell.dataset[kind];
	const path = `/v1/mutes/${kind}/${encodeURIComponent(id)}`;
	const alike = Array.from(document.querySelectorAll('[data-grid] > li[data-pick]'))
		.filter((c) => kind === 'topic' ? within(c.dataset.topic, id) : c.dataset[kind] === id);
	const back = () => {
		for (const c of alike) restore(c);
		(cell.querySelector('[data-less]') ?? cell).focus({ preventScroll: true });
	};
	const undo = async () => {
		back();
		try {
			await ask('DELETE', path);
			toast(say('js.restored'));
		} catch (err) {
			toast(err.message);
		}
	};
	const said = say(`js.muted.${kind}`, { name: cell.querySelector('.who b').textContent, topic: label(cell) });
	for (const c of alike) c === cell ? cover(c, said, undo) : c.hidden = true;
	try {
		await ask('PUT', path);
	} catch (err) {
		back();
		toast(err.message);
	}
}

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
