import type { Micros } from '../../lib/time.ts';
import type { Host } from '../../host/host.ts';
import type { SourceKind } from '../../model/source-event.ts';

export interface TextFilePosition {
  readonly inode: number;
  /** Begin of the first line that was not wholly read. */
  readonly offset: number;
  /** The bytes before it (base64), to tell the file from another one of the same inode. */
  readonly mark?: string;
}

/** How far an earlier run had read. */
export interface EarlierRun {
  readonly position: TextFilePosition;
  /** Up to when it had read everything; null: not known. */
  readonly coveredTo: Micros | null;
}

export interface TextFileOptions {
  readonly host: Host;
  /** As the host names it, such as /var/log/syslog; also the source's name. */
  readonly file: string;
  /** What it is a witness of; the kernel's log if not said. */
  readonly kind?: SourceKind;
  /** Goes on there, without looking back. */
  readonly position?: TextFilePosition | null;
  /** How far an earlier run had read: it is looked back all the same, and what is not held any more is told. */
  readonly read?: EarlierRun | null;
  onPosition(position: TextFilePosition): void;
  /** Without a position: how much of what was written before is read (bytes). */
  readonly lookbackBytes: number;
  /** Rotated files that were written last before that are not looked at. */
  readonly since?: Micros;
}
