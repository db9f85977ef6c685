// Masonry: every card takes as many thin rows as it is high, so the next one
// goes to the column that is free first, and the order of cards stays that of
// reading.

const row = 4;

let gap = 16;

const span = (cell, height) => { cell.style.gridRowEnd = `span ${Math.ceil((height + gap) / row)}`; };

const watch = new ResizeObserver((entries) => {
	for (const { target, borderBoxSize: [{ blockSize }] } of entries) {
		if (blockSize > 0 && target.parentElement) span(target.parentElement, blockSize); // 0: hidden behind a note
	}
});

/** fit makes room for what a cell shows from now on. */
export const fit = (card) => watch.observe(card);

/** lay arranges the cards of grid, also those that are added later. */
export function lay(grid) {
	if (CSS.supports('display', 'grid-lanes')) return;
	const measure = () => { gap = parseFloat(getComputedStyle(grid.firstElementChild ?? grid).paddingBottom) || gap; };
	measure();
	matchMedia('(max-width: 719px)').addEventListener('change', measure);
	const cells = Array.from(grid.children).filter((cell) => cell.firstElementChild);
	const heights = cells.map((cell) => cell.firstElementChild.offsetHeight); // all before the first is moved: one layout
	cells.forEach((cell, n) => span(cell, heights[n]));
	grid.classList.add('laid');
	for (const cell of cells) fit(cell.firstElementChild);
	new MutationObserver((changes) => {
		const added = changes.flatMap((c) => Array.from(c.addedNodes)).filter((n) => n.parentElement === grid && n.firstElementChild);
		const tall = added.map((cell) => cell.firstElementChild.offsetHeight);
		added.forEach((cell, n) => span(cell, tall[n]));
		for (const cell of added) fit(cell.firstElementChild);
	}).observe(grid, { childList: true });
}
