// The cart: quantities, removing, and the way to each shop. Every change says
// which cart it was made on; one that was changed elsewhere is shown anew.
import { ask, count, key, lang, money, Refused, say, toast } from './base.js';
import { checkout } from './checkout.js';

const root = () => document.querySelector('[data-cart]');
const lineOf = (el) => el.closest('[data-line]');
const path = (line) => `/v1/cart/items/${encodeURIComponent(line)}`;

let cart = null; // as the API has it
let etag = '';

/** know learns what the API has, and shows it if the page has something else. */
async function know() {
	({ value: cart, etag } = await ask('GET', '/v1/cart', { cache: 'no-store' }));
	count(cart);
	if (cart.revision !== Number(root().dataset.revision)) await redraw();
}

/** redraw shows the cart as the server has it. */
async function redraw() {
	const answer = await fetch('/cart?fragment=1', { headers: { Accept: 'text/html', 'Accept-Language': lang }, cache: 'no-store' });
	if (!answer.ok) throw new Refused(answer.status, { title: say('js.broken') });
	const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
	const focused = document.activeElement?.closest('[data-line]')?.dataset.line;
	const step = document.activeElement?.dataset.step;
	root().replaceWith(page.querySelector('[data-cart]'));
	const line = focused && root().querySelector(`[data-line="${CSS.escape(focused)}"]`);
	(line ? line.querySelector(step ? `[data-step="${step}"]` : '[data-number]') ?? line.querySelector('button') : document.getElementById('main'))?.focus({ preventScroll: true });
}

let chain = Promise.resolve();
/** change makes one change after the other, each on the cart that the one before left. */
function change(make) {
	const done = chain.then(async () => {
		root().ariaBusy = 'true';
		try {
			if (!etag) await know();
			const answer = await make();
			if (answer?.etag) {
				({ value: cart, etag } = answer);
				if (cart?.lines) count(cart);
			}
			if (!answer?.etag || !cart?.lines) ({ value: cart, etag } = await ask('GET', '/v1/cart', { cache: 'no-store' }));
			count(cart);
			await redraw();
			return true;
		} catch (err) {
			toast(err.status === 412 || err.status === 428 ? say('cart.say.changed') : err.message);
			etag = '';
			await know().then(redraw).catch(() => {}); // what failed was said
			return false;
		} finally {
			root().ariaBusy = 'false';
		}
	});
	chain = done;
	return done;
}

const seen = () => ({ 'If-Match': etag });
const set = (line, quantity) => change(() => ask('PATCH', path(line), { body: { quantity }, headers: seen() }));

const typing = new Map(); // timers by line
function want(li, quantity) {
	const box = li.querySelector('[data-number]');
	const { line, quantity: was } = li.dataset;
	if (!Number.isInteger(quantity) || quantity < 1 || quantity > 99) {
		toast(say('cart.say.number'));
		box.value = was;
		return;
	}
	box.value = quantity;
	clearTimeout(typing.get(line));
	if (quantity === Number(was)) return;
	typing.set(line, setTimeout(set, 350, line, quantity));
}

async function remove(li) {
	const { line, pick, sku, quantity } = li.dataset;
	clearTimeout(typing.get(line));
	li.hidden = true; // at once; the page comes anew behind it
	if (!await change(() => ask('DELETE', path(line), { headers: seen() }))) return;
	toast(say('cart.say.removed'), async () => {
		const again = { pick_id: pick, quantity: Number(quantity), ...(sku && { sku }) };
		if (await change(() => ask('POST', '/v1/cart/items', { body: again, headers: { 'Idempotency-Key': key() } }))) toast(say('cart.say.back'));
	});
}

document.addEventListener('click', async ({ target }) => {
	const button = target.closest?.('[data-cart] button');
	if (!button) return;
	const li = lineOf(button);
	if (button.dataset.step) want(li, Number(li.querySelector('[data-number]').value) + Number(button.dataset.step));
	else if ('remove' in button.dataset) remove(li);
	else if ('agree' in button.dataset) { if (await set(li.dataset.line, Number(li.dataset.quantity))) toast(say('cart.say.agreed')); }
	else if ('checkOut' in button.dataset) buy(button.closest('[data-group]'));
});
document.addEventListener('change', ({ target }) => {
	if (target.matches?.('[data-number]')) want(lineOf(target), Number(target.value));
});

/** buy goes to the checkout of one shop with all its lines that can be bought. */
async function buy(group) {
	const { group: partner, name } = group.dataset;
	const rows = () => Array.from(root().querySelectorAll(`[data-group="${CSS.escape(partner)}"] [data-line]:not([data-blocked])`));
	await chain; // what was typed last counts
	const changed = rows().filter((li) => 'changed' in li.dataset);
	let agree = changed.length > 0;
	if (agree && !await agreed(changed.map((li) => `${li.dataset.title}: ${li.querySelector('[data-problem]').textContent}`))) return;
	const titles = new Map(rows().map((li) => [li.dataset.line, li.dataset.title]));
	const mint = async (lines, keyed) => {
		const { value } = await ask('POST', '/v1/cart/checkout', { body: { lines, ...(agree && { accept_prices: true }) }, headers: { 'Idempotency-Key': keyed } });
		return value;
	};
	let left = false;
	await checkout(name, async () => {
		const first = await mint(Array.from(titles.keys()), key());
		const ways = first.clickouts;
		const dearer = first.problems.filter((p) => p.code === 'price_changed' && p.from && p.to);
		left = first.problems.length > dearer.length;
		// the shop was asked again and says something else than the page
		if (dearer.length && await agreed(dearer.map((p) => say('cart.say.price', { title: titles.get(p.line) ?? name, from: money(p.from), to: money(p.to) })))) {
			agree = true;
			const second = await mint(dearer.map((p) => p.line), key());
			ways.push(...second.clickouts);
			left ||= second.problems.length > 0;
		}
		return ways.map((c) => ({ ...c, title: titles.get(c.line) ?? name }));
	}, () => { etag = ''; know().then(redraw).catch(() => {}); });
	if (left) toast(say('cart.say.left'));
}

/** agreed asks whether what the prices have become is right. */
function agreed(texts) {
	const dialog = document.querySelector('[data-consent]');
	dialog.querySelector('[data-consent-lines]').replaceChildren(...texts.map((text) => {
		const item = document.createElement('li');
		item.textContent = text;
		return item;
	}));
	return new Promise((done) => {
		let yes = false;
		dialog.querySelector('[data-consent-yes]').onclick = () => { yes = true; dialog.close(); };
		dialog.querySelector('[data-consent-no]').onclick = () => dialog.close();
		dialog.onclose = () => done(yes);
		dialog.showModal();
	});
}

if (root().querySelector('[data-line]')) know().catch(() => {}); // the page stands as it is
