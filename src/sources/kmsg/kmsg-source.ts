import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { Alertness } from '../../host/alertness.ts';
import type { Host } from '../../host/host.ts';
import { Turns } from '../../host/turns.ts';
import { Backoff } from '../../lib/backoff.ts';
import { pauseAfter } from '../../lib/no-descriptor.ts';
import { errno, sayThrown } from '../../lib/thrown.ts';
import type { Micros } from '../../lib/time.ts';
import type { Emit } from '../../model/source-event.ts';
import type { Source } from '../source.ts';
import { openKmsg, type KmsgDevice } from './kmsg-device.ts';

export interface KmsgPosition {
  readonly bootId: string;
  /** Sequence number of the last record that was handed over. */
  readonly seq: number;
}

export interface KmsgOptions {
  readonly host: Host;
  /** Goes on behind it, without looking back. */
  readonly position?: KmsgPosition | null;
  /** How far an earlier run had read: the ring is read from its begin all the same, and what it lacks is told. */
  readonly read?: EarlierRun | null;
  onPosition(position: KmsgPosition): void;
  /** For tests: how the device is opened. */
  readonly open?: (path: string) => KmsgDevice;
}

interface EarlierRun {
  readonly position: KmsgPosition;
  /** Up to when it had read everything; null: not known. */
  readonly coveredTo: Micros | null;
}

const positionSchema = z.object({ bootId: z.string(), seq: z.number() });

/** What was kept of an earlier run, if it is that; null where it is not. */
export function kmsgRead(kept: { readonly position: unknown; readonly coveredTo: Micros | null } | null): EarlierRun | null {
  const position = positionSchema.safeParse(kept?.position);
  return kept !== null && position.success ? { position: position.data, coveredTo: kept.coveredTo } : null;
}

export interface KmsgSource extends Source {
  /** Reads at once, and often for a while: an exit was told, and the kernel may be about to say why. */
  readNow(): Promise<void>;
}

const NAME = 'kmsg';
const POLL_MS = { seldom: 250, often: 50 };
const QUIET_COVER_US = 1_000_000;
/** However slow the machine is, a turn takes so many. */
const RECORDS_AT_LEAST = 64;
const HEAD = /^\d+,(\d+),(\d+)[,;]/;

