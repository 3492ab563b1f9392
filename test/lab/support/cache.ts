import { homedir } from 'node:os';
import { join } from 'node:path';

export const repository = join(import.meta.dirname, '../../..');
export const guestFiles = join(import.meta.dirname, '../guest');

/** Where everything is kept that is slow to make; outside the repository. WHY137_LAB_CACHE names another place. */
export const cache = process.env['WHY137_LAB_CACHE'] ?? join(homedir(), '.cache/why137-lab');
