import type { Host } from '../../host/host.ts';
import type { Micros } from '../../lib/time.ts';

export interface JournalOptions {
  readonly host: Host;
  /** A directory of journal files (a host path) in place of the machine's own journal. */
  readonly dir: string | null;
  /** Regular expression that a MESSAGE must match: valid both as PCRE and as JavaScript's. */
  readonly pattern: string;
  /** Groups of `FIELD=value` matches, joined by "or"; none: every record. */
  readonly matches: readonly (readonly string[])[];
  /** Where to begin without a cursor; null: with the oldest record. */
  readonly since: Micros | null;
  /** The last cursor told to `onCursor` by an earlier run. */
  readonly cursor: string | null;
  onCursor(cursor: string): void;
}
