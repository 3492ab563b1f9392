import type * as z from 'zod/mini';
import { TextFraming } from '../kernel/framing/text-line.ts';
import { NO_TIME, type TimeContext } from '../kernel/framing/wall-time.ts';
import { Why137Error } from '../lib/errors.ts';
import { formatTime, formatTimeOrNull, MS, parseTime, SECOND, type Micros } from '../lib/time.ts';
import { containerExitSchema, containerSchema } from '../model/container-exit.ts';
import { ledgerReadingSchema } from '../model/ledger.ts';
import { memoryEventsSchema } from '../model/memory-events.ts';
import { recordingSchema, type Recording } from '../model/recording.ts';
import type { SourceEvent, SourceKind } from '../model/source-event.ts';
import type { WitnessName } from '../model/witness.ts';
import type { RecordedFiles } from './files.ts';

/** One thing that a source told, and when. */
export interface TimedEvent {
  readonly at: Micros;
  readonly event: SourceEvent;
}

export interface Timeline {
  readonly events: readonly TimedEvent[];
  readonly sources: readonly { readonly name: string; readonly kind: SourceKind; readonly hides: string; readonly witness?: WitnessName }[];
  readonly time: TimeContext;
  readonly from: Micros;
  readonly to: Micros;
}

/** What happens to a file of a recording. To add one, add a row. */
const KERNEL_TEXTS = ['dmesg.txt', 'syslog', 'messages'] as const;
/** A log cut down to what matters begins with a report, which an exit may follow at once. */
const REPORT_US = 5 * SECOND;
const HIDES = 'the kernel said nothing else in this recording';
const UNITS = 'units.journal.json';
const AUDIT = 'audit.log';
const CONTAINERS = 'containers.ndjson';
const COUNTS = 'memory-events.ndjson';

/** A recording as its node's sources would have told it, in order of time. Throws W137_RECORDING naming file and line. */
export function timelineOf(files: RecordedFiles): Timeline {
  const recording = readRecording(files);
  const time: TimeContext = {
    ...NO_TIME,
    timezone: recording.timezone ?? null,
    year: recording.year ?? null,
    bootTimeUs: recording.bootTime === undefined ? null : parseTime(recording.bootTime),
  };
  const logs = [...journals(files), ...kmsg(files, time), ...texts(files, time), ...audited(files)];
  const told = [...logs, ...exits(files), ...ledger(files), ...counts(files)];
  const lived = containers(files);
  const times = told.map(({ at }) => at);
  const first = times.reduce((least, at) => Math.min(least, at), Infinity);
  const last = times.reduce((most, at) => Math.max(most, at), -Infinity);
  if (told.length === 0) throw new Why137Error('W137_RECORDING', `${files.dir} holds nothing: a recording has kernel.journal.json, kmsg.raw, dmesg.txt, syslog or messages, and exits.ndjson.`);
  const from = Math.min(first, time.bootTimeUs ?? Infinity) - 1;
  // One that started before the recording, or nobody knows when, was there from its beginning.
  const living = lived.map(({ at, event }): TimedEvent => ({ at: Math.max(at ?? from, from), event }));
  const names = [...new Set(logs.map(({ event }) => event.source))].filter((name) => name !== UNITS && name !== AUDIT);
  const sources = [
    ...names.map((name) => ({ name, kind: 'kernel-log' as const, hides: HIDES })),
    ...(files.text(UNITS) === null ? [] : [{ name: UNITS, kind: 'witness' as const, hides: 'what kubelet and the runtime said besides' }]),
    ...(files.text(AUDIT) === null ? [] : [{ name: AUDIT, kind: 'witness' as const, hides: 'who sent signals', witness: 'audit' as const }]),
    ...(files.text('exits.ndjson') === null ? [] : [{ name: 'exits.ndjson', kind: 'exits' as const, hides: 'exits that were not recorded' }]),
    ...(files.text(CONTAINERS) === null ? [] : [{ name: CONTAINERS, kind: 'names' as const, hides: 'containers that were not recorded' }]),
    ...(files.text('ledger.ndjson') === null ? [] : [{ name: 'ledger.ndjson', kind: 'ledger' as const, hides: "the kernel's own count" }]),
    ...(files.text(COUNTS) === null ? [] : [{ name: COUNTS, kind: 'cgroups' as const, hides: "the kernel's own counts of single cgroups" }]),
  ];
  // A log is taken to be whole from its first line to the recording's last word. It says so at its end only: while a
  // source is known to be read up to now, its lines without time would be taken to be written now.
  const begin = sources.map(({ name }): TimedEvent => ({ at: beginOf(name, logs) ?? from, event: { type: 'up', source: name, detail: 'recorded' } }));
  const end = [...names, ...[UNITS, AUDIT].filter((name) => files.text(name) !== null)].map((name): TimedEvent => ({ at: last, event: { type: 'covered', source: name, from: beginOf(name, logs) ?? from, to: last } }));
  const sorted = [...begin, ...living, ...told].map((one, index) => ({ one, index })).sort((a, b) => a.one.at - b.one.at || a.index - b.index);
  return { events: [...sorted.map(({ one }) => one), ...end], sources, time, from, to: last };
}

