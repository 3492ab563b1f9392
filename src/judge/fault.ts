import { SECOND } from '../lib/time.ts';
import { factsOf, type FactOf } from '../model/witness.ts';
import type { Case } from './case.ts';

/** A core dump of a large process may take its time; the process is there until it is written. */
const DUMP_US = 60 * SECOND;
const CLOCK_US = SECOND / 2;

/** The kernel's word that PID 1 ended by this signal. `certain`: it sent the signal itself, and who wrote so is proven. */
export function faultOf({ witness, exit, startedUs, finishedUs }: Case, signal: string): { readonly fact: FactOf<'fault'>; readonly certain: boolean } | null {
  const near = factsOf(witness, 'fault').filter(
    ({ about, atUs, signal: by }) => by === signal && about.pid !== null && about.pid === exit.initPid && atUs !== null && atUs >= finishedUs - DUMP_US && atUs <= finishedUs + CLOCK_US,
  );
  const fact = near.findLast(({ ownFault, trust }) => ownFault && trust !== 'text') ?? near.at(-1);
  if (fact === undefined) return null;
  const lived = startedUs !== null && (fact.atUs ?? 0) >= startedUs;
  return { fact, certain: fact.ownFault && fact.trust !== 'text' && lived };
}
