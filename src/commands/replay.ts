import { SECOND } from '../lib/time.ts';
import type { OomKill } from '../model/oom-kill.ts';
import type { Verdict } from '../model/verdict.ts';
import { Pipeline, type PipelineOptions } from '../pipeline.ts';
import { RecordedFiles } from '../recording/files.ts';
import { timelineOf } from '../recording/timeline.ts';

export interface Replayed {
  /** The last word on each exit, in order of exit. */
  readonly verdicts: readonly Verdict[];
  readonly oomKills: readonly OomKill[];
}

/** Runs a recording through the pipeline on the recording's own clock. */
export function replayRecording(dir: string, settleUs: number): Replayed {
  const timeline = timelineOf(new RecordedFiles(dir));
  const verdicts = new Map<string, Verdict>();
  const oomKills = new Map<string, OomKill>();
  const output: PipelineOptions['output'] = {
    verdict(verdict) {
      verdicts.set(verdict.id, verdict);
    },
    oomKill(kill) {
      oomKills.set(kill.id, kill);
    },
    ledgerGap() {
      // In the verdicts of its time.
    },
  };
  const pipeline = new Pipeline({ settleUs, sources: timeline.sources, time: timeline.time, output });
  for (const { at, event } of timeline.events) {
    for (let due = pipeline.advance(at); due !== null && due <= at; due = pipeline.advance(at));
    pipeline.hear(event, at);
  }
  pipeline.end(timeline.to + settleUs + SECOND);
  return {
    verdicts: [...verdicts.values()].sort((a, b) => a.exit.finishedAt.localeCompare(b.exit.finishedAt)),
    oomKills: [...oomKills.values()],
  };
}

/** `why137 replay DIR`: one Verdict a line. */
export function replay(dir: string, settleUs: number, out: (text: string) => void): void {
  for (const verdict of replayRecording(dir, settleUs).verdicts) out(`${JSON.stringify(verdict)}\n`);
}
