import { describe, expect, it } from 'vitest';
import { SECOND } from '../../src/lib/time.ts';
import type { SourceEvent } from '../../src/model/source-event.ts';
import { NOBODY } from '../../src/model/witness.ts';
import { covered, exited, Node, POD, reading, SETTLE_US, started, T0 } from './node.ts';

const AT = T0 + 100 * SECOND;
const iso = (us: number): string => new Date(us / 1_000).toISOString();

/** kubelet's word that it has evicted the pod, which names no container. */
const evicted = (at: number): SourceEvent => ({
  type: 'witness',
  source: 'units',
  fact: { kind: 'eviction', signal: null, resource: 'memory', thresholdText: null, observedText: null, limit: false, detail: null, atUs: at, witness: 'kubelet', source: 'units', trust: 'proven', raw: '', about: { ...NOBODY, podUid: POD } },
});

function causeOf(events: readonly SourceEvent[]): string | undefined {
  const node = new Node().ready('journal').pass(90 * SECOND);
  node.hear([reading(AT - 40 * SECOND, 4), started('app', { containerName: 'main', podUid: POD }), exited('app', AT, { containerName: 'main' }), ...events, reading(AT + 20 * SECOND, 4), covered(AT + 20 * SECOND)]).pass(2 * SETTLE_US);
  return node.last('app')?.cause;
}

describe('an eviction of the pod, told after a container of it has ended', () => {
  it('is why, as long as no other lives in its place', () => {
    expect(causeOf([evicted(AT + 8 * SECOND)])).toBe('eviction');
    expect(causeOf([started('other', { containerName: 'sidecar', startedAt: iso(AT + 4 * SECOND), podUid: POD }), evicted(AT + 8 * SECOND)])).toBe('eviction');
  });

  it('is of the container that was started in its place', () => {
    expect(causeOf([started('again', { containerName: 'main', startedAt: iso(AT + 4 * SECOND), podUid: POD }), evicted(AT + 8 * SECOND)])).toBe('not-oom');
  });
});
