import { join } from 'node:path';
import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import { SECOND } from '../../../src/lib/time.ts';
import { logLineSchema } from '../../../src/outputs/log/line-schema.ts';
import { replayRecording } from '../../../src/commands/replay.ts';
import { createLog, type Log, type LogLevel } from '../../../src/outputs/log/log.ts';
import { oomKill, T0, verdict } from '../../store/samples.ts';

/** The lines that a use of the log writes, each checked against the schema. */
function linesOf(use: (log: Log) => void, level: LogLevel = 'debug', nodeName: string | null = 'node-1') {
  const lines: string[] = [];
  use(createLog({ write: { write: (line) => lines.push(line) }, level, nodeName, now: () => T0 + SECOND / 4 + 3 }));
  return lines.map((line) => {
    expect(line.endsWith('\n')).toBe(true);
    expect(line.slice(0, -1)).not.toContain('\n');
    return z.parse(logLineSchema, JSON.parse(line));
  });
}

it('writes a verdict as the contract says', () => {
  const [line] = linesOf((log) => {
    log.verdict(verdict('v1'));
  });
  expect(line).toEqual({
    level: 'warn',
    time: '2026-11-23T03:02:11.732003Z',
    event: 'exit.verdict',
    msg: 'shop/cart-7d9f app: The container hit its own memory limit: 512 MiB used of 512 MiB.',
    'k8s.node.name': 'node-1',
    'k8s.namespace.name': 'shop',
    'k8s.pod.name': 'cart-7d9f',
    'k8s.pod.uid': '8f1c6a52-5f5e-4c0e-9d55-6a2a0a3f7b11',
    'k8s.container.name': 'app',
    'k8s.container.restart_count': 4,
    'container.id': 'v1c0ffee',
    'container.runtime.name': 'containerd',
    'container.image.name': 'registry.example/shop/cart:1.4.2',
    'process.pid': 48_213,
    'exit.code': 137,
    'exit.time': '2026-11-23T03:02:11.482000Z',
    'why137.cause': 'container-limit-oom',
    'why137.family': 'cgroup-limit',
    'why137.confidence': 'certain',
    'why137.verdict.id': 'v1',
    'why137.verdict.revision': 1,
    'why137.verdict.final': true,
    'why137.runtime_agrees': true,
    'why137.oom_kill.ids': ['k1'],
  });
});

it('is shorter than what runtimes cut, however many kills there were', () => {
  const oomKills = Array.from({ length: 5_000 }, (_, n) => `oom-${String(n).padStart(20, '0')}`);
  const [line] = linesOf((log) => {
    log.verdict(verdict('v1', { oomKills, summary: 'x'.repeat(1_000) }));
  });
  expect(JSON.stringify(line).length).toBeLessThan(16_384);
  expect(line?.['why137.oom_kill.ids']).toEqual(oomKills.slice(-200));
});

it('leaves out what is not known, and names a container without a pod by its id', () => {
  const container = { podName: null, podNamespace: null, podUid: null, containerName: null, containerId: '0123456789abcdef', initPid: null };
  const [line] = linesOf((log) => {
    log.verdict(verdict('v1', { container, runtimeAgrees: null, family: 'program', cause: 'program' }));
  }, 'info', null);
  expect(line).toMatchObject({ level: 'info', msg: expect.stringMatching(/^container 0123456789ab: /) as unknown });
  for (const key of ['k8s.pod.name', 'process.pid', 'why137.runtime_agrees', 'k8s.node.name']) expect(line).not.toHaveProperty([key]);
});

it('writes a kill, with the names of its container where they are known', () => {
  const { container } = verdict('v1');
  const lines = linesOf((log) => {
    log.oomKill(oomKill('k1'));
    log.oomKill(oomKill('k2'), container);
  });
  expect(lines.map(({ level, event }) => [level, event])).toEqual([['warn', 'oom.kill'], ['warn', 'oom.kill']]);
  expect(lines[0]?.msg).toBe("The kernel killed java (pid 48213) in container c1c0ffee: the container's memory limit was hit, 512 MiB of 512 MiB.");
  expect(lines[1]).toMatchObject({ 'k8s.namespace.name': 'shop', 'k8s.pod.name': 'cart-7d9f', 'k8s.container.name': 'app', 'container.id': 'c1c0ffee' });
  expect(lines[1]?.msg).toContain('in shop/cart-7d9f app: ');
});

