// What the expert may still publish.
import { ask, clock, now, percent, say } from './base.js';

/** limits shows what is left today. */
export async function limits() {
	const box = document.querySelector('[data-limits]');
	const put = (name, text) => { box.querySelector(`[data-limit=${name}]`).textContent = text; };
	try {
		const { value: l } = await ask('GET', '/v1/me/limits');
		put('day', say('js.left', { n: l.per_day.remaining, limit: l.per_day.limit }));
		put('hour', say('js.left', { n: l.per_hour.remaining, limit: l.per_hour.limit }));
		const next = new Date(l.next_allowed_at);
		put('next', next - now() > 2000 ? clock(next) : say('js.now'));
		put('paid', percent(l.paid_share));
		box.ariaBusy = 'false';
	} catch (err) {
		box.title = err.message;
	}
}
