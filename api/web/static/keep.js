// Bookmarks and the cart, from any card.
import { ask, count, key, say, toast } from './base.js';

const place = (button) => button.closest('[data-pick]');
const title = (button) => {
	const at = place(button);
	return (at.querySelector('h2 a, h3 a, h1') ?? at.querySelector('h3')).textContent;
};
const alike = (pick, what) => document.querySelectorAll(`[data-pick="${CSS.escape(pick)}"] [data-${what}]`);

/** keeping makes the buttons for bookmarks and the cart work, those of later cards too. */
export function keeping() {
	document.addEventListener('click', ({ target }) => {
		const button = target.closest?.('[data-keep], [data-put]');
		if (!button) return;
		if (button.matches('[data-keep]')) keep(place(button).dataset.pick, button.getAttribute('aria-pressed') !== 'true');
		else put(button);
	});
}

/** keep bookmarks a pick or takes that back; shown at once, and undone when refused. */
async function keep(pick, on, undoing = false) {
	const show = (pressed) => { for (const b of alike(pick, 'keep')) b.setAttribute('aria-pressed', pressed); };
	show(on);
	try {
		await ask(on ? 'PUT' : 'DELETE', `/v1/bookmarks/${encodeURIComponent(pick)}`);
		toast(say(on ? 'act.kept' : 'act.unkept'), undoing ? undefined : () => keep(pick, !on, true));
	} catch (err) {
		show(!on);
		toast(err.message);
	}
}

/** put adds one piece to the cart; a pick that is there leads to it. */
async function put(button) {
	if ('in' in button.dataset) {
		location.href = '/cart';
		return;
	}
	const { pick } = place(button).dataset;
	const buttons = alike(pick, 'put');
	const show = (there) => {
		for (const b of buttons) {
			b.toggleAttribute('data-in', there);
			if (b.dataset.label === undefined) b.dataset.label = b.getAttribute('aria-label') ?? '';
			if (b.dataset.label) b.setAttribute('aria-label', there ? say('act.in', { title: title(b) }) : b.dataset.label);
		}
	};
	show(true);
	try {
		const { value } = await ask('POST', '/v1/cart/items', { body: { pick_id: pick, quantity: 1 }, headers: { 'Idempotency-Key': key() } });
		count(value);
		toast(say('act.added'), undefined, { href: '/cart', text: say('act.cart') });
	} catch (err) {
		show(false);
		toast(err.message);
	}
}
