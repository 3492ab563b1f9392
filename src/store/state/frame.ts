import { crc32 } from 'node:zlib';

/** Version of the records' shapes; 1 was one JSON object a line without a checksum (`history.ndjson`). */
export const STATE_VERSION = 2;
/** Longer than any record: what claims to be longer is no record. */
const MAX_RECORD_BYTES = 4 * 1024 * 1024;
const HEADER_BYTES = 32;
const NEWLINE = 0x0a;
const HEADER = /^w(\d{1,4}) ([0-9a-f]{1,7}) ([0-9a-f]{8}) /;

/**
 * Why something of the state file is not used. `torn`: the end of the file, cut while it was written. `checksum`: not what
 * was written. `garbage`: nothing that was ever a record. `version`: of a newer why137. `shape`: written so, but no record.
 */
export const DISCARD_REASONS = ['torn', 'checksum', 'garbage', 'version', 'shape'] as const;
export type DiscardReason = (typeof DISCARD_REASONS)[number];

/** One piece of a state file: a record's JSON text, or why it is none. */
export type Frame = { readonly json: string; readonly version: number } | { readonly discarded: DiscardReason };

/**
 * One record as a line: `w2 LENGTH CRC JSON`, length (bytes) and CRC-32 (of version and JSON) in hexadecimal. JSON text
 * holds no newline, so that a reader finds the next record behind any damage; the length finds it where the newline is
 * what was damaged.
 */
export function frame(record: object): string {
  const json = JSON.stringify(record);
  return `w${String(STATE_VERSION)} ${Buffer.byteLength(json).toString(16)} ${checksum(STATE_VERSION, json)} ${json}\n`;
}

/** Every record of a file that is as it was written, in order, and a reason for each piece that is not. */
export function* readFrames(bytes: Buffer): Generator<Frame, void> {
  let at = 0;
  while (at < bytes.length) {
    if (bytes[at] === NEWLINE) {
      at += 1;
      continue;
    }
    const found = recordAt(bytes, at);
    if (found !== null) {
      yield found.frame;
      // Where the newline is damaged, the next record begins one byte later all the same.
      at = found.end + (bytes[found.end] === NEWLINE || recordAt(bytes, found.end) === null ? 1 : 0);
      continue;
    }
    const newline = bytes.indexOf(NEWLINE, at);
    if (newline === -1) {
      yield { discarded: 'torn' };
      return;
    }
    yield { discarded: HEADER.test(head(bytes, at)) ? 'checksum' : 'garbage' };
    at = newline + 1;
  }
}

/** The whole record that begins there, and the place behind it; null where none does. */
function recordAt(bytes: Buffer, at: number): { readonly frame: Frame; readonly end: number } | null {
  const found = HEADER.exec(head(bytes, at));
  if (found === null) return null;
  const [header, version = '', length = '', crc = ''] = found;
  const begin = at + header.length;
  const end = begin + Number.parseInt(length, 16);
  if (end > bytes.length || end - begin > MAX_RECORD_BYTES) return null;
  const json = bytes.subarray(begin, end);
  if (checksum(Number(version), json) !== crc) return null;
  if (Number(version) > STATE_VERSION) return { frame: { discarded: 'version' }, end };
  return { frame: { json: json.toString('utf8'), version: Number(version) }, end };
}

function head(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at, at + HEADER_BYTES);
}

function checksum(version: number, json: string | Buffer): string {
  return crc32(json, version).toString(16).padStart(8, '0');
}
