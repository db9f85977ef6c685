// Pages that have nothing of their own to do.
import './base.js';
