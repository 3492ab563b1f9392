import type { WallClock } from '../kernel/framing/wall-time.ts';
import type { Micros } from '../lib/time.ts';
import type { Subject, WitnessName, WitnessTold } from '../model/witness.ts';

/** One line of a program, freed of whatever carried it here. May hold newlines where the carrier keeps a record whole. */
export interface WitnessLine {
  readonly text: string;
  /** When its carrier had it; what the program itself says of the time may be better. */
  readonly timeUs: Micros | null;
  /** A field of the journal's record (`_AUDIT_ID`); null in text files. */
  readonly field: (name: string) => string | null;
}

/**
 * A fact as a parser gives it: `about` names only what the line tells, `atUs` where the line knows better than its carrier,
 * `trust` where the line could be another's although its carrier names the program.
 */
export type Said = WitnessTold & { readonly about: Partial<Subject>; readonly atUs?: Micros | null; readonly trust?: 'text' };

/** What a line turned out to say; `drop` names why it says nothing. */
export type Told = readonly Said[] | { readonly drop: WitnessDrop };

export const WITNESS_DROPS = [
  /** Nobody whose word counts wrote it: another unit, a container's output, another way of logging. */
  'not-a-witness',
  'not-json',
  'no-message',
  /** The program's own line, of no interest. */
  'no-fact',
  'line-too-long',
  /** It names nobody. */
  'no-identity',
] as const;
export type WitnessDrop = (typeof WITNESS_DROPS)[number];

/** Reads one program's lines, in their order. */
export type LineReader = (line: WitnessLine) => Told;

/** A program whose words are evidence. One file each; the table is witnesses.ts. */
export interface Witness {
  readonly name: WitnessName;
  /**
   * Names of its systemd units (`_SYSTEMD_UNIT`); a trailing `*` is for any ending. Units named here are what journalctl is
   * asked for. Empty: known by its transport alone.
   */
  readonly units: readonly string[];
  /** `_TRANSPORT`s by which it logs. A runtime hands containers' output to the journal by others than its own. */
  readonly transports: readonly string[];
  /** `_COMM`s of who may log as it; empty: any of its unit. */
  readonly comms: readonly string[];
  /** What journalctl is asked for where the names of units are not known before: groups of `FIELD=value`. */
  readonly matches?: readonly (readonly string[])[];
  /** It writes to /dev/kmsg as well, where anybody may who is root: records of another facility than the kernel's. */
  readonly writesKmsg?: boolean;
  /** Tags (SYSLOG_IDENTIFIER) of its lines in text logs. */
  readonly tags: readonly string[];
  /** What to look for in text logs, where the tags are those of many lines that tell nothing: every wanted line has one. */
  readonly needles?: readonly string[];
  /** Which lines may tell anything: a regular expression, valid both as PCRE and as JavaScript's, that reads are selected by. */
  readonly pattern: string;
  /** A reader for one stream: it may remember what came before. The clock reads local times that a line itself carries. */
  readonly reader: (clock: WallClock) => LineReader;
}
