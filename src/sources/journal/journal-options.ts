import type { Host } from '../../host/host.ts';
import type { Micros } from '../../lib/time.ts';
import type { SourceKind } from '../../model/source-event.ts';
import type { Complaint } from './complaint.ts';

/** Which part of the journal a source reads. */
export interface JournalPart {
  /** The source's name. */
  readonly name: string;
  readonly kind: SourceKind;
  /** What it reads, in words: `kernel records`. */
  readonly what: string;
  /** Matches of the records that tell from when on it is kept. */
  readonly oldest: readonly string[];
  /** That it holds none. */
  readonly none: Complaint;
  /** Whether a line is of those records, where every line of the selection need not be. */
  readonly isPart: (line: Uint8Array) => boolean;
  /** Whether the tail of the journal is watched for what the pattern selects, so that it is read at once. */
  readonly atOnce: boolean;
  /** Whether journald's word that it lost messages of the kernel concerns it. */
  readonly ofKernel: boolean;
}

export interface JournalOptions {
  readonly host: Host;
  readonly part: JournalPart;
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
