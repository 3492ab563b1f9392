import { cpu } from './cases/cpu.js';
import { journal } from './cases/journal.js';
import { latency } from './cases/latency.js';
import { memory } from './cases/memory.js';
import { parse } from './cases/parse.js';

/** Every case by its name; each gives rows of the table. To add one, add it here. */
export const CASES = { parse, journal, memory, latency, cpu };
