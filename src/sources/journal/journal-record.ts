import type { Micros } from '../../lib/time.ts';

/**
 * What the source itself must know of a line of `journalctl -o json`, found without parsing it. Quotes inside a value
 * are escaped in JSON and clients cannot set fields that begin with `_`, so these names cannot be forged.
 */
export function cursorOf(line: Uint8Array): string | null {
  return valueOf(line, '"__CURSOR":"');
}

/** When journald received the record. */
export function receivedAt(line: Uint8Array): Micros | null {
  const text = valueOf(line, '"__REALTIME_TIMESTAMP":"');
  return text !== null && /^\d{1,16}$/.test(text) ? Number(text) : null;
}

/** Came by way of the kernel's ring buffer (facility and all else not checked here). */
export function isKernelRecord(line: Uint8Array): boolean {
  return bytes(line).includes('"_TRANSPORT":"kernel"');
}

/** journald's own record of kernel messages that were overwritten before it could read them. */
export const MISSED_ID = 'e9bf28e6e834481bb6f48f548ad13606';

export function isMissedRecord(line: Uint8Array): boolean {
  const buffer = bytes(line);
  return buffer.includes(`"MESSAGE_ID":"${MISSED_ID}"`) && buffer.includes('"_TRANSPORT":"driver"');
}

export function messageOf(line: Uint8Array): string | null {
  return valueOf(line, '"MESSAGE":"');
}

/** The wall time within a cursor (`t=`, hexadecimal microseconds). The format is private to systemd: null is normal. */
export function cursorTime(cursor: string): Micros | null {
  const digits = /(?:^|;)t=([0-9a-f]{1,13})(?:;|$)/.exec(cursor)?.[1];
  return digits === undefined ? null : Number.parseInt(digits, 16);
}

function valueOf(line: Uint8Array, opening: string): string | null {
  const buffer = bytes(line);
  const at = buffer.indexOf(opening);
  if (at === -1) return null;
  const begin = at + opening.length;
  const end = buffer.indexOf('"', begin);
  return end === -1 ? null : buffer.toString('latin1', begin, end);
}

function bytes(line: Uint8Array): Buffer {
  return Buffer.isBuffer(line) ? line : Buffer.from(line.buffer, line.byteOffset, line.byteLength);
}
