// The way to a partner's checkout: in a sheet over the page where the partner
// allows it, else in a new tab.
import { say } from './base.js';

const sheet = () => document.querySelector('dialog[data-checkout]');
const part = (name) => sheet().querySelector(`[data-checkout-${name}]`);

let closed = () => {};

/** checkout opens the sheet and shows the ways that mint gives: a list of
    {url, embed, attributed, title}. What it throws is said in the sheet. */
export async function checkout(partner, mint, after = () => {}) {
	const dialog = sheet();
	closed = after;
	part('title').textContent = say('buy.title', { partner });
	part('outside').hidden = true;
	part('steps').hidden = true;
	part('frame').hidden = true;
	part('frame').replaceChildren();
	status(say('buy.wait', { partner }));
	part('close').onclick = () => dialog.close();
	dialog.onclick = (e) => { if (e.target === dialog) dialog.close(); };
	dialog.onclose = () => {
		part('frame').replaceChildren();
		closed();
	};
	dialog.showModal();
	part('title').focus();
	let ways;
	try {
		ways = await mint();
	} catch (err) {
		status(say('buy.failed', { why: err.message }));
		return;
	}
	if (!ways.length) return dialog.close();
	if (ways.length > 1) steps(partner, ways);
	show(partner, ways[0]);
}

function status(text) {
	part('status').textContent = text;
	part('status').hidden = !text;
}

/** steps are the products of a cart, one checkout after the other. */
function steps(partner, ways) {
	const buttons = ways.map((way, i) => {
		const b = document.createElement('button');
		b.className = 'chip';
		b.textContent = say('buy.step', { n: i + 1, all: ways.length, title: way.title });
		b.setAttribute('aria-pressed', i === 0);
		b.onclick = () => {
			for (const other of buttons) other.setAttribute('aria-pressed', other === b);
			show(partner, way);
		};
		return b;
	});
	part('steps').replaceChildren(...buttons);
	part('steps').hidden = false;
}

function show(partner, { url, embed, attributed }) {
	const outside = part('outside');
	const frame = part('frame');
	frame.replaceChildren();
	frame.hidden = true;
	const scheme = URL.canParse(url) && new URL(url).protocol;
	if (scheme !== 'https:' && scheme !== 'http:') return status(say('buy.gone'));
	outside.href = url;
	outside.hidden = false;
	sheet().dataset.embed = embed;
	const note = attributed === false ? ` ${say('buy.unattributed')}` : '';
	if (embed === 'webview') {
		const inner = document.createElement('iframe');
		inner.title = say('buy.frame', { partner });
		inner.sandbox = 'allow-forms allow-scripts allow-same-origin';
		inner.referrerPolicy = 'strict-origin-when-cross-origin';
		inner.src = url;
		frame.append(inner);
		frame.hidden = false;
		status(note.trim());
		return;
	}
	outside.click(); // a link's own way: no handle on this page is given away
	status(say('buy.opened', { partner }) + note);
}
