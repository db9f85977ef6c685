// Interests: a chip is taken up or dropped, and the next window comes at once.
import { ask, say, toast } from './base.js';
import { bones, fetchCards } from './more.js';
import { lay } from './lay.js';

/** chips makes the row of interests work. */
export function chips() {
	const form = document.querySelector('[data-chips]');
	if (!form) return;
	const unfold = form.querySelector('[data-unfold]');
	unfold.onclick = () => unfold.setAttribute('aria-expanded', form.classList.toggle('unfolded'));
	if (new URL(location.href).searchParams.has('topic')) return; // one topic: chips lead to others

	let last = 0;
	form.onsubmit = (e) => e.preventDefault();
	form.querySelector('.row').onclick = async ({ target }) => {
		const chip = target.closest('.chip');
		if (!chip) return;
		const mine = ++last;
		const press = (on) => chip.setAttribute('aria-pressed', on);
		const on = chip.getAttribute('aria-pressed') !== 'true';
		press(on);
		wait();
		try {
			await ask('PUT', '/v1/me/interests', { body: { interests: chosen(form) } });
			if (mine === last) await anew();
		} catch (err) {
			if (mine !== last) return;
			press(!on); // earlier clicks have been heard
			toast(err.message);
			await anew().catch(() => {}); // what failed was said
		}
	};
}

const chosen = (form) => Array.from(form.querySelectorAll('.chip[aria-pressed=true]'), (c) => ({ topic: c.value, weight: Number(c.dataset.weight ?? 1) }));

const grid = () => document.querySelector('[data-grid]');

function wait() {
	const g = grid();
	if (g.tagName !== 'UL') return;
	g.dataset.generation = Number(g.dataset.generation ?? 0) + 1;
	g.ariaBusy = 'true';
	g.replaceChildren(...bones(10));
	const foot = document.querySelector('[data-more]');
	if (foot) foot.hidden = true;
}

/** anew shows the window as it is now. */
async function anew() {
	const page = await fetchCards('/');
	const fresh = page.querySelector('[data-grid]');
	const foot = page.querySelector('[data-more]');
	const g = grid();
	if (g.tagName === 'UL' && fresh.tagName === 'UL') {
		g.dataset.window = fresh.dataset.window ?? '';
		g.replaceChildren(...fresh.children);
		g.ariaBusy = 'false';
		document.querySelector('[data-more]')?.replaceWith(foot);
	} else {
		document.querySelector('[data-more]')?.remove();
		g.replaceWith(fresh);
		if (foot) fresh.after(foot);
		if (fresh.tagName === 'UL') lay(fresh);
	}
	const welcome = page.querySelector('.intro');
	if (welcome) document.querySelector('.intro')?.replaceWith(welcome);
	grid().dispatchEvent(new Event('anew'));
	document.getElementById('toast').replaceChildren();
	toast(say('js.window'));
}
