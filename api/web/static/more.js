// The next page comes while ten cards are still ahead.
import { say, Refused, lang } from './base.js';

const ahead = 10;

/** fetchCards gets a page of cards as elements. */
export async function fetchCards(address) {
	const url = new URL(address, location.href);
	url.searchParams.set('fragment', '1');
	let answer;
	try {
		answer = await fetch(url, { headers: { Accept: 'text/html', 'Accept-Language': lang } });
	} catch {
		throw new Refused(0, { title: say('js.offline') });
	}
	if (!answer.ok) throw new Refused(answer.status, { title: say(answer.status === 410 ? 'js.expired' : 'js.broken') });
	return new DOMParser().parseFromString(await answer.text(), 'text/html');
}

/** bones are grey cards that stand where cards will be. */
export function bones(n) {
	return Array.from({ length: n }, (_, i) => {
		const cell = document.createElement('li');
		cell.ariaHidden = 'true';
		cell.className = 'bone';
		cell.innerHTML = '<div class="card bones"><div class="box"></div><p></p><p></p><p></p></div>';
		cell.querySelector('.box').classList.add(`s${i % 3}`);
		return cell;
	});
}

/** more makes grid go on as it is scrolled, to its end. */
export function more(grid) {
	let busy = false;
	const look = new IntersectionObserver((entries) => {
		if (entries.some((e) => e.isIntersecting)) load();
	}, { rootMargin: '200px' });

	function watch() {
		look.disconnect();
		const cards = grid.querySelectorAll(':scope > li:not(.bone)');
		if (foot().querySelector('[rel=next]') && cards.length) look.observe(cards[Math.max(0, cards.length - ahead)]);
	}
	const foot = () => document.querySelector('[data-more]');

	async function load() {
		const next = foot()?.querySelector('[rel=next]');
		if (busy || !next) return;
		busy = true;
		look.disconnect();
		grid.ariaBusy = 'true';
		foot().hidden = true;
		const waiting = bones(ahead);
		grid.append(...waiting);
		const generation = grid.dataset.generation;
		try {
			const page = await fetchCards(next.href);
			if (generation !== grid.dataset.generation) return; // another window has come
			const have = new Set(Array.from(grid.children, (c) => c.dataset.pick));
			for (const cell of waiting) cell.remove();
			for (const cell of page.querySelectorAll('[data-grid] > li')) if (!have.has(cell.dataset.pick)) grid.append(cell);
			foot().replaceWith(page.querySelector('[data-more]') ?? end());
		} catch (err) {
			failed(err, next.href);
		} finally {
			for (const cell of waiting) cell.remove();
			grid.ariaBusy = 'false';
			foot().hidden = false;
			busy = false;
			if (!foot().querySelector('.failed')) watch();
		}
	}

	function end() {
		const div = document.createElement('div');
		div.className = 'more';
		div.dataset.more = '';
		return div;
	}

	function failed(err, href) {
		const line = document.createElement('p');
		line.className = 'failed';
		line.role = 'status';
		line.textContent = err.message;
		const button = document.createElement('a');
		button.className = 'button';
		const over = err.status === 410;
		button.textContent = say(over ? 'js.anew' : 'js.again');
		button.href = over ? location.href : href;
		button.rel = 'next';
		if (!over) button.onclick = (e) => { e.preventDefault(); line.remove(); load(); };
		foot().replaceChildren(line, button);
	}

	grid.addEventListener('anew', watch);
	watch();
}
