import type { Host } from '../../host/host.ts';
import type { Micros } from '../../lib/time.ts';
import { MISSED_ID } from './journal-record.ts';

export interface Selection {
  /** Regular expression (PCRE, case-sensitive) that a MESSAGE must match; null: every record. */
  readonly pattern: string | null;
  /** Groups of `FIELD=value` matches; a record must fit one group. */
  readonly matches: readonly (readonly string[])[];
  /** journald's word on kernel messages that it lost is wanted too. */
  readonly ofKernel: boolean;
}

/** From where to read. A cursor is inclusive: the record that it names may come once more. */
export type Position = { readonly cursor: string } | { readonly since: Micros } | null;

/**
 * Arguments common to every call. Values longer than 4,096 bytes come as null: journalctl prints fields in any order, and
 * where one is as long as a record may be, cursor and time may come behind it. `--root` (and not `-D`, which can be given
 * once) reads both directories, whatever machine id the container has.
 */
function base(host: Host, dir: string | null): string[] {
  const where = dir !== null ? ['-D', host.path(dir)] : host.root === '/' ? [] : [`--root=${host.root}`];
  return ['--output=json', '--no-pager', ...where];
}

/** Every record of a part that is kept, oldest first. */
export function oldestArgs(host: Host, dir: string | null, matches: readonly string[]): string[] {
  return [...base(host, dir), ...matches];
}

/** The record that the cursor names, or the next one that is kept. */
export function atArgs(host: Host, dir: string | null, cursor: string): string[] {
  return [...base(host, dir), `--cursor=${cursor}`, '--lines=1'];
}

/** The last kernel records up to the cursor, newest first. */
export function beforeArgs(host: Host, dir: string | null, cursor: string): string[] {
  return [...base(host, dir), '--reverse', `--cursor=${cursor}`, '_TRANSPORT=kernel'];
}

/** What is selected from the position on, every value whole: to the end, with the cursor of the end, or (`follow`) for ever. */
export function readArgs(
  host: Host,
  dir: string | null,
  selection: Selection,
  position: Position,
  follow: boolean,
): string[] {
  const { pattern, matches, ofKernel } = selection;
  // journald says itself when it lost kernel messages; that record is always wanted. (Anybody can give the id to a record
  // of his own, of any size; nobody the transport.)
  const groups = matches.length === 0 || !ofKernel ? matches : [...matches, [`MESSAGE_ID=${MISSED_ID}`, '_TRANSPORT=driver']];
  return [
    ...base(host, dir),
    '--all',
    ...(pattern === null ? [] : [`--grep=${ofKernel ? `(?:${pattern})|^Missed [0-9]+ kernel messages` : pattern}`, '--case-sensitive=yes']),
    ...(position === null ? [] : 'cursor' in position ? [`--cursor=${position.cursor}`] : [sinceArg(position.since)]),
    ...(follow ? ['--follow', '--no-tail'] : ['--show-cursor']),
    ...groups.flatMap((group, index) => (index === 0 ? group : ['+', ...group])),
  ];
}

function sinceArg(since: Micros): string {
  const seconds = Math.floor(since / 1_000_000);
  return `--since=@${String(seconds)}.${String(since - seconds * 1_000_000).padStart(6, '0')}`;
}