/** From when on a log tells what happened: its first line, or what it reports of; lines without time may be of any. */
function beginOf(name: string, logs: readonly TimedEvent[]): Micros | null {
  const first = logs.reduce((least, { at, event }) => (event.source === name ? Math.min(least, at) : least), Infinity);
  return Number.isFinite(first) ? first - REPORT_US : null;
}

function readRecording(files: RecordedFiles): Recording {
  const text = files.text('recording.json');
  if (text === null) return {};
  const value = files.json('recording.json', null, text);
  const parsed = recordingSchema.safeParse(value);
  if (!parsed.success) throw files.invalid('recording.json', 1, parsed.error.issues[0], value);
  return parsed.data;
}

function journals(files: RecordedFiles): TimedEvent[] {
  return ['kernel.journal.json', UNITS].flatMap((name) =>
    files.lines(name).map(({ line, number }): TimedEvent => {
      const value = files.json(name, number, line);
      const text = typeof value === 'object' && value !== null && '__REALTIME_TIMESTAMP' in value ? String(value.__REALTIME_TIMESTAMP) : '';
      if (!/^\d{1,16}$/.test(text)) throw files.invalid(name, number, { path: ['__REALTIME_TIMESTAMP'], message: 'give the output of journalctl -o json' }, value);
      return { at: Number(text), event: { type: 'journal', source: name, line } };
    }),
  );
}

function kmsg(files: RecordedFiles, time: TimeContext): TimedEvent[] {
  return stamped(files, 'kmsg.raw', time, (line) => ({ type: 'kmsg', source: 'kmsg.raw', record: line }));
}

function texts(files: RecordedFiles, time: TimeContext): TimedEvent[] {
  return KERNEL_TEXTS.flatMap((name) => stamped(files, name, time, (line, first) => ({ type: 'text', source: name, chunk: Buffer.from(`${line}\n`, 'latin1'), begin: first })));
}

