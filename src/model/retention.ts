import { DAY, type Micros } from '../lib/time.ts';

/** How much is kept of each kind. The newest are kept whatever their age: a clock set wrong for a moment costs nothing. */
export interface Retention {
  readonly maxCount: number;
  readonly maxBytes: number;
  readonly maxAgeUs: Micros;
}

/** Where nothing else is asked for (`--state-max-count`, `--state-max-bytes`, `--state-max-age`). */
export const DEFAULT_RETENTION: Retention = { maxCount: 2_000, maxBytes: 8 * 1024 * 1024, maxAgeUs: 30 * DAY };
