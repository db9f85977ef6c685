// The page of signals: it works without scripts, but for signing in.
import { gate } from './gate.js';

gate();
