// Lists of cards: the window, search, a storefront.
import './base.js';
import { chips } from './chips.js';
import { keeping } from './keep.js';
import { menu } from './less.js';
import { lay } from './lay.js';
import { more } from './more.js';
import { reports } from './report.js';
import { watch } from './watch.js';

const grid = document.querySelector('ul[data-grid]');
if (grid) {
	lay(grid);
	more(grid);
}
chips();
menu();
keeping();
reports();
watch();
