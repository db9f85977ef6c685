// The publisher: a verdict as you type, a preview, what is left today, and the
// expert's own picks.
import { ask, key, say } from './base.js';
import { drawPreview, drawVerdict, drawTrouble, clearVerdict, hints } from './verdict.js';
import { gate } from './gate.js';
import { limits } from './limits.js';
import { mine } from './mine.js';

const form = document.querySelector('[data-form]');
gate();
if (form) desk(form);

// --- the desk ---

function desk(form) {
	const link = form.elements.link, reason = form.elements.reason;
	const submit = form.querySelector('[data-submit]');
	let editing = null; // {id, etag} of the pick that is changed
	let once = key();   // one for every content that is sent
	let timer, running;

	const own = mine({ edit, changed: limits });
	limits();
	own.load();
	drawPreview(form, null);
	hints(form);

	form.addEventListener('input', () => {
		once = key();
		hints(form);
		drawPreview(form);
		topicsLeft();
		clearTimeout(timer);
		timer = setTimeout(check, 350);
	});
	topicsLeft();

	function topicsLeft() {
		const most = Number(form.querySelector('[data-topics]').dataset.topics);
		const boxes = Array.from(form.querySelectorAll('[name=topics]'));
		const full = boxes.filter((b) => b.checked).length >= most;
		for (const b of boxes) b.disabled = full && !b.checked;
	}

	function content() {
		const stock = form.elements.inventory.value.trim();
		const relationship = form.elements.relationship.value;
		return {
			link: link.value.trim(), reason: reason.value.trim(),
			topics: Array.from(form.querySelectorAll('[name=topics]:checked'), (b) => b.value),
			...(stock === '' ? {} : { inventory: /^\d+$/.test(stock) ? Number(stock) : -1 }),
			...(relationship ? { relationship } : {}),
		};
	}

	async function check() {
		running?.abort();
		if (!link.value.trim() && !reason.value.trim()) return clearVerdict(form);
		running = new AbortController();
		try {
			const { value } = await ask('POST', '/v1/picks/check', { body: content(), signal: running.signal });
			drawVerdict(form, value, { editing });
			drawPreview(form, value);
		} catch (err) {
			if (err.name !== 'AbortError') drawTrouble('all', err.message);
		}
	}

	form.onsubmit = async (e) => {
		e.preventDefault();
		clearTimeout(timer);
		running?.abort();
		submit.disabled = true;
		const body = content();
		try {
			const { value } = editing
				? await ask('PATCH', `/v1/picks/${editing.id}`, { body, headers: { 'If-Match': editing.etag, 'Idempotency-Key': once } })
				: await ask('POST', '/v1/picks', { body, headers: { 'Idempotency-Key': once } });
			const changed = Boolean(editing);
			stop();
			await published(value, changed);
		} catch (err) {
			refused(err);
		} finally {
			submit.disabled = false;
		}
	};

	function refused(err) {
		const checks = (err.problem.errors ?? []).map((p) => ({ ...p, result: 'fail' }));
		if (checks.length) drawVerdict(form, { checks, would_publish: false, state: 'refused', next: err.problem.next_allowed_at }, { editing, all: true });
		else drawTrouble('all', err.message);
		form.querySelector('.bad')?.scrollIntoView({ block: 'center' });
	}

	/** published tells what became of a pick and waits until readers see it. */
	async function published(placed, changed) {
		form.reset();
		once = key();
		clearVerdict(form);
		drawPreview(form, null);
		hints(form);
		topicsLeft();
		limits();
		const note = drawTrouble('all', say('js.placed.wait'), 'warn');
		for (let wait = 100; wait < 5000; wait *= 1.6) {
			try {
				const { value } = await ask('GET', `/v1/picks/${placed.id}`, { cache: 'no-store' });
				if (!value.hidden || value.state !== 'published') {
					tell(note, value, changed);
					own.load();
					return;
				}
			} catch (err) {
				if (err.status !== 404) break;
			}
			await new Promise((done) => { setTimeout(done, wait); });
		}
		note.textContent = say('js.placed.later');
		own.load();
	}

	function tell(note, pick, changed) {
		const visible = !pick.hidden;
		const waiting = pick.pending || pick.state === 'held';
		note.className = visible && !waiting ? 'good' : 'warn';
		note.textContent = say(waiting ? 'js.placed.held' : visible ? (changed ? 'js.placed.changed' : 'js.placed.visible') : `state.${pick.state}`);
		if (!visible) return;
		const a = document.createElement('a');
		a.href = `/picks/${pick.pick}`;
		a.textContent = say('js.placed.open');
		a.dataset.published = pick.pick;
		note.append(' ', a);
	}

	// --- editing ---

	async function edit(pick) {
		const { value, etag } = await ask('GET', `/v1/picks/${pick.pick}`, { cache: 'no-store' });
		form.reset();
		editing = { id: value.pick, etag };
		link.value = value.link;
		reason.value = value.reason;
		for (const b of form.querySelectorAll('[name=topics]')) b.checked = value.topics.includes(b.value);
		const tie = value.disclosure.relationship;
		const radio = form.querySelector(`[name=relationship][value="${tie}"]`) ?? form.querySelector('[name=relationship][value=""]');
		radio.checked = true;
		form.elements.inventory.value = value.inventory ?? '';
		const banner = form.querySelector('[data-editing]');
		banner.hidden = false;
		banner.firstElementChild.textContent = say('js.editing', { title: value.product.title });
		submit.textContent = submit.dataset.edit;
		topicsLeft();
		hints(form);
		check();
		form.scrollIntoView({ block: 'start' });
		reason.focus({ preventScroll: true });
	}

	function stop() {
		editing = null;
		form.querySelector('[data-editing]').hidden = true;
		submit.textContent = submit.dataset.new;
	}
	form.querySelector('[data-stop]').onclick = () => {
		stop();
		form.reset();
		clearVerdict(form);
		drawPreview(form, null);
		hints(form);
		topicsLeft();
	};
}
