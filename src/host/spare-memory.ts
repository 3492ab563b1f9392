import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { performance } from 'node:perf_hooks';
import type { Clock } from './clock.ts';

/** Soon after the start, when the most is left over; then now and then. Milliseconds. */
const FIRST_MS = [1_500, 4_000, 10_000];
const EVERY_MS = 60_000;
/** An agent that is as busy as this (of 1) has more to do, and a larger heap to look through: it waits for quieter times. */
const BUSY = 0.5;

/**
 * Gives back what starting and catching up took: V8 keeps an idle heap as large as it was, for an idle program never
 * fills it again (5 MiB, measured). A collection of so small a heap takes some 20 ms, which no verdict misses.
 * Returns a function that ends it.
 */
export function spareMemory(clock: Clock, isBusy = busyMeter()): () => void {
  const collect = collector();
  const waits = [...FIRST_MS];
  let forget: () => void = () => undefined;
  const again = (): void => {
    forget = clock.after(waits.shift() ?? EVERY_MS, () => {
      if (!isBusy()) collect();
      again();
    });
  };
  again();
  return () => {
    forget();
  };
}

/** Tells whether the time since it was asked last was mostly spent working. */
function busyMeter(): () => boolean {
  let since = performance.eventLoopUtilization();
  return () => {
    const { utilization } = performance.eventLoopUtilization(since);
    since = performance.eventLoopUtilization();
    return utilization >= BUSY;
  };
}

/** V8's own collector, which only contexts have that were made after the flag was set. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  if (typeof gc !== 'function') return () => undefined;
  // The thorough kind also forgets code that did not run between several of them; Node 20 takes it for the plain kind.
  const thorough = [{ type: 'major', execution: 'sync', flavor: 'last-resort' }];
  const kinds = [[], thorough, thorough, thorough, thorough];
  return () => {
    for (const kind of kinds) Reflect.apply(gc, undefined, kind);
  };
}
