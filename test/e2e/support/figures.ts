import { readdirSync, readFileSync } from 'node:fs';

/** What a process holds. */
export interface Held {
  readonly residentMib: number;
  readonly files: number;
  readonly children: number;
}

export function heldBy(pid: number): Held {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).length;
  return { residentMib: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1_024, files: readdirSync(`/proc/${pid}/fd`).length, children };
}

/** The slope of a series, a sample: the median of all slopes between two (Theil and Sen), which no outlier moves. */
export function slopeOf(values: readonly number[]): number {
  const slopes = values.flatMap((one, at) => values.slice(at + 1).map((other, ahead) => (other - one) / (ahead + 1)));
  return medianOf(slopes);
}

export function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
