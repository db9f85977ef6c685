// Masonry: every card takes as many thin rows as it is high, so the next one
// goes to the column that is free first, and the order of cards stays that of
// reading.

const row = 4;

const watch = new ResizeObserver((entries) => {
	for (const { target, borderBoxSize: [{ blockSize }] } of entries) {
		const cell = target.parentElement;
		if (cell) cell.style.gridRowEnd = `span ${Math.ceil((blockSize + gap) / row)}`;
	}
});
let gap = 16;

/** lay arranges the cards of grid, also those that are added later. */
export function lay(grid) {
	if (CSS.supports('display', 'grid-lanes')) return;
	const measure = () => { gap = parseFloat(getComputedStyle(grid.firstElementChild ?? grid).paddingBottom) || 16; };
	const add = (cell) => {
		const card = cell.firstElementChild;
		if (!card) return;
		cell.style.gridRowEnd = `span ${Math.ceil((card.offsetHeight + gap) / row)}`;
		watch.observe(card);
	};
	measure();
	matchMedia('(max-width: 639px)').addEventListener('change', measure);
	const heights = Array.from(grid.children, (cell) => cell.firstElementChild?.offsetHeight ?? 0); // one layout, not one a card
	Array.from(grid.children).forEach((cell, n) => { cell.style.gridRowEnd = `span ${Math.ceil((heights[n] + gap) / row)}`; });
	grid.classList.add('laid');
	for (const cell of grid.children) if (cell.firstElementChild) watch.observe(cell.firstElementChild);
	new MutationObserver((changes) => {
		for (const { addedNodes } of changes) for (const node of addedNodes) if (node.nodeType === 1 && node.parentElement === grid) add(node);
	}).observe(grid, { childList: true });
}
