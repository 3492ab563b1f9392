import { NO_TIME, type TimeContext } from '../../../src/kernel/framing/wall-time.ts';
import { BulkReader } from '../../../src/kernel/reader/bulk-reader.ts';
import { collectKills } from '../../../src/kernel/reader/record-reader.ts';
import { TextReader } from '../../../src/kernel/reader/text-reader.ts';
import type { OomKill } from '../../../src/model/oom-kill.ts';

export const CONTEXT: TimeContext = { ...NO_TIME, timezone: 'UTC', year: 2026 };

export function readPlain(chunks: readonly Uint8Array[]): OomKill[] {
  const kills: OomKill[] = [];
  const reader = new TextReader('test', CONTEXT, collectKills((kill) => kills.push(kill)));
  for (const chunk of chunks) reader.push(chunk);
  reader.end();
  return kills;
}

export function readBulk(chunks: readonly Uint8Array[]): OomKill[] {
  const kills: OomKill[] = [];
  const reader = new BulkReader('test', CONTEXT, collectKills((kill) => kills.push(kill)));
  for (const chunk of chunks) reader.push(chunk);
  reader.end();
  return kills;
}

export function bytes(lines: readonly string[]): Buffer {
  return Buffer.from(`${lines.join('\n')}\n`);
}

/** Without what a carrier changes: the raw lines and the times. */
export function facts(kill: OomKill): Partial<OomKill> {
  const { raw: _raw, time: _time, monotonicUs: _mono, trust: _trust, ...rest } = kill;
  return rest;
}
