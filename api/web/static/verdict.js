// How the rules' verdict and the preview of a pick are drawn.
import { clock, knows, money, percent, say } from './base.js';

const place = (name) => document.querySelector(`[data-say="${name}"]`);

function line(text, kind, fix) {
	const p = document.createElement('p');
	p.className = kind;
	p.textContent = text;
	if (fix) {
		const more = document.createElement('span');
		more.className = 'fix';
		more.textContent = fix;
		p.append(more);
	}
	return p;
}

/** drawTrouble says one thing in one place and returns its line. */
export function drawTrouble(name, text, kind = 'bad') {
	const p = line(text, kind);
	place(name).replaceChildren(p);
	return p;
}

/** clearVerdict takes back what was said. */
export function clearVerdict(form) {
	for (const box of form.querySelectorAll('[data-say]')) box.replaceChildren();
}

// fieldOf is where a check's problem belongs.
function fieldOf(check) {
	const [, name] = (check.pointer ?? '').split('/');
	return place(name) ? name : 'all';
}

/** words say what is wrong and what to do, in the page's language. */
export function words(check) {
	const d = check.details ?? {};
	const values = {
		...d, n: d.length, accepted: d.accepted?.join(', '),
		current: d.current === undefined ? undefined : percent(d.current), max: d.current === undefined ? d.max : percent(d.max),
		time: d.next_allowed_at ? clock(new Date(d.next_allowed_at)) : '',
		limits: d.violated_policies?.map((p) => say(`limits.name.${p}`, { fallback: p })).join(say('js.and')),
		restriction: d.restriction ? say(`check.restricted.${d.restriction}`, { fallback: d.restriction }) : '',
	};
	const code = check.code === 'validation' ? `invalid.${(check.pointer ?? '').split('/')[1]}` : check.code;
	if (!knows(`check.${code}`)) return { text: check.message, fix: check.fix };
	const fix = knows(`check.${code}.fix`) ? say(`check.${code}.fix`, values) : '';
	return { text: say(`check.${code}`, values), fix };
}

// Whoever has not got to a field yet is not told that it is empty.
const early = (form, name) => name === 'topics' ? !form.querySelector('[name=topics]:checked') : form.elements[name] && !form.elements[name].value;

/** drawVerdict shows each check at the field it concerns. */
export function drawVerdict(form, verdict, { editing, all } = {}) {
	const lines = {};
	for (const check of verdict.checks) {
		if (check.result === 'pass') continue;
		if (editing && check.code === 'duplicate-pick' && check.details?.existing_id === editing.id) continue;
		if (editing && check.code === 'quota-exceeded') continue;
		const name = fieldOf(check);
		if (!all && name !== 'all' && early(form, name)) continue;
		const { text, fix } = words(check);
		const kind = { fail: 'bad', hold: 'warn', defer: 'warn', warn: 'warn' }[check.result] ?? 'warn';
		(lines[name] ??= []).push(line(text, kind, fix));
	}
	if (verdict.canonical && !lines.link) lines.link = [found(verdict)];
	const clean = !verdict.checks.some((c) => c.result !== 'pass' && !(editing && ['duplicate-pick', 'quota-exceeded'].includes(c.code)));
	if (clean) lines.all = [line(say(editing ? 'check.ready.edit' : 'check.ready'), 'good')];
	for (const box of form.querySelectorAll('[data-say]')) {
		const next = lines[box.dataset.say] ?? [];
		const text = next.map((p) => p.textContent).join();
		if (box.textContent !== text) box.replaceChildren(...next); // else it would be read out again
	}
}

/** found shows the product that a link leads to. */
function found(verdict) {
	const p = document.createElement('p');
	p.className = 'found good';
	const img = document.createElement('img');
	img.alt = '';
	img.src = picture(verdict);
	const text = document.createElement('span');
	text.textContent = verdict.product ? verdict.product.title : say('check.product.unknown');
	p.append(img, text);
	return p;
}

const picture = ({ product, product_key: k }) => product?.image?.startsWith('/') ? product.image : `/pictures/${encodeURIComponent(k)}.svg`;

let last = null;
/** drawPreview shows the card as readers will see it. */
export function drawPreview(form, verdict = last) {
	last = verdict;
	const part = (name) => document.querySelector(`[data-preview] [data-p="${name}"]`);
	const put = (name, text) => {
		const el = part(name);
		el.textContent = text || el.dataset.empty || '';
		el.classList.toggle('vacant', !text && Boolean(el.dataset.empty));
	};
	const product = verdict?.product;
	put('reason', form.elements.reason.value.trim());
	put('title', product?.title);
	put('price', product?.price ? money(product.price) : '');
	put('stock', product ? say(`stock.${product.availability}`) : '');
	const shop = verdict?.product_key?.split(':')[0] ?? '';
	put('partner', JSON.parse(document.querySelector('[data-preview]').dataset.partners)[shop] ?? shop);
	put('topic', form.querySelector('[name=topics]:checked')?.parentElement.textContent.trim() ?? '');
	const tie = verdict?.disclosure?.relationship, known = Boolean(verdict?.canonical);
	put('label', known ? verdict.disclosure.short_label + (tie && tie !== 'commission' ? ` · ${say(`relation.${tie}`)}` : '') : '');
	part('label').hidden = !known;
	const image = part('image');
	image.hidden = !known;
	if (known) image.src = picture(verdict);
}

/** hints count characters and tick off what a good reason has. */
export function hints(form) {
	const box = form.elements.reason;
	const n = Array.from(box.value.trim()).length;
	const { min, max } = box.dataset;
	const count = form.querySelector('[data-count]');
	count.textContent = say('js.count', { n, max: Number(max) });
	count.classList.toggle('off', n > 0 && (n < Number(min) || n > Number(max)));
	const text = box.value.toLowerCase();
	for (const li of form.querySelectorAll('[data-hint]')) {
		const marks = say(`js.hint.${li.dataset.hint}`).split(' ');
		li.classList.toggle('met', marks.some((m) => text.includes(m.replaceAll('_', ' '))));
	}
}
