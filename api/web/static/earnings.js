// What an expert has earned, order by order, and how each figure came about.
import { ask, clock, money, say, toast } from './base.js';
import { gate } from './gate.js';

gate();
const page = document.querySelector('[data-earnings]');
const partners = JSON.parse(page?.dataset.partners ?? '{}');
const reasons = JSON.parse(page?.dataset.reasons ?? '{}');
if (page) ledger();

function ledger() {
	const body = page.querySelector('[data-lines] tbody');
	const row = document.getElementById('earning');
	const none = page.querySelector('[data-none]');
	const older = page.querySelector('[data-older]');
	const state = page.querySelector('[data-state]');

	state.onchange = () => load('');
	load('');

	async function load(cursor) {
		body.ariaBusy = 'true';
		const query = new URLSearchParams();
		if (state.value) query.set('state', state.value);
		if (cursor) query.set('cursor', cursor);
		try {
			const { value } = await ask('GET', `/v1/me/earnings?${query}`, { cache: 'no-store' });
			if (!cursor && !state.value) {
				balances(value.balances ?? []);
				notices(value.notices ?? []);
			}
			const rows = (value.items ?? []).map((line) => draw(row, line));
			cursor ? body.append(...rows) : body.replaceChildren(...rows);
			none.hidden = body.children.length > 0;
			page.querySelector('[data-lines]').hidden = !none.hidden;
			older.hidden = !value.next_cursor;
			older.onclick = () => load(value.next_cursor);
		} catch (err) {
			toast(err.message);
			page.querySelector('[data-balances]').ariaBusy = 'false';
		} finally {
			body.ariaBusy = 'false';
		}
	}
}

function tile(text, label, name) {
	const li = document.createElement('li');
	const b = document.createElement('b');
	b.textContent = text;
	b.className = 'num';
	const span = document.createElement('span');
	span.textContent = label;
	li.dataset.tile = name;
	li.append(b, span);
	return li;
}

function balances(list) {
	const box = page.querySelector('[data-balances]');
	const known = ['pending', 'processed', 'paid', 'on_hold'];
	box.replaceChildren(...list.map(({ currency, balance, by_state: by = {} }) => {
		const ul = document.createElement('ul');
		ul.className = 'tiles';
		ul.dataset.balance = currency;
		const label = list.length > 1 ? say('earn.balance.of', { currency }) : say('earn.balance');
		ul.append(tile(money({ amount: balance, currency }), label, 'balance'));
		for (const s of known) {
			if (by[s] || s === 'pending') ul.append(tile(money({ amount: by[s] ?? 0, currency }), say(`earn.state.${s}`), s));
		}
		return ul;
	}));
	if (!list.length) {
		const p = document.createElement('p');
		p.className = 'lead';
		p.textContent = say('earn.zero');
		box.append(p);
	}
	box.ariaBusy = 'false';
}

function notices(list) {
	page.querySelector('[data-notices]').replaceChildren(...list.map((n) => {
		const li = document.createElement('li');
		li.className = 'notice';
		li.textContent = typeof n === 'string' ? n : n.text ?? n.message ?? '';
		return li;
	}));
}

const reason = ({ reason: code, text }) => [reasons[code], text === reasons[code] ? '' : text].filter(Boolean).join(' ') || code || '';
const points = (bp) => `${(bp / 100).toLocaleString(undefined, { maximumFractionDigits: 2 })}%`;

function draw(template, line) {
	const tr = template.content.cloneNode(true).firstElementChild;
	const at = (name) => tr.querySelector(`[data-p="${name}"]`);
	const { currency } = line;
	tr.dataset.order = line.order;
	tr.dataset.line = line.line;
	tr.dataset.state = line.state;
	at('product').textContent = line.title || line.product || line.pick;
	at('product').href = `/picks/${encodeURIComponent(line.pick)}`;
	at('where').textContent = say('earn.where', { partner: partners[line.partner] ?? line.partner, order: line.order, model: say(`earn.model.${line.model || 'last'}`) });
	at('state').textContent = say(`earn.state.${line.state}`, { fallback: line.state });
	at('state').classList.add(line.state);
	const holds = line.holds_until && line.state === 'pending' ? say('earn.holds', { time: clock(new Date(line.holds_until)) }) : '';
	const held = line.held_until && line.state === 'on_hold' ? say('earn.held', { time: clock(new Date(line.held_until)) }) : '';
	at('reason').textContent = [reason(line), holds, held].filter(Boolean).join(' ');
	at('base').textContent = money({ amount: line.base ?? 0, currency });
	at('rate').textContent = line.rate ? `${points(line.rate.commission_bp)} × ${points(line.rate.share_bp)}${line.parts > 1 ? ` ÷ ${line.parts}` : ''}` : '';
	at('amount').textContent = money({ amount: line.amount, currency });
	at('entries').replaceChildren(...(line.entries ?? []).map((e) => {
		const li = document.createElement('li');
		const head = document.createElement('span');
		head.textContent = say('earn.entry', { time: clock(new Date(e.at)), kind: say(`earn.kind.${e.kind}`, { fallback: e.kind }), amount: e.kind === 'transition' ? say(`earn.state.${e.state}`, { fallback: e.state }) : signed({ amount: e.amount, currency }) });
		const why = document.createElement('span');
		why.className = 'small';
		why.textContent = reason(e);
		li.append(head, ' ', why);
		return li;
	}));
	return tr;
}

const signed = (m) => (m.amount > 0 ? '+' : '') + money(m);
