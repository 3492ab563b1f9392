import { journal } from './cases/journal.js';
import { memory } from './cases/memory.js';
import { parse } from './cases/parse.js';

/** Every case by its name; each gives rows of the table. */
export const CASES = { parse, journal, memory };