it('says of a kill only what is known', () => {
  const [line] = linesOf((log) => {
    const { victim, memory } = oomKill('k');
    log.oomKill(oomKill('k', { level: null, containerId: null, victim: { ...victim, comm: null, pid: null }, memory: { ...memory, limitBytes: null } }));
  });
  expect(line?.msg).toBe('The kernel killed a process: a memory limit was hit.');
});

it('writes what happens to sources and to the agent', () => {
  const lines = linesOf((log) => {
    log.source({ type: 'up', source: 'journal', detail: 'journalctl follows' });
    log.source({ type: 'down', source: 'kmsg', why: 'EPERM', cure: 'add CAP_SYSLOG' });
    log.source({ type: 'gap', source: 'journal', from: T0, to: null, why: 'rotated' });
    log.agent('agent.ready', 'Serving.', { url: 'http://127.0.0.1:9137' });
    log.agent('agent.error', 'It failed.', {}, 'error');
  });
  expect(lines.map(({ level, event }) => `${level} ${event}`)).toEqual([
    'info source.up',
    'warn source.down',
    'warn source.gap',
    'info agent.ready',
    'error agent.error',
  ]);
  expect(lines[1]).toMatchObject({ 'why137.source': 'kmsg', 'why137.source.cure': 'add CAP_SYSLOG' });
  expect(lines[2]).toMatchObject({ 'why137.gap.from': '2026-11-23T03:02:11.482000Z' });
  expect(lines[3]).toMatchObject({ url: 'http://127.0.0.1:9137' });
});

it('says flat who held the memory, of a kill and of its verdict', () => {
  const { verdicts, oomKills } = replayRecording(join(import.meta.dirname, '../../recordings/node-eater-6.12-containerd'), 3_000_000);
  const verdict = verdicts.find(({ culprits }) => culprits?.victimWas === 'bystander');
  const kill = oomKills.find(({ id }) => verdict?.oomKills.includes(id));
  if (!verdict?.culprits || !kill?.culprits) throw new Error('the recording has no such kill');
  const lines = linesOf((log) => {
    log.verdict(verdict);
    log.oomKill(kill);
  });
  const [top] = verdict.culprits.holders;
  for (const line of lines) expect(line).toMatchObject({ 'why137.victim.was': 'bystander', 'why137.top_holder.pid': top?.pid, 'why137.top_holder.name': top?.comm, 'why137.top_holder.held_bytes': top?.heldBytes });
  expect(top?.pid).not.toBe(kill.victim.pid);
  expect(lines[0]).toMatchObject({ 'why137.victim.share': verdict.culprits.victimShare });
});

it('keeps a hostile process name on its line', () => {
  const { victim } = oomKill('k');
  const [line] = linesOf((log) => {
    log.oomKill(oomKill('k', { victim: { ...victim, comm: 'a\n{"level":"x"}' } }));
  });
  expect(line?.['why137.oom_kill.victim']).toBe('a\n{"level":"x"}');
});

it('says how many lines were lost as soon as somebody reads again', () => {
  const lines: string[] = [];
  const state = { dropped: 0, hasRoom: true };
  const log = createLog({ write: { write: (line) => lines.push(line), dropped: () => state.dropped, hasRoom: () => state.hasRoom }, level: 'info', nodeName: null, now: () => T0 });
  state.dropped = 3;
  state.hasRoom = false;
  log.agent('agent.error', 'one');
  state.hasRoom = true;
  log.agent('agent.error', 'two');
  log.agent('agent.error', 'three');
  const parsed = lines.map((line) => z.parse(logLineSchema, JSON.parse(line)));
  expect(parsed.map(({ event, msg }) => [event, msg.slice(0, 22)])).toEqual([['agent.error', 'one'], ['agent.log', '3 log lines were lost '], ['agent.error', 'two'], ['agent.error', 'three']]);
});
