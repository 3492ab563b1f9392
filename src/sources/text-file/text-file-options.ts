import type { Host } from '../../host/host.ts';
import type { SourceKind } from '../../model/source-event.ts';

export interface TextFilePosition {
  readonly inode: number;
  /** Begin of the first line that was not wholly read. */
  readonly offset: number;
  /** The bytes before it (base64), to tell the file from another one of the same inode. */
  readonly mark?: string;
}

export interface TextFileOptions {
  readonly host: Host;
  /** As the host names it, such as /var/log/syslog; also the source's name. */
  readonly file: string;
  /** What it is a witness of; the kernel's log if not said. */
  readonly kind?: SourceKind;
  readonly position: TextFilePosition | null;
  onPosition(position: TextFilePosition): void;
  /** Without a position: how much of what was written before is read (bytes). */
  readonly lookbackBytes: number;
}
