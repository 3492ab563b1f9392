import { describe, expect, it } from 'vitest';
import { adviceFor, type AdviceFacts } from '../../src/judge/advice.ts';
import { culpritsFor, sayOther } from '../../src/judge/who-held.ts';
import { CAUSES, FAMILY_OF } from '../../src/model/cause.ts';
import type { Culprits } from '../../src/model/culprits.ts';
import { NOBODY, type WitnessFact } from '../../src/model/witness.ts';
import { oomKill, verdict } from '../store/samples.ts';

const NOTHING: AdviceFacts = { exit: { exitCode: 137, podUid: 'p', initPid: 100 }, kill: null, victimRole: null, killsInside: 0, facts: [] };
const MI = 1024 * 1024;

const CULPRITS: Culprits = {
  listed: 'node', cgroup: null, tasks: 2, unread: 0, complete: true, pageBytes: 4_096, heldBytes: 1_100 * MI, victimShare: 0.09, victimWas: 'bystander', memory: null,
  holders: [
    { pid: 7, comm: 'python', uid: 0, containerId: 'train', podUid: 'u', podNamespace: 'ml', podName: 'train-0', containerName: 'main', heldBytes: 1_000 * MI, rssBytes: 1_000 * MI, anonRssBytes: null, fileRssBytes: null, shmemRssBytes: null, swapBytes: 0, pageTablesBytes: 0, oomScoreAdj: 0, share: 0.91, killed: false },
    { pid: 100, comm: 'node', uid: 0, containerId: 'own', podUid: 'p', podNamespace: 'shop', podName: 'cart', containerName: 'app', heldBytes: 100 * MI, rssBytes: 100 * MI, anonRssBytes: null, fileRssBytes: null, shmemRssBytes: null, swapBytes: 0, pageTablesBytes: 0, oomScoreAdj: 1_000, share: 0.09, killed: true },
  ],
  unowned: [],
};
const exit = verdict('v').container;
const own = { ...exit, containerId: 'own', exitCode: 137, finishedAt: '', runtimeReason: null, startedAt: null };

