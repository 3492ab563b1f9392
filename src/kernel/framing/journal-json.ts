import { formatTimeOrNull, type Micros } from '../../lib/time.ts';
import type { Framed } from './kernel-line.ts';

/** Fields of `journalctl -o json` that are read. Values are strings; arrays of bytes where they are not UTF-8. */
export interface JournalRecord {
  readonly message: string | null;
  readonly transport: string | null;
  readonly facility: number | null;
  readonly identifier: string | null;
  readonly messageId: string | null;
  readonly hostname: string;
  readonly bootId: string | null;
  readonly realtimeUs: Micros | null;
  readonly monotonicUs: number | null;
  readonly sourceMonotonicUs: number | null;
  readonly cursor: string | null;
  /** Any other field, for whoever else the record concerns. */
  readonly field: (name: string) => string | null;
}

/** Reads one line of `journalctl -o json`; null when it is not one. */
export function readJournalRecord(line: string): JournalRecord | null {
  const fields = parseObject(line);
  if (fields === null) return null;
  const text = (name: string): string | null => fieldText(fields[name]);
  const number = (name: string): number | null => {
    const value = text(name);
    return value !== null && /^\d{1,16}$/.test(value) ? Number(value) : null;
  };
  return {
    message: text('MESSAGE'),
    transport: text('_TRANSPORT'),
    facility: number('SYSLOG_FACILITY'),
    identifier: text('SYSLOG_IDENTIFIER'),
    messageId: text('MESSAGE_ID'),
    hostname: text('_HOSTNAME') ?? '',
    bootId: text('_BOOT_ID'),
    realtimeUs: number('__REALTIME_TIMESTAMP'),
    monotonicUs: number('__MONOTONIC_TIMESTAMP'),
    sourceMonotonicUs: number('_SOURCE_BOOTTIME_TIMESTAMP') ?? number('_SOURCE_MONOTONIC_TIMESTAMP'),
    cursor: text('__CURSOR'),
    field: text,
  };
}

export function parseObject(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

/** A field's text: a string, bytes, or the last of several values of one name. */
export function fieldText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value) || value.length === 0) return null;
  if (value.every((byte) => typeof byte === 'number')) return Buffer.from(value.map(Number)).toString('utf8');
  return fieldText(value[value.length - 1]);
}

/** How late journald got a record of the kernel, at most: beyond it the two clocks have drifted apart. */
const MAX_DELAY_US = 60_000_000;
const DRIFT_WINDOW_US = 600_000_000;

/**
 * When the kernel spoke, by the wall clock. The journal's own time is when journald read the record, which is late on
 * a busy node; the kernel's stamp is exact but its clock drifts from the journal's. The smallest difference seen
 * lately is the drift, what is above it the delay.
 */
export class KernelTime {
  #bootId: string | null = null;
  #drift = 0;
  #seenUs = 0;

  of(record: JournalRecord): Micros | null {
    const { realtimeUs, monotonicUs, sourceMonotonicUs } = record;
    if (realtimeUs === null || monotonicUs === null || sourceMonotonicUs === null) return realtimeUs;
    const difference = monotonicUs - sourceMonotonicUs;
    const stale = record.bootId !== this.#bootId || Math.abs(realtimeUs - this.#seenUs) > DRIFT_WINDOW_US;
    if (stale || difference < this.#drift) {
      this.#bootId = record.bootId;
      this.#drift = difference;
      this.#seenUs = realtimeUs;
    }
    const delay = difference - this.#drift;
    return delay > MAX_DELAY_US ? realtimeUs : realtimeUs - delay;
  }
}

/**
 * A kernel line of the journal. Trusted fields begin with an underscore: `_TRANSPORT=kernel` is what journald read from
 * /dev/kmsg, and facility 0 there is the kernel's alone (user space that writes to /dev/kmsg gets another).
 */
export function frameJournalRecord(record: JournalRecord, clock: KernelTime): Framed {
  if (record.transport !== 'kernel') return { drop: 'not-kernel' };
  if (record.facility !== null && record.facility !== 0) return { drop: 'forged-facility' };
  if (record.message === null) return { drop: 'no-message' };
  const timeUs = clock.of(record);
  return {
    line: {
      text: record.message,
      raw: `${formatTimeOrNull(timeUs) ?? ''} kernel: ${record.message}`.trimStart(),
      timeUs,
      monotonicUs: record.sourceMonotonicUs ?? record.monotonicUs,
      bootId: record.bootId,
      trust: 'kernel',
      host: record.hostname,
      bare: false,
      continues: false,
    },
  };
}
