import type { Micros } from '../lib/time.ts';
import type { Container, ContainerExit } from './container-exit.ts';
import type { LedgerReading } from './ledger.ts';
import type { MemoryEvents } from './memory-events.ts';
import type { WitnessFact } from './witness.ts';

/**
 * Everything that a source can tell. Sources know nothing of OOM: they hand over raw records and facts, and say what
 * they have certainly read. `source` is the source's name (`journal`, `units`, `/var/log/syslog`, `kmsg`, `containerd`, `cri`).
 */
export type SourceEvent =
  /** One line of `journalctl -o json`. */
  | { readonly type: 'journal'; readonly source: string; readonly line: Uint8Array | string }
  /** The next bytes of a text log; `begin` when they do not continue what came before (rotation, truncation). */
  | { readonly type: 'text'; readonly source: string; readonly chunk: Uint8Array; readonly begin: boolean }
  /** One record as read from /dev/kmsg. */
  | { readonly type: 'kmsg'; readonly source: string; readonly record: Uint8Array | string }
  /** A container that lives or lived: its identity, limits and PID 1. Later news of the same id complete it. */
  | { readonly type: 'container'; readonly source: string; readonly container: Container }
  /** A container ended. The same exit may be told by several sources. */
  | { readonly type: 'exit'; readonly source: string; readonly exit: ContainerExit }
  /** A reading of the kernel's count of kills. */
  | { readonly type: 'ledger'; readonly source: string; readonly reading: LedgerReading }
  /** A reading of one cgroup's own counts. */
  | { readonly type: 'memory-events'; readonly source: string; readonly reading: MemoryEvents }
  /** Something that the source looked for and did not find; counted by its reason. */
  | { readonly type: 'unread'; readonly source: string; readonly why: string }
  /** What a witness tells through an interface of its own (a runtime's events); lines of logs come as they are. */
  | { readonly type: 'witness'; readonly source: string; readonly fact: WitnessFact }
  | { readonly type: 'up'; readonly source: string; readonly detail: string }
  /** The source cannot deliver; `cure` is the one change that would mend it. `restarted`: it stood still, and was begun anew. */
  | { readonly type: 'down'; readonly source: string; readonly why: string; readonly cure: string | null; readonly restarted?: true }
  /** Something between the two times was lost for certain (null: not known how far). */
  | {
      readonly type: 'gap';
      readonly source: string;
      readonly from: Micros | null;
      readonly to: Micros | null;
      readonly why: string;
    }
  /** Everything that this source has of the time from `from` (null: as before) to `to` was read and handed over. */
  | { readonly type: 'covered'; readonly source: string; readonly from: Micros | null; readonly to: Micros };

export type Emit = (event: SourceEvent) => void;

/** What a source is a witness of. */
export type SourceKind = 'kernel-log' | 'exits' | 'ledger' | 'witness' | 'names' | 'cgroups';
