import type { KernelLogView, LogView } from '../judge/case.ts';
import type { Micros } from '../lib/time.ts';
import type { BlindSpot } from '../model/verdict.ts';
import type { SourceCoverage } from './coverage.ts';

/** How the log is known over a moment that the wall clock showed a second time. */
export const OF_ANOTHER_CLOCK: KernelLogView = {
  state: 'none',
  sources: [],
  blindSpots: [{ source: 'kernel-log', from: null, to: null, why: 'the wall clock was set back: what was read of that time cannot be told from what was read when it came again' }],
};

/** How it is known over a moment whose kills made room for later ones before the exit was told of. */
export const FORGOTTEN: KernelLogView = {
  state: 'none',
  sources: [],
  blindSpots: [{ source: 'kernel-log', from: null, to: null, why: 'the exit was told of so late that kills of its time had made room for later ones in memory' }],
};

/** How the kernel's log is known over a moment, by all sources that read it together. */
export function kernelLogView(sources: readonly SourceCoverage[], at: Micros, settled: boolean): KernelLogView {
  return logView(kernelLogs(sources), at, settled, 'kernel-log', 'no source of the kernel log is configured');
}

/** How the other witnesses' logs are known over a moment. */
export function witnessView(sources: readonly SourceCoverage[], at: Micros, settled: boolean): LogView {
  return logView(witnessLogs(sources), at, settled, 'units', "no log of kubelet or of the runtime is read");
}

/** Logs of one kind that have not been read beyond the moment, though they may be; none where one of the kind was. */
export function logsBehind(sources: readonly SourceCoverage[], at: Micros): readonly SourceCoverage[] {
  return [kernelLogs(sources), witnessLogs(sources)].flatMap((logs) => {
    const states = logs.map((log) => log.state(at));
    return states.includes('proven') ? [] : logs.filter((_, index) => states[index] === 'up');
  });
}

/** Whether there are logs that would prove what a text has told, and none of them has been read as far. */
export function isProofBehind(sources: readonly SourceCoverage[], at: Micros): boolean {
  const logs = kernelLogs(sources);
  return !logs.some((log) => log.proves(at)) && logs.some((log) => log.isBehind(at));
}

const kernelLogs = (sources: readonly SourceCoverage[]): readonly SourceCoverage[] => sources.filter(({ kind }) => kind === 'kernel-log');
const witnessLogs = (sources: readonly SourceCoverage[]): readonly SourceCoverage[] => sources.filter(({ kind, missed }) => kind === 'witness' && missed);

function logView(logs: readonly SourceCoverage[], at: Micros, settled: boolean, source: string, why: string): LogView {
  const proven = logs.filter((log) => log.state(at) === 'proven');
  if (proven.length > 0) return { state: 'proven', sources: proven.map(({ name }) => name), blindSpots: [] };
  const up = logs.filter((log) => log.state(at) === 'up');
  const behind = settled ? up.filter((log) => log.isBehind(at)) : [];
  if (behind.length > 0) return { state: 'behind', sources: behind.map(({ name }) => name), blindSpots: behind.map((log) => log.blindSpot(at)) };
  if (up.length > 0) return { state: settled ? 'presumed' : 'waiting', sources: up.map(({ name }) => name), blindSpots: [] };
  const blindSpots = logs.map((log) => log.blindSpot(at));
  const none: BlindSpot = { source, from: null, to: null, why };
  return { state: 'none', sources: [], blindSpots: blindSpots.length > 0 ? blindSpots : [none] };
}
