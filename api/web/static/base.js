// What scripts of all pages share: words, the API, messages, times.

const messages = JSON.parse(document.getElementById('words').textContent);
export const lang = document.documentElement.lang;
const locale = lang.startsWith('zh') ? 'zh-CN' : 'en-US';
const plural = new Intl.PluralRules(locale);

/** say fills the message key with values by name. */
export function say(key, values = {}) {
	let message = messages[key];
	if (message === undefined) return values.fallback ?? key;
	if (typeof message !== 'string') message = message[plural.select(values.n)] ?? message.other;
	return message.replace(/\{(\w+)\}/g, (all, name) => {
		const value = values[name];
		return typeof value === 'number' ? value.toLocaleString(locale) : value ?? all;
	});
}

/** knows tells whether there is a message of that key. */
export const knows = (key) => key in messages;

/** money writes an amount as the server does. */
export function money({ amount, currency }) {
	const format = new Intl.NumberFormat(locale, { style: 'currency', currency, trailingZeroDisplay: 'stripIfInteger' });
	return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
}

/** percent writes a share of one. */
export const percent = (share) => new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 }).format(share);

/** clock writes a time of day, with the day when it is not today. */
export function clock(time) {
	const today = time.toDateString() === now().toDateString();
	return new Intl.DateTimeFormat(locale, today ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' }).format(time);
}

// The server's clock may be set to another time than this machine's.
const ahead = new Date(document.documentElement.dataset.now) - Date.now();
export const now = () => new Date(Date.now() + ahead);

/** ago says how long ago a time was, as the server does. */
export function ago(time) {
	const minutes = Math.floor((now() - time) / 60000);
	if (minutes < 1) return say('ago.now');
	if (minutes < 60) return say('ago.minutes', { n: minutes });
	if (minutes < 1440) return say('ago.hours', { n: Math.floor(minutes / 60) });
	if (minutes < 43200) return say('ago.days', { n: Math.floor(minutes / 1440) });
	return new Intl.DateTimeFormat(locale === 'zh-CN' ? locale : 'en-GB', { dateStyle: 'long' }).format(time);
}

setInterval(() => {
	for (const t of document.querySelectorAll('time[data-ago]')) t.textContent = ago(new Date(t.dateTime));
}, 30000);

/** A Refused is an answer of the API that is not what was asked for. */
export class Refused extends Error {
	constructor(status, problem) {
		super(problem?.title ?? say('js.broken'));
		this.status = status;
		this.problem = problem ?? {};
	}
}

/** key makes a new idempotency key. */
export const key = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');

async function send(method, path, { body, headers = {}, ...rest } = {}) {
	let answer;
	try {
		answer = await fetch(path, {
			method,
			headers: {
				Accept: 'application/json', 'Accept-Language': lang, 'X-Vitrine-CSRF': '1',
				...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers,
			},
			body: body === undefined ? undefined : JSON.stringify(body),
			...rest,
		});
	} catch (err) {
		if (err.name === 'AbortError') throw err;
		throw new Refused(0, { title: say('js.offline') });
	}
	const text = await answer.text();
	let value = null;
	try { value = text && JSON.parse(text); } catch { /* not ours: a proxy's page */ }
	if (!answer.ok) throw new Refused(answer.status, value);
	return { value, etag: answer.headers.get('ETag') };
}

let known = Boolean(document.body.dataset.who);

/** enter starts a session with an access token. */
export async function enter(token) {
	// The header goes before a cookie of an installation that is no more.
	await send('POST', '/v1/session', { body: { token }, headers: { Authorization: `Bearer ${token}` } });
	known = true;
}

let entering;
function enterAsGuest() {
	entering ??= send('POST', '/v1/guests', { credentials: 'omit' })
		.then(({ value }) => enter(value.token)).finally(() => { entering = undefined; });
	return entering;
}

let writing = Promise.resolve();
/** ask calls the API, as a guest if nobody is signed in. Writes reach it one by one, in the order of clicks. */
export function ask(method, path, options = {}) {
	if (method === 'GET' || options.signal) return asked(method, path, options);
	const answer = writing.then(() => asked(method, path, options));
	writing = answer.catch(() => {}); // whoever asked is told
	return answer;
}

async function asked(method, path, options) {
	if (!known) await enterAsGuest();
	try {
		return await send(method, path, options);
	} catch (err) {
		if (err.status !== 401) throw err;
	}
	await enterAsGuest(); // the session is over
	return send(method, path, options);
}

/** someone tells whether the API knows who is looking. */
export const someone = () => known;

/** tell sends what nobody waits for, and makes no guest; false says to try again later. */
export async function tell(path, body) {
	if (!known) return false;
	try {
		await send('POST', path, { body, keepalive: true });
	} catch (err) {
		return err.status > 0 && err.status < 500;
	}
	return true;
}

/** peek reads what anybody may read, and makes no guest. */
export const peek = (path) => send('GET', path, { cache: 'no-store' });

/** act as an expert of a demo world. */
export async function actAs(expert) {
	const { value } = await send('POST', '/v1/demo/tokens', { body: { expert }, credentials: 'omit' });
	await enter(value.token);
}

/** leave ends the session. */
export const leave = () => send('DELETE', '/v1/session');

let fading;
/** toast says something for a while; undo adds a button that calls it, link one that leads there. */
export function toast(text, undo, link) {
	const box = document.getElementById('toast');
	const line = document.createElement('span');
	line.textContent = text;
	box.replaceChildren(line);
	if (undo) {
		const button = document.createElement('button');
		button.textContent = say('js.undo');
		button.onclick = () => { box.replaceChildren(); undo(); };
		box.append(button);
	}
	if (link) {
		const a = document.createElement('a');
		a.href = link.href;
		a.textContent = link.text;
		box.append(a);
	}
	clearTimeout(fading);
	fading = setTimeout(() => box.replaceChildren(), 8000);
}

const offline = document.getElementById('offline');
const online = () => { offline.hidden = navigator.onLine; };
addEventListener('online', online);
addEventListener('offline', online);
online();

// --- what many pages have ---

/** count shows how many pieces a cart of the API holds. */
export function count(cart) {
	const badge = document.querySelector('[data-cart-count]');
	const n = cart.lines.reduce((sum, l) => sum + l.quantity, 0);
	badge.hidden = n === 0;
	badge.firstElementChild.textContent = n;
}

/** follow shows whether an expert is followed, wherever he is on the page. */
function show(expert, following) {
	for (const b of document.querySelectorAll(`[data-follow="${CSS.escape(expert)}"]`)) b.setAttribute('aria-pressed', following);
}

document.addEventListener('click', async ({ target }) => {
	const button = target.closest?.('[data-follow]');
	if (!button) return;
	const { follow: expert } = button.dataset;
	const name = button.querySelector('.hide').textContent;
	const following = button.getAttribute('aria-pressed') !== 'true';
	show(expert, following);
	try {
		await ask(following ? 'PUT' : 'DELETE', `/v1/follows/${encodeURIComponent(expert)}`);
		toast(say(following ? 'js.followed' : 'js.unfollowed', { name }));
	} catch (err) {
		show(expert, !following);
		toast(err.message);
	}
});
