import { unescapeHex } from './escapes.ts';
import type { Framed } from './kernel-line.ts';
import type { WallClock } from './wall-time.ts';

/**
 * `6,1234,5678901,-[,caller=T1];text` (Documentation/ABI/testing/dev-kmsg); dictionary lines begin with a space.
 * netconsole may put the kernel's release before it, and cuts a long record in pieces (`,ncfrag=offset/length`).
 */
const RECORD = /^(?:\d+\.\d[^,;\s]*,)?(\d+),(\d+),(\d+),([-c+][^;]*);([\s\S]*)$/;
const CONTINUES = /^c|,ncfrag=[1-9]\d*\//;

export function looksLikeKmsg(line: string): boolean {
  return RECORD.test(line);
}

/** One record of /dev/kmsg. Facility 0 is the kernel's alone: user space that writes there gets another. */
export function frameKmsg(record: string, clock: WallClock): Framed {
  if (record.startsWith(' ')) return { drop: 'dictionary' };
  const m = RECORD.exec(record);
  if (!m) return { drop: 'not-kmsg' };
  if (Number(m[1]) >> 3 !== 0) return { drop: 'forged-facility' };
  const monotonicUs = Number(m[3]);
  const text = (m[5] ?? '').split('\n ', 1)[0] ?? '';
  return {
    line: {
      text: unescapeHex(text.replace(/\n$/, '')),
      raw: record.trimEnd(),
      timeUs: clock.monotonic(monotonicUs),
      monotonicUs,
      bootId: null,
      trust: 'kernel',
      host: '',
      bare: false,
      continues: CONTINUES.test(m[4] ?? ''),
    },
  };
}

/** Sequence number of a record, to find what the ring overran; null when it is not a record. */
export function kmsgSequence(record: string): number | null {
  const m = RECORD.exec(record);
  return m ? Number(m[2]) : null;
}