describe('advice', () => {
  it.each(CAUSES)('%s: short, plain, and the same whatever nobody knows', (cause) => {
    const bare = adviceFor(cause, NOTHING);
    expect(bare).toMatch(/^[A-Zk][^\n]{30,330}\.$/);
    expect(bare).not.toMatch(/undefined|null|NaN|at least \d/i);
    // What depends on a fact comes behind what always holds.
    const full = adviceFor(cause, { ...NOTHING, victimRole: 'child', killsInside: 2, kill: oomKill('k', { culprits: { ...CULPRITS, unowned: [{ what: 'shmem', bytes: 300 * MI }, { what: 'kernel', bytes: 200 * MI }, { what: 'huge-pages', bytes: 100 * MI }] }, scope: 'mempolicy' }) });
    expect(full.startsWith(bare)).toBe(true);
  });

  it('raising the limit is only ever advised where a limit ran out', () => {
    for (const cause of CAUSES) if (FAMILY_OF[cause] !== 'cgroup-limit') expect(adviceFor(cause, NOTHING)).not.toMatch(/raise the (container's|pod's) (memory )?limit/i);
    for (const cause of ['node-oom', 'node-allocatable-oom'] as const) expect(adviceFor(cause, NOTHING)).toMatch(/aising this container's limit (will|does) not help/);
  });

  it('SIGTERM is only spoken of where SIGKILL ended it', () => {
    for (const cause of ['pod-deletion', 'runtime-stop'] as const) {
      expect(adviceFor(cause, NOTHING)).toContain('SIGTERM');
      expect(adviceFor(cause, { ...NOTHING, exit: { exitCode: 143, podUid: 'p', initPid: 100 } })).not.toMatch(/SIGTERM|SIGKILL/);
    }
  });

  const limit = (comm: string, more = {}): string => adviceFor('container-limit-oom', { ...NOTHING, kill: oomKill('k', { victim: { ...oomKill('k').victim, comm }, ...more }) });

  it('a heap is bounded by the means of its runtime, where the name is one', () => {
    expect(limit('java')).toContain('MaxRAMPercentage');
    expect(limit('node')).toContain('--max-old-space-size');
    for (const comm of ['sh', '__proto__', 'constructor', 'javac', 'node\n']) expect(limit(comm)).not.toContain('If it is');
  });

  it('a group kill names the option that spares the others, where kubelet set it and another than PID 1 was chosen', () => {
    const of = (pid: number, more: Partial<AdviceFacts> = {}): string => adviceFor('container-limit-oom', { ...NOTHING, victimRole: 'group', kill: oomKill('k', { groupKill: true, victim: { ...oomKill('k').victim, pid } }), ...more });
    expect(of(7)).toContain('singleProcessOOMKill');
    expect(of(100)).not.toContain('singleProcessOOMKill');
    expect(of(7, { exit: { exitCode: 137, podUid: null, initPid: 100 } })).not.toContain('singleProcessOOMKill');
  });

  it("an eviction for the pod's own limit does not blame the node", () => {
    const evicted = (limit: boolean): WitnessFact => ({ kind: 'eviction', signal: null, resource: null, thresholdText: null, observedText: null, limit, detail: null, about: NOBODY, witness: 'kubelet', source: 'units', trust: 'proven', atUs: null, raw: '' });
    expect(adviceFor('eviction', { ...NOTHING, facts: [null, evicted(false)] })).toContain('the node was short of');
    expect(adviceFor('eviction', { ...NOTHING, facts: [evicted(true)] })).toMatch(/The node was not short of it.*raise that limit\.$/);
  });

  it('without Kubernetes speaks of none', () => {
    expect(adviceFor('node-oom', { ...NOTHING, exit: { exitCode: 137, podUid: null, initPid: 100 } })).not.toMatch(/pod|request|kube/);
  });

  it('what the report says is said, and nothing else', () => {
    const unowned = [{ what: 'shmem' as const, bytes: 300 * MI }];
    expect(limit('sh')).not.toContain('tmpfs');
    expect(limit('sh', { culprits: { ...CULPRITS, unowned } })).toContain('At least 300 MiB were files in memory');
    expect(limit('sh', { level: 'nested' })).toContain('cgroup of its own');
    expect(adviceFor('container-limit-oom', { ...NOTHING, victimRole: 'child' })).toContain('not PID 1');
    const node = (score: number, podUid: string | null): string => adviceFor('node-oom', { ...NOTHING, exit: { exitCode: 137, podUid, initPid: 100 }, kill: oomKill('k', { victim: { ...oomKill('k').victim, oomScoreAdj: score } }) });
    expect(node(1_000, 'p')).toContain('BestEffort');
    expect([node(1_000, null), node(999, 'p')].join()).not.toContain('BestEffort');
    expect(adviceFor('program', { ...NOTHING, killsInside: 1 })).toContain('OOM-killed');
  });
});

describe('who held it, in the summary', () => {
  it('names another that held far more: by its pod, or by the process where its container is not known', () => {
    expect(sayOther(CULPRITS, own)).toBe('; ml/train-0 held 1000 MiB');
    const [first, victim] = CULPRITS.holders;
    if (!first || !victim) throw new Error('two holders');
    const process = { ...first, comm: 'a\nb', containerId: null, podName: null, podNamespace: null };
    expect(sayOther({ ...CULPRITS, holders: [process, victim] }, own)).toBe('; a\\x0ab (7) held 1000 MiB');
    expect(sayOther({ ...CULPRITS, unowned: [{ what: 'kernel', bytes: 2_000 * MI }] }, own)).toBe('; the kernel (slab and the like) held at least 2.0 GiB'.replace('2.0', '2'));
  });

  it('is silent about an eater, and where it is not known', () => {
    for (const victimWas of ['eater', 'one-of-many', null] as const) expect(sayOther({ ...CULPRITS, victimWas }, own)).toBe('');
    expect(sayOther(null, own)).toBe('');
    expect(sayOther({ ...CULPRITS, holders: CULPRITS.holders.map((one) => ({ ...one, heldBytes: null })) }, own)).toBe('');
  });

  it('of a group kill marks every victim, and calls none innocent', () => {
    const kills = [7, 100].map((pid) => oomKill(`k${pid}`, { reportId: 'r', groupKill: true, culprits: CULPRITS, victim: { ...oomKill('k').victim, pid } }));
    const [first] = kills;
    expect(first && culpritsFor(first, kills)).toMatchObject({ victimWas: null, holders: [{ killed: true }, { killed: true }] });
    expect(first && culpritsFor({ ...first, groupKill: false }, kills)).toBe(CULPRITS);
  });
});
