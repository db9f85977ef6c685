// The middle page: facts as fresh as the partner has them, and the way to buy.
import { ago, ask, key, money, peek, say } from './base.js';
import { checkout } from './checkout.js';
import { keeping } from './keep.js';
import { menu } from './less.js';
import { reports } from './report.js';
import { opened } from './watch.js';

keeping();
menu();
reports();

const product = document.querySelector('[data-product]');
const { pick, partner } = product.dataset;
if (pick) {
	opened(pick);
	if ('old' in product.dataset) refresh();
}

/** refresh asks for the facts again; without an answer the page says how old they are. */
async function refresh() {
	let middle;
	try {
		({ value: middle } = await peek(`/v1/picks/${encodeURIComponent(pick)}/middle`));
	} catch {
		return; // the page says that they are old
	}
	const facts = middle.item?.product;
	if (!facts) return;
	const at = (name) => product.querySelector(`[data-${name}]`);
	if (facts.price) {
		const b = document.createElement('b');
		b.className = 'price';
		b.textContent = money(facts.price);
		at('price').replaceChildren(b);
	}
	at('stock').textContent = say(`stock.${facts.availability}`);
	const time = at('checked').querySelector('time');
	if (time && middle.price_checked_at) {
		time.dateTime = middle.price_checked_at;
		time.dataset.ago = '';
		time.textContent = ago(new Date(middle.price_checked_at));
	}
	at('stale').hidden = !middle.stale;
}

const buy = product.querySelector('[data-buy]');
let once = key(); // a double click is one way to the checkout
if (buy) buy.onclick = () => checkout(partner, async () => {
	const { value } = await ask('POST', '/v1/clickouts', { body: { pick_id: pick, quantity: 1 }, headers: { 'Idempotency-Key': once } });
	return [value];
}, () => { once = key(); });