/** The kernel's ring buffer, read record by record from /dev/kmsg. */
export function kmsgSource(options: KmsgOptions): KmsgSource {
  const { host, open = openKmsg } = options;
  const alertness = new Alertness(host.clock, POLL_MS.seldom, POLL_MS.often);
  const path = host.path('/dev/kmsg');
  const backoff = new Backoff(1_000, 30_000);
  const bootId = readOr(host, '/proc/sys/kernel/random/boot_id')?.trim() ?? '';
  const turns = new Turns();
  let emit: Emit = () => undefined;
  let forget: () => void = () => undefined;
  let device: KmsgDevice | null = null;
  let seq: number | null = options.position?.bootId === bootId ? options.position.seq : null;
  let overrun = false;
  let downWhy: string | null = null;
  let up = false;
  let drainedAt: Micros | null = null;
  let toldAt: Micros = 0;
  /** Begin of what is covered from now on; null: continues what was told before. */
  let coverFrom: Micros | null = null;
  let begun = seq !== null;

  function take(record: Uint8Array, now: Micros): void {
    const head = HEAD.exec(Buffer.from(record.subarray(0, 80)).toString('latin1'));
    const number = head === null ? null : Number(head[1]);
    if (number !== null) {
      if (seq !== null && number <= seq) return;
      if (seq !== null && number > seq + 1) lost(number - seq - 1, now);
      else if (overrun) lost(null, now);
      overrun = false;
      seq = number;
      if (!begun) {
        begun = true;
        coverFrom = since(number, wallTime(host, now, Number(head?.[2])));
      }
    }
    emit({ type: 'kmsg', source: NAME, record });
  }

  /** From when on the ring is known, whose first record has that number and time; tells what an earlier run would have read. */
  function since(number: number, first: Micros): Micros {
    if (options.read == null) return first;
    const { position, coveredTo } = options.read;
    if (position.bootId !== bootId) {
      const why = 'while the agent was away the node was restarted: what the kernel said after the last reading is in no ring buffer any more';
      emit({ type: 'gap', source: NAME, from: coveredTo, to: first, why });
      return first;
    }
    if (number <= position.seq + 1) return Math.min(first, coveredTo ?? first);
    const why = `while the agent was away ${String(number - position.seq - 1)} record(s) of the kernel's log were overwritten`;
    emit({ type: 'gap', source: NAME, from: coveredTo, to: first, why });
    return first;
  }

  function lost(records: number | null, now: Micros): void {
    const number = records === null ? 'some' : String(records);
    const why = `${number} record(s) of the kernel's log were overwritten before they could be read`;
    emit({ type: 'gap', source: NAME, from: drainedAt, to: now, why });
  }

  /** Reads until nothing is left (true) or the turn is over (false). */
  function drain(from: KmsgDevice, now: Micros): boolean {
    turns.begin();
    for (let records = 1; records % RECORDS_AT_LEAST !== 0 || !turns.isOver; records += 1) {
      try {
        const record = from.read();
        if (record === null) return true;
        take(record, now);
      } catch (error) {
        const code = errno(error);
        // EPIPE: overwritten; the next read gives the oldest record there is. EINVAL: the kernel passes the record over.
        if (code === 'EPIPE' || code === 'EINVAL') overrun = true;
        else if (code !== 'EINTR') throw error;
      }
    }
    return false;
  }

  function turn(): void {
    const now = host.clock.now();
    const before = seq;
    try {
      if (device === null) {
        device = open(path);
        backoff.reset();
      }
      const empty = drain(device, now);
      if (!up) emit({ type: 'up', source: NAME, detail: path });
      up = true;
      downWhy = null;
      if (seq !== null && seq !== before) options.onPosition({ bootId, seq });
      if (empty) cover(now, seq !== before);
      again(empty ? alertness.everyMs : 0);
    } catch (error) {
      fail(error);
    }
  }

  function cover(now: Micros, records: boolean): void {
    // The wall clock was set back: the same times come again.
    if (drainedAt !== null && now < drainedAt) {
      coverFrom = now;
      toldAt = 0;
    }
    drainedAt = now;
    if (!records && now - toldAt < QUIET_COVER_US) return;
    toldAt = now;
    if (coverFrom !== null && coverFrom >= now) return;
    emit({ type: 'covered', source: NAME, from: begun ? coverFrom : now, to: now });
    begun = true;
    coverFrom = null;
  }

  function fail(error: unknown): void {
    device?.close();
    device = null;
    const { why, cure } = explain(path, error);
    if (why !== downWhy) emit({ type: 'down', source: NAME, why, cure });
    downWhy = why;
    up = false;
    again(pauseAfter(error, backoff));
  }

  function again(ms: number): void {
    forget = host.clock.after(ms, turn);
  }

  return {
    name: NAME,
    kind: 'kernel-log',
    start(to) {
      emit = to;
      turn();
      return Promise.resolve();
    },
    readNow() {
      alertness.alert();
      // Where it is down, it is tried again in its time.
      if (device !== null) {
        forget();
        turn();
      }
      return Promise.resolve();
    },
    stop() {
      forget();
      device?.close();
      device = null;
      return Promise.resolve();
    },
  };
}

function explain(path: string, error: unknown): { readonly why: string; readonly cure: string | null } {
  const code = errno(error);
  if (code === 'ENOENT' || code === 'ENXIO') {
    const what = code === 'ENOENT' ? 'does not exist' : "is not the kernel's log device";
    return { why: `${path} ${what}`, cure: "Mount the host's /dev/kmsg, or start the agent with --kmsg off" };
  }
  if (code === 'EPERM' || code === 'EACCES') {
    return {
      why: `${path} may not be read (${code})`,
      cure: 'Run the agent as root with the capability SYSLOG, and let the container use the device (privileged, or a device rule for 1:11)',
    };
  }
  return { why: `${path} cannot be read: ${sayThrown(error)}`, cure: null };
}

/** The kernel's clock (microseconds since boot) as wall time. */
function wallTime(host: Host, now: Micros, sinceBoot: number): Micros {
  const monotonic = host.clock.monotonic?.();
  if (monotonic !== undefined) return now - monotonic + sinceBoot;
  const uptime = Number(readOr(host, '/proc/uptime')?.split(' ')[0] ?? Number.NaN);
  return Number.isFinite(uptime) ? Math.round(now - uptime * 1_000_000 + sinceBoot) : now;
}

/** These files are the same in every namespace, so our own /proc will do. */
function readOr(host: Host, file: string): string | null {
  for (const path of [host.path(file), file]) {
    try {
      return readFileSync(path, 'latin1');
    } catch {
      // The next one, or not known.
    }
  }
  return null;
}
