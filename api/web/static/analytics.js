// The page for analysts: charts in place of plain bars, tables that sort, and
// tiles of what goes on. Without scripts the same figures stand in tables.
import { lang, say } from './base.js';
import { gate } from './gate.js';
import uPlot from './uplot.js';

const locale = lang.startsWith('zh') ? 'zh-CN' : 'en-US';
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** value is what a cell says as a number, NaN where it is no number. */
function value(cell) {
	if (!cell) return NaN;
	return Number(cell.dataset.value ?? cell.firstChild?.textContent.replace(/[,%¥$\s]|CN/g, ''));
}

gate();
for (const box of document.querySelectorAll('[data-plot]')) plot(box);
for (const table of document.querySelectorAll('table[data-sort]')) sorting(table);
for (const tiles of document.querySelectorAll('[data-live]')) watch(tiles);

/** plot draws the columns of a table whose rows have times. */
function plot(box) {
	const table = document.getElementById(box.dataset.plot);
	const rows = [...table.tBodies[0].rows];
	if (rows.length < 2) return;
	const heads = [...table.tHead.rows[0].cells].slice(1).map((th) => th.textContent);
	const data = [rows.map((row) => Number(row.dataset.at)), ...heads.map((_, i) => rows.map((row) => (row.cells.length > heads.length ? value(row.cells[i + 1]) : null)))];
	const half = (data[0][1] - data[0][0]) / 2;
	const colors = ['--edge', '--accent'];
	let chart;
	const draw = () => {
		chart?.destroy();
		const axis = { stroke: css('--muted'), grid: { stroke: css('--line'), width: 1 }, ticks: { stroke: css('--line'), width: 1 } };
		chart = new uPlot({
			width: box.clientWidth, height: 220,
			tzDate: (at) => uPlot.tzDate(new Date(at * 1000), 'UTC'),
			series: [
				{ label: table.tHead.rows[0].cells[0].textContent, value: (_, at) => (at == null ? '' : new Date(at * 1000).toLocaleDateString(locale, { timeZone: 'UTC' })) },
				...heads.map((label, i) => ({
					label, stroke: css(colors[i]), fill: css(colors[i]), paths: uPlot.paths.bars({ size: [.8 - .3 * i, 60] }), points: { show: false },
					value: (_, n) => (n == null ? '–' : n.toLocaleString(locale)),
				})),
			],
			axes: [{ ...axis, values: (_, ats) => ats.map((at) => new Date(at * 1000).toLocaleDateString(locale, { timeZone: 'UTC', month: 'numeric', day: 'numeric' })) }, axis],
			scales: { x: { range: (_, from, to) => [from - half, to + half] }, y: { range: (_, __, most) => [0, Math.max(1, most * 1.05)] } },
		}, data, box);
	};
	box.hidden = false;
	box.nextElementSibling.toggleAttribute('hidden', true); // an SVG has no such property
	draw();
	let width = box.clientWidth;
	new ResizeObserver(() => {
		if (box.clientWidth !== width && box.clientWidth > 0) {
			width = box.clientWidth;
			chart.setSize({ width, height: 220 });
		}
	}).observe(box);
	matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
}

/** sorting lets the heads of a table sort it: the largest first, then the smallest. */
function sorting(table) {
	const body = table.tBodies[0];
	if (body.rows.length < 2) return;
	[...table.tHead.rows[0].cells].forEach((th, column) => {
		const button = document.createElement('button');
		button.className = 'sort';
		button.title = say('metrics.say.sort');
		button.append(...th.childNodes);
		th.append(button);
		button.addEventListener('click', () => {
			const down = th.getAttribute('aria-sort') !== 'descending';
			for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
			th.setAttribute('aria-sort', down ? 'descending' : 'ascending');
			const compare = (a, b) => {
				const [x, y] = [value(a.cells[column]), value(b.cells[column])];
				if (Number.isNaN(x) || Number.isNaN(y)) return b.cells[column].textContent.localeCompare(a.cells[column].textContent, locale);
				return y - x;
			};
			body.append(...[...body.rows].sort((a, b) => (down ? compare(a, b) : compare(b, a))));
		});
	});
}

/** watch asks how the process does, every two seconds while the page is looked at. */
function watch(tiles) {
	const every = 2000;
	const show = (name, text) => { tiles.querySelector(`[data-tile=${name}]`).textContent = text; };
	const digits = (n, most = 1) => n.toLocaleString(locale, { maximumFractionDigits: most });
	const seconds = (n) => (n == null ? '–' : say('metrics.say.seconds', { n: digits(n, 2) }));
	let last;
	const look = async () => {
		if (!document.hidden) {
			try {
				const answer = await fetch(tiles.dataset.live, { headers: { accept: 'application/json' } });
				if (!answer.ok) return;
				const now = await answer.json();
				if (last) {
					const passed = (Date.parse(now.at) - Date.parse(last.at)) / 1000;
					for (const name of ['windows', 'actions']) show(name, now[name] == null || passed <= 0 ? '–' : digits((now[name] - (last[name] ?? 0)) / passed));
				}
				show('lag', now.lag == null ? '–' : digits(now.lag, 0));
				show('oldest', seconds(now.oldest_seconds));
				show('visible', seconds(now.visible_seconds));
				tiles.hidden = false;
				last = now;
			} catch { /* the next look may find it again */ }
		}
		setTimeout(look, every);
	};
	look();
}
