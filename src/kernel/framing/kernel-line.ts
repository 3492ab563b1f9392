import type { Micros } from '../../lib/time.ts';
import type { Trust } from '../../model/oom-kill.ts';

/** One message of the kernel, freed of whatever carried it here. */
export interface KernelLine {
  /** The message. May hold newlines where the carrier keeps a record whole (the journal, /dev/kmsg). */
  readonly text: string;
  /** The line as it was read, for people. */
  readonly raw: string;
  readonly timeUs: Micros | null;
  readonly monotonicUs: number | null;
  readonly bootId: string | null;
  readonly trust: Trust;
  readonly source: string;
  /** Host name where the carrier has one; '' otherwise. Keeps the reports of two machines apart. */
  readonly host: string;
  /** A line without any prefix in a log whose lines have one: only ever the rest of the line before it. */
  readonly bare: boolean;
  /** /dev/kmsg flag `c`: continues the record before it. */
  readonly continues: boolean;
  /** Where it began in its stream, in bytes: reports have a limit in bytes. */
  readonly at: number;
}

/** What a line turned out to be. `drop` names the reason it is not used; dropped lines are counted by reason. */
export type Framed = { readonly line: Omit<KernelLine, 'at' | 'source'> } | { readonly drop: DropReason };

export const DROP_REASONS = [
  'empty',
  'not-kernel',
  'forged-facility',
  'bare-line',
  'not-json',
  'no-message',
  'dictionary',
  'line-too-long',
  'not-kmsg',
] as const;
export type DropReason = (typeof DROP_REASONS)[number];
