import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replayRecording } from '../../../src/commands/replay.ts';
import { formatTime, parseTime, SECOND, type Micros } from '../../../src/lib/time.ts';
import { containerExitSchema, type ContainerExit } from '../../../src/model/container-exit.ts';
import { verdictSchema, type Verdict } from '../../../src/model/verdict.ts';

export interface JournalLine {
  readonly atUs: Micros;
  readonly text: string;
}
export type Fields = Readonly<Record<string, string>>;
export interface Unit {
  /** journald's own words on who wrote the lines. */
  readonly fields: Fields;
  readonly lines: readonly JournalLine[];
}
export type Exit = Pick<ContainerExit, 'finishedAt'> & Partial<ContainerExit>;

/** The files of a recording, as `why137 replay` takes them. */
export interface Recorded {
  readonly kernel?: readonly JournalLine[];
  /** Records that are in the kernel's ring, but not the kernel's own. */
  readonly kernelRecords?: readonly Unit[];
  readonly units?: readonly Unit[];
  readonly audit?: string;
  readonly syslog?: string;
  readonly exits: readonly Exit[];
}

export const ID = 'c9'.repeat(32);
export const POD_UID = '27aff94d-e0d9-43d1-84d6-9ab000aa57e2';

function journal(lines: readonly (JournalLine & { readonly fields: Fields })[]): string {
  const sorted = [...lines].sort((a, b) => a.atUs - b.atUs);
  return sorted.map(({ atUs, text, fields }) => `${JSON.stringify({ __REALTIME_TIMESTAMP: String(atUs), __MONOTONIC_TIMESTAMP: String(atUs % 1e12), _SOURCE_MONOTONIC_TIMESTAMP: String(atUs % 1e12), _BOOT_ID: 'b', _HOSTNAME: 'node1', MESSAGE: text, ...fields })}\n`).join('');
}

function flat(units: readonly Unit[]): readonly (JournalLine & { readonly fields: Fields })[] {
  return units.flatMap(({ fields, lines }) => lines.map((line) => ({ ...line, fields })));
}

const KERNEL: Fields = { _TRANSPORT: 'kernel', SYSLOG_FACILITY: '0', SYSLOG_IDENTIFIER: 'kernel' };

/** Writes a recording, and has the product's own replay answer for it: the last word on each exit. */
export function replayed({ kernel = [], kernelRecords = [], units = [], audit, syslog, exits }: Recorded): readonly Verdict[] {
  const dir = mkdtempSync(join(tmpdir(), 'w137-recorded-'));
  try {
    const ends = exits.map((exit) => parseTime(exit.finishedAt) ?? 0);
    // Both logs are read over all of it, whatever they hold.
    const around = [Math.min(...ends) - 700 * SECOND, Math.max(...ends) + 60 * SECOND].map((atUs) => ({ atUs, text: 'nothing of interest' }));
    writeFileSync(join(dir, 'kernel.journal.json'), journal([...[...kernel, ...around].map((line) => ({ ...line, fields: KERNEL })), ...flat(kernelRecords)]));
    writeFileSync(join(dir, 'units.journal.json'), journal([...flat(units), ...around.map((line) => ({ ...line, fields: { _TRANSPORT: 'stdout', _SYSTEMD_UNIT: 'x.service' } }))]));
    if (audit !== undefined) writeFileSync(join(dir, 'audit.log'), audit);
    if (syslog !== undefined) writeFileSync(join(dir, 'syslog'), syslog);
    writeFileSync(join(dir, 'recording.json'), JSON.stringify({ timezone: 'UTC', year: 2026 }));
    const whole = exits.map((exit) => containerExitSchema.parse({ containerId: ID, runtime: 'containerd', podUid: POD_UID, podName: 'cart-7d9f', podNamespace: 'shop', containerName: 'app', exitCode: 137, runtimeReason: 'Error', startedAt: formatTime((parseTime(exit.finishedAt) ?? 0) - 300 * SECOND), ...exit }));
    writeFileSync(join(dir, 'exits.ndjson'), whole.map((exit) => `${JSON.stringify(exit)}\n`).join(''));
    return replayRecording(dir, 3 * SECOND).verdicts.map((verdict) => verdictSchema.parse(verdict));
  } finally {
    rmSync(dir, { recursive: true });
  }
}