/** auditd's file: each line says itself when it was. */
function audited(files: RecordedFiles): TimedEvent[] {
  return files.lines(AUDIT).map(({ line, number }, index): TimedEvent => {
    const m = /msg=audit\((\d{1,10})\.(\d{3}):/.exec(line);
    if (!m) throw files.invalid(AUDIT, number, { path: [], message: "give auditd's own file (type=… msg=audit(…): …)" });
    return { at: Number(m[1]) * SECOND + Number(m[2]) * MS, event: { type: 'text', source: AUDIT, chunk: Buffer.from(`${line}\n`), begin: index === 0 } };
  });
}

/** Lines at the times they carry; one that carries none comes with the one before it. */
function stamped(files: RecordedFiles, name: string, time: TimeContext, event: (line: string, first: boolean) => SourceEvent): TimedEvent[] {
  const framing = new TextFraming(time);
  let at = time.bootTimeUs ?? 0;
  return files.lines(name, 'latin1').map(({ line }, index) => {
    const framed = framing.frame(line);
    if ('line' in framed && framed.line.timeUs !== null) at = framed.line.timeUs;
    return { at, event: event(line, index === 0) };
  });
}

function exits(files: RecordedFiles): TimedEvent[] {
  return files.lines('exits.ndjson').flatMap(({ line, number }): TimedEvent[] => {
    const value = files.json('exits.ndjson', number, line);
    const parsed = containerExitSchema.safeParse(value);
    if (!parsed.success) throw files.invalid('exits.ndjson', number, parsed.error.issues[0], value);
    const timeOf = (field: 'finishedAt' | 'startedAt', text: string): Micros => {
      const at = parseTime(text);
      if (at === null) throw files.invalid('exits.ndjson', number, { path: [field], message: 'give an RFC 3339 time' }, value);
      return at;
    };
    const finished = timeOf('finishedAt', parsed.data.finishedAt);
    const started = parsed.data.startedAt === null ? null : timeOf('startedAt', parsed.data.startedAt);
    // In UTC and microseconds, as every source tells it: times are compared as text, and make the verdict's id.
    const exit = { ...parsed.data, finishedAt: formatTime(finished), startedAt: formatTimeOrNull(started) };
    const { exitCode: _code, finishedAt: _at, finishedWithinMs: _within, runtimeReason: _reason, ...container } = exit;
    return [
      { at: started ?? finished, event: { type: 'container', source: 'exits.ndjson', container } },
      { at: finished, event: { type: 'exit', source: 'exits.ndjson', exit } },
    ];
  });
}

/** Containers that lived on: their pods have others than those that ended. Null: nobody knows when it started. */
function containers(files: RecordedFiles): { at: Micros | null; event: SourceEvent }[] {
  return files.lines(CONTAINERS).map(({ line, number }) => {
    const value = files.json(CONTAINERS, number, line);
    const parsed = containerSchema.safeParse(value);
    if (!parsed.success) throw files.invalid(CONTAINERS, number, parsed.error.issues[0], value);
    const { startedAt } = parsed.data;
    const at = startedAt === null ? null : parseTime(startedAt);
    if (startedAt !== null && at === null) throw files.invalid(CONTAINERS, number, { path: ['startedAt'], message: 'give an RFC 3339 time' }, value);
    return { at, event: { type: 'container', source: CONTAINERS, container: { ...parsed.data, startedAt: formatTimeOrNull(at) } } };
  });
}

function ledger(files: RecordedFiles): TimedEvent[] {
  return readings(files, 'ledger.ndjson', ledgerReadingSchema, (reading) => ({ type: 'ledger', source: 'ledger.ndjson', reading }));
}

function counts(files: RecordedFiles): TimedEvent[] {
  return readings(files, COUNTS, memoryEventsSchema, (reading) => ({ type: 'memory-events', source: COUNTS, reading }));
}

/** A reading a line, each at the time it tells. */
function readings<R extends { readonly time: string }>(files: RecordedFiles, name: string, schema: z.ZodMiniType<R>, event: (reading: R) => SourceEvent): TimedEvent[] {
  return files.lines(name).map(({ line, number }): TimedEvent => {
    const value = files.json(name, number, line);
    const parsed = schema.safeParse(value);
    if (!parsed.success) throw files.invalid(name, number, parsed.error.issues[0], value);
    const at = parseTime(parsed.data.time);
    if (at === null) throw files.invalid(name, number, { path: ['time'], message: 'give an RFC 3339 time' }, value);
    return { at, event: event(parsed.data) };
  });
}
