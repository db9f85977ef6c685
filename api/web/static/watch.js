// What was seen: cards that were half on the screen for a second, and middle
// pages that were opened. It goes out in batches behind everything else, and
// not at all from somebody unknown or who wants nothing learned.
import { key, now, someone, tell } from './base.js';

const most = 100; // in a batch
const keepFor = 300; // while nobody answers

let queue = [];
let timer;

function note(action) {
	queue.push({ id: key(), at: now().toISOString(), ...action });
	queue = queue.slice(-keepFor);
	timer ??= setTimeout(flush, 4000);
}

async function flush() {
	clearTimeout(timer);
	timer = undefined;
	const batch = queue.splice(0, most);
	if (!batch.length) return;
	if (!await tell('/v1/actions', { actions: batch })) queue.unshift(...batch);
	if (queue.length) timer ??= setTimeout(flush, 15000);
}

addEventListener('pagehide', flush);
document.addEventListener('visibilitychange', () => { if (document.hidden) flush(); });

const silent = () => !someone() || 'impersonal' in document.body.dataset;

/** where a card stands: window, position and source. */
function place(cell) {
	const { position, source } = cell.dataset;
	const { window } = cell.closest('[data-grid]').dataset;
	return { ...(window && { window }), ...(position && { position: Number(position) }), ...(source && { source }) };
}

const seen = new Set(); // by window and pick

/** watch notes the cards of the page's grid as they are seen, later ones too. */
export function watch() {
	const waiting = new Map();
	const look = new IntersectionObserver((entries) => {
		for (const { target, isIntersecting } of entries) {
			clearTimeout(waiting.get(target));
			if (isIntersecting) waiting.set(target, setTimeout(saw, 1000, target));
		}
	}, { threshold: 0.5 });

	function saw(cell) {
		const at = place(cell);
		const name = `${at.window} ${cell.dataset.pick}`;
		if (silent() || cell.hidden || cell.querySelector('.gone') || seen.has(name)) return;
		seen.add(name);
		look.unobserve(cell);
		note({ kind: 'impression', pick: cell.dataset.pick, ...at });
	}

	const cells = (nodes) => Array.from(nodes).filter((n) => n.matches?.('[data-grid] > li[data-pick]'));
	for (const cell of cells(document.querySelectorAll('[data-grid] > li'))) look.observe(cell);
	new MutationObserver((changes) => {
		for (const c of changes) {
			for (const n of c.addedNodes) {
				for (const cell of cells(n.querySelectorAll ? [n, ...n.querySelectorAll('li')] : [])) look.observe(cell);
			}
		}
	}).observe(document.getElementById('main'), { childList: true, subtree: true });

	// the page of a pick learns where it was opened from
	document.addEventListener('click', ({ target }) => {
		const cell = target.closest?.('a[href^="/picks/"]')?.closest('[data-grid] > li[data-pick]');
		if (cell) sessionStorage.setItem('from', JSON.stringify({ pick: cell.dataset.pick, ...place(cell) }));
	});
}

/** opened notes that the page of a pick was opened. */
export function opened(pick) {
	let from = {};
	try { from = JSON.parse(sessionStorage.getItem('from')) ?? {}; } catch { /* an older page's */ }
	if (from.pick !== pick) from = { pick };
	sessionStorage.removeItem('from');
	if (silent()) return;
	note({ kind: 'open', ...from });
	flush();
}
