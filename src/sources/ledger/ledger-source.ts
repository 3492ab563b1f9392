import { readFileSync } from 'node:fs';
import type { Host } from '../../host/host.ts';
import { sayThrown } from '../../lib/thrown.ts';
import { formatTime } from '../../lib/time.ts';
import type { LedgerReading } from '../../model/ledger.ts';
import type { Emit } from '../../model/source-event.ts';
import type { Source } from '../source.ts';

export interface LedgerOptions {
  readonly host: Host;
  readonly everyMs?: number;
}

export interface LedgerSource extends Source {
  /** Reads the count at once, emits the reading and returns it; null when there is none (the source is down). */
  read(): LedgerReading | null;
}

const NAME = 'ledger';
const VMSTAT = '/proc/vmstat';

/** The kernel's own count of OOM kills on the node: `oom_kill` of /proc/vmstat (Linux 4.13 and later). */
export function ledgerSource({ host, everyMs = 10_000 }: LedgerOptions): LedgerSource {
  let emit: Emit = () => undefined;
  let state: string | null = null;
  let forget: () => void = () => undefined;

  /** State changes are told once. */
  function tell(next: string, event: Parameters<Emit>[0]): void {
    if (state === next) return;
    state = next;
    emit(event);
  }

  function read(): LedgerReading | null {
    const found = readVmstat(host);
    const time = formatTime(host.clock.now());
    if ('why' in found) {
      tell(found.why, { type: 'down', source: NAME, ...found });
      return null;
    }
    const { path, oomKill } = found;
    tell(path, { type: 'up', source: NAME, detail: `oom_kill of ${path}` });
    const reading = { time, oomKill };
    emit({ type: 'ledger', source: NAME, reading });
    return reading;
  }

  function again(): void {
    forget = host.clock.after(everyMs, () => {
      read();
      again();
    });
  }

  return {
    name: NAME,
    kind: 'ledger',
    start(to) {
      emit = to;
      read();
      again();
      return Promise.resolve();
    },
    stop() {
      forget();
      return Promise.resolve();
    },
    read,
  };
}

type Found = { readonly path: string; readonly oomKill: number } | { readonly why: string; readonly cure: string };

/** The host's /proc, or our own: this file is the same in every namespace. */
function readVmstat(host: Host): Found {
  let why = '';
  for (const path of new Set([host.path(VMSTAT), VMSTAT])) {
    try {
      const count = /^oom_kill (\d+)$/m.exec(readFileSync(path, 'latin1'))?.[1];
      if (count !== undefined) return { path, oomKill: Number(count) };
      return {
        why: `${path} has no count of OOM kills (oom_kill): the kernel is older than 4.13`,
        cure: 'Run a kernel from 4.13 on; without the count, "not an OOM kill" is never certain',
      };
    } catch (error) {
      why ||= `${path} cannot be read: ${sayThrown(error)}`;
    }
  }
  return { why, cure: "Mount the host's /proc, or run the agent with its own /proc" };
}
