import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { docker } from '../../src/evidence/docker.ts';
import { NO_TIME, WallClock } from '../../src/kernel/framing/wall-time.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { startEngine, whyNoEngine, type Engine, type EngineName } from './support/engine.ts';
import { ensureJournald, noJournald, type Journald } from './support/journald.ts';
import { endAgents, startAgent, type TestAgent } from './support/real-agent.ts';
import { EAT, MIB, shell, SLEEP } from './support/small-node.ts';

const LIMITED = ['-m', '32m'];

/** docker hears of an OOM kill from its shim, which may miss it in a cgroup that is removed at once: then it says Error. podman 4 has no word for it. */
const saidOom = ({ exit }: Verdict): boolean => exit.runtimeReason === 'OOMKilled';

/** The containers whose time was over, as the engine's own log is read. */
function stopsIn(log: string): readonly (string | null | undefined)[] {
  const read = docker.reader(new WallClock(NO_TIME));
  return log.split('\n').flatMap((text) => {
    const told = read({ text, timeUs: null, field: () => null });
    return 'drop' in told ? [] : told.map(({ about }) => about.containerId);
  });
}

describe.each(['docker', 'podman'] as const)('an agent on a node with %s', (name: EngineName) => {
  const why = noJournald() ?? whyNoEngine(name);
  if (why !== null) console.log(`skipped: ${why}`);
  let engine: Engine;
  let journald: Journald;
  let agent: TestAgent;
  const args = (): readonly string[] => ['--runtime-endpoint', `unix://${engine.socket}`, '--kernel-log-file', 'none', '--lookback', '1h', '--settle', '1s'];

  const records = async (): Promise<number> => (await agent.sources()).sources.find((source) => source.name === 'docker')?.records ?? 0;

  beforeAll(async () => {
    if (why !== null) return;
    journald = await ensureJournald();
    engine = await startEngine(name);
    agent = await startAgent(args());
    for (const source of ['ledger', 'journal', 'kmsg', 'docker']) await agent.sourceIsUp(source);
  });
  afterAll(async () => {
    if (why !== null) return;
    await agent.stop();
    await endAgents();
    await engine.stop();
    await journald.stop();
  });

  it.skipIf(why !== null)('names the own limit for PID 1 that hit it, whatever the engine says of it', async () => {
    const hold = mkdtempSync(join(tmpdir(), 'w137-hold-'));
    const seen = await records();
    const id = await engine.run([...LIMITED, '--name', `eater-${name}`, '-v', `${hold}:/hold`], shell('while [ ! -e /hold/go ]; do /bin/busybox usleep 20000; done; exec /bin/busybox tail /dev/zero'));
    // Until the agent has been told of its PID 1.
    await expect.poll(records, { timeout: 20_000 }).toBeGreaterThan(seen);
    writeFileSync(join(hold, 'go'), '');
    const verdict = await agent.verdictOf(id, ({ exit }) => exit.runtimeReason !== null);
    rmSync(hold, { recursive: true });
    expect(verdict).toMatchObject({ cause: 'container-limit-oom', confidence: 'certain', victimRole: 'pid1', exit: { code: 137 }, container: { runtime: name, containerName: `eater-${name}`, memoryLimitBytes: 32 * MIB } });
    expect(verdict.runtimeAgrees).toBe(saidOom(verdict));
    expect((await agent.get(`/v1/explain?target=eater-${name}`)).body).toContain(verdict.id);
  });

  it.skipIf(why !== null)("takes a child's kill for none of PID 1's own end", async () => {
    const id = await engine.run(LIMITED, shell('/bin/busybox tail /dev/zero; exit 3'));
    const verdict = await agent.verdictOf(id, ({ oomKills }) => oomKills.length > 0);
    expect(verdict).toMatchObject({ cause: 'program', exit: { code: 3 } });
    expect(verdict.runtimeAgrees).toBe(!saidOom(verdict));
  });

  it.skipIf(why !== null)('clears the kernel of an own 137, and of a kill -9 from outside', async () => {
    const own = await engine.run([], shell('exit 137'));
    const killed = await engine.run([], SLEEP);
    process.kill(await engine.pid(killed), 'SIGKILL');
    for (const id of [own, killed]) expect(await agent.verdictOf(id)).toMatchObject({ cause: 'not-oom', oomKills: [] });
  });

  it.skipIf(why !== null)('names the engine that was asked to kill', async () => {
    const id = await engine.run([], SLEEP);
    await engine.cli('kill', id);
    expect(await agent.verdictOf(id, ({ cause }) => cause === 'runtime-stop')).toMatchObject({ family: 'orchestrator', exit: { code: 137 } });
  });

  it.skipIf(why !== null || name === 'podman')('tells a stop past its time from one whose container was OOM-killed, or returned 137, within it', async () => {
    const [late, oom, own] = await Promise.all([
      engine.run([], SLEEP),
      engine.run(LIMITED, shell('trap "exec /bin/busybox tail /dev/zero" TERM; while :; do /bin/busybox usleep 50000; done')),
      engine.run([], shell('trap "exit 137" TERM; while :; do /bin/busybox usleep 50000; done')),
    ]);
    await Promise.all([engine.cli('stop', '-t', '1', late), engine.cli('stop', '-t', '15', oom), engine.cli('stop', '-t', '15', own)]);
    expect(await agent.verdictOf(late, ({ cause }) => cause === 'runtime-stop')).toMatchObject({ exit: { code: 137 } });
    expect(await agent.verdictOf(oom, ({ final }) => final)).toMatchObject({ cause: 'container-limit-oom', confidence: 'certain' });
    expect(await agent.verdictOf(own, ({ final }) => final)).toMatchObject({ cause: 'not-oom' });
    // And its own log says so of the one that was late, where nobody heard the event.
    await expect.poll(() => stopsIn(engine.log()), { timeout: 10_000 }).toEqual([late]);
  });

  it.skipIf(why !== null)('gives each life of a container that is started again its verdict', async () => {
    const id = await engine.run([...LIMITED, '--restart', 'on-failure:1'], EAT);
    const lives = async () => (await agent.verdicts()).filter(({ container }) => container.containerId === id);
    await expect.poll(async () => (await lives()).map(({ cause, final }) => [cause, final]), { timeout: 20_000 }).toEqual([['container-limit-oom', true], ['container-limit-oom', true]]);
    // A life may end before the engine has told of its PID 1.
    for (const { confidence, container } of await lives()) expect(confidence).toBe(container.initPid === null ? 'likely' : 'certain');
    expect(new Set((await lives()).flatMap(({ oomKills }) => oomKills)).size).toBe(2);
  });

  it.skipIf(why !== null)('goes on when the engine is restarted, and finds what ended while the agent was away', async () => {
    await engine.stopService();
    await engine.startService();
    const id = await engine.run(LIMITED, EAT);
    expect(await agent.verdictOf(id)).toMatchObject({ cause: 'container-limit-oom' });
    const { stateDir } = agent;
    await agent.stop('SIGKILL');
    const away = await engine.run(LIMITED, EAT);
    await engine.cli('wait', away);
    agent = await startAgent(args(), { stateDir });
    expect(await agent.verdictOf(away, ({ final }) => final)).toMatchObject({ cause: 'container-limit-oom', exit: { code: 137 } });
    expect((await agent.verdicts()).filter(({ container }) => container.containerId === id)).toHaveLength(1);
  });
});
