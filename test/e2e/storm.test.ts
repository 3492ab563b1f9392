import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cgroupOf, id, killLines } from '../correlate/node.ts';
import { startAgent, type TestAgent } from './support/real-agent.ts';
import { sayUntil } from './support/until.ts';
import { startWrittenNode, whyNoWrittenNode, type WrittenNode } from './support/written-node.ts';

/** Twice as many as are kept when they have their answers. */
const MANY = Number(process.env['WHY137_STORM'] ?? 10_000);
const MORE = 2_000;
const PER_SECOND = 1_000;
const PER_STEP = 50;
/** A busy machine may take its time; what counts is that it comes. */
const PATIENCE_MS = 400_000;
/** pids of containers' first processes begin here. */
const FIRST_PID = 1_000;
/** The memory limit in daemonset.yaml. */
const LIMIT_MIB = 192;
/** How long an answer over HTTP may take, on a machine that is late for nothing itself. */
const HTTP_MS = 100;
const PAUSE_MS = 20;

const peakMib = (pid: number): number => Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
const podOf = (at: number): string => `0a1b2c3d-0a1b-0a1b-0a1b-${String(at).padStart(12, '0')}`;
const sumOf = (metrics: string, name: string): number => metrics.split('\n').filter((line) => line.startsWith(name)).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);

/** The last cause that was logged of each container. */
function causesOf(agent: TestAgent): Map<string, string> {
  const causes = new Map<string, string>();
  for (const line of agent.printed().split('\n')) {
    if (!line.includes('"event":"exit.verdict"')) continue;
    causes.set(/"container.id":"([0-9a-f]+)"/.exec(line)?.[1] ?? '', /"why137.cause":"([a-z0-9-]+)"/.exec(line)?.[1] ?? '');
  }
  return causes;
}

/** How often each cause was given; all that are a limit's as one. */
function tally(causes: Iterable<string>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const cause of causes) {
    const kind = cause.endsWith('limit-oom') ? 'limit-oom' : cause;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

interface Asked {
  /** How long each answer took, the shortest first. */
  readonly times: readonly number[];
  /** By how much this process itself was late, for want of CPU time. */
  readonly late: readonly number[];
}

const atShare = (sorted: readonly number[], share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? NaN;

/** Asks like a probe, a dashboard and a scrape, until it is told to stop. */
function ask(agent: TestAgent): () => Promise<Asked> {
  const times: number[] = [];
  const late: number[] = [];
  const state = { over: false };
  const asking = (async () => {
    while (!state.over) {
      for (const path of ['/healthz', '/v1/exits?limit=20', '/v1/sources', '/metrics']) {
        const begin = performance.now();
        expect((await agent.get(path)).status, path).toBe(200);
        times.push(performance.now() - begin);
      }
      const paused = performance.now();
      await sleep(PAUSE_MS);
      late.push(performance.now() - paused - PAUSE_MS);
    }
  })();
  // Looked at when it is told to stop; a test that failed before must not be told of it, too.
  asking.catch(() => undefined);
  return async () => {
    state.over = true;
    await asking;
    for (const list of [times, late]) list.sort((a, b) => a - b);
    return { times, late };
  };
}

describe.skipIf(whyNoWrittenNode() !== null)(`${MANY} kills and ${MANY} exits in ${MANY / PER_SECOND} seconds`, () => {
  let node: WrittenNode;
  let agent: TestAgent;
  let told = 0;

  beforeAll(async () => {
    node = await startWrittenNode();
    agent = await startAgent(node.agentArgs);
    for (const name of ['ledger', 'journal', 'containerd']) await agent.sourceIsUp(name);
  });
  afterAll(async () => {
    await agent.stop();
    await node.stop();
  });

  const metric = async (name: string): Promise<number> => sumOf((await agent.get('/metrics')).body, name);

  /** So many more containers hit their limits, and end. */
  async function storm(count: number): Promise<void> {
    const begun = performance.now();
    for (let at = 0; at < count; at += PER_STEP) {
      const ids = Array.from({ length: PER_STEP }, (_, n) => told + n);
      // Of ten reports in a storm the kernel prints about one header.
      node.kernel(ids.flatMap((n) => killLines({ at: 0, pid: FIRST_PID + n, victim: cgroupOf(`s${n}`, podOf(n)), headless: n % 10 !== 0, rssKb: n })));
      told += PER_STEP;
      node.counted(told);
      for (const n of ids) node.exit(id(`s${n}`), FIRST_PID + n);
      await sleep(Math.max(0, begun + ((at + PER_STEP) * 1_000) / PER_SECOND - performance.now()));
    }
  }
  async function answered(): Promise<void> {
    await sayUntil('every kill line was read, and every exit has an answer', async () => {
      await sleep(500);
      return (await metric('why137_container_exits_total')) === told && (await metric('why137_ledger_parsed_kills_total')) === told;
    }, PATIENCE_MS);
    await expect.poll(() => tally(causesOf(agent).values()), { timeout: 60_000, interval: 500 }).toEqual({ 'limit-oom': told });
  }

  it('each has its answer, HTTP answers meanwhile, and a reader of the stream that never reads is dropped', async () => {
    const deaf = connect(Number(new URL(agent.url).port), '127.0.0.1');
    deaf.pause();
    deaf.on('error', () => undefined);
    deaf.write('GET /v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await sayUntil('the deaf reader is counted', async () => (await metric('why137_stream_clients ')) === 1);
    const begun = performance.now();
    const stopAsking = ask(agent);
    await storm(MANY);
    const sent = performance.now() - begun;
    await answered();
    const took = performance.now() - begun;
    const { times, late } = await stopAsking();
    const at = (share: number): string => `${atShare(times, share).toFixed(0)} ms`;
    const cpu = await metric('process_cpu_seconds_total');
    console.log(`storm: told in ${(sent / 1_000).toFixed(1)} s, answered after ${(took / 1_000).toFixed(1)} s with ${cpu.toFixed(0)} s of CPU; at most ${peakMib(agent.pid).toFixed(0)} MiB resident; ${times.length} HTTP answers, median ${at(0.5)}, p99 ${at(0.99)}, at most ${at(1)} (a timer of 20 ms was late by ${atShare(late, 0.99).toFixed(0)} ms, p99)`);
    // Many were asked and answered before the storm was over.
    expect(times.length).toBeGreaterThan(100);
    expect(atShare(times, 0.5)).toBeLessThan(HTTP_MS);
    expect(atShare(times, 0.99)).toBeLessThan(HTTP_MS + 10 * atShare(late, 0.99));
    expect(await metric('why137_stream_clients_dropped_total')).toBe(1);
    expect(await metric('why137_log_lines_dropped_total')).toBe(0);
    expect(peakMib(agent.pid)).toBeLessThan(LIMIT_MIB);
    deaf.destroy();
  }, 600_000);

  it('and more of them take no more memory', async () => {
    const before = peakMib(agent.pid);
    await storm(MORE);
    await answered();
    console.log(`storm: at most ${before.toFixed(0)} MiB before, ${peakMib(agent.pid).toFixed(0)} MiB after ${MORE} more`);
    expect(peakMib(agent.pid)).toBeLessThan(before * 1.4);
  }, 600_000);
});
