// The expert's own picks: where each stands, and what can be done about it.
import { ago, ask, key, say, toast } from './base.js';
import { words } from './verdict.js';

/** mine shows the list; edit and changed are called with a pick. */
export function mine({ edit, changed }) {
	const list = document.querySelector('[data-mine]');
	const older = document.querySelector('[data-older]');
	const none = document.querySelector('[data-none]');
	const row = document.getElementById('row');

	function draw(pick) {
		const li = row.content.cloneNode(true).firstElementChild;
		li.dataset.pick = pick.pick;
		const at = (selector) => li.querySelector(selector);
		at('img').src = pick.product.image?.startsWith('/') ? pick.product.image : `/pictures/${encodeURIComponent(pick.product.key)}.svg`;
		at('a').href = `/picks/${pick.pick}`;
		at('a').ariaLabel = pick.product.title;
		const state = pick.hidden && !['withdrawn', 'held', 'deferred'].includes(pick.hidden) ? 'hidden' : pick.state;
		at('.state').textContent = say(`state.${state}`);
		at('.state').classList.add(state);
		const time = at('time');
		time.dateTime = pick.published_at;
		time.dataset.ago = '';
		time.textContent = ago(new Date(pick.published_at));
		at('.what').textContent = pick.product.title || pick.product.key;
		at('.why').textContent = pick.reason;
		const problems = [...(pick.problems ?? []), ...(pick.pending?.problems ?? [])].map((p) => words(p).text);
		if (pick.pending) problems.unshift(say('js.pending'));
		if (state === 'hidden') problems.unshift(say(`hidden.${pick.hidden}`, { fallback: pick.hidden }));
		at('.trouble').textContent = problems.join(' ');
		const gone = pick.state === 'withdrawn';
		at('[data-do=edit]').hidden = gone;
		at('[data-do=withdraw]').hidden = gone;
		at('[data-do=restore]').hidden = !gone;
		for (const b of li.querySelectorAll('[data-do]')) {
			b.setAttribute('aria-label', `${b.textContent}: ${pick.product.title}`);
			b.onclick = () => perform(b.dataset.do, pick, li);
		}
		return li;
	}

	async function perform(what, pick, li) {
		const busy = (on) => { for (const b of li.querySelectorAll('button')) b.disabled = on; };
		busy(true);
		try {
			if (what === 'edit') return await edit(pick);
			await change(what, pick, li);
			toast(say(what === 'withdraw' ? 'js.withdraw' : 'js.restore'), () => perform(what === 'withdraw' ? 'restore' : 'withdraw', pick, list.querySelector(`[data-pick="${CSS.escape(pick.pick)}"]`) ?? li));
			changed();
		} catch (err) {
			toast(err.message);
		} finally {
			busy(false);
		}
	}

	async function change(what, { pick: id }, li) {
		const { etag } = await ask('GET', `/v1/picks/${id}`, { cache: 'no-store' });
		const headers = { 'If-Match': etag, 'Idempotency-Key': key() };
		const { value } = what === 'withdraw' ? await ask('DELETE', `/v1/picks/${id}`, { headers }) : await ask('POST', `/v1/picks/${id}/restore`, { headers });
		if (value.pick) li.replaceWith(draw(value.pick));
	}

	async function load(cursor) {
		try {
			const { value } = await ask('GET', `/v1/me/picks?limit=10${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`, { cache: 'no-store' });
			const rows = value.items.map(draw);
			cursor ? list.append(...rows) : list.replaceChildren(...rows);
			none.hidden = list.children.length > 0;
			older.hidden = !value.next_cursor;
			older.onclick = () => load(value.next_cursor);
			list.ariaBusy = 'false';
		} catch (err) {
			toast(err.message);
		}
	}
	return { load: () => load('') };
}
