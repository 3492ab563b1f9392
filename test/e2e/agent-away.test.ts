import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/model/verdict.ts';
import { startContainerd, whyNoContainerd, type Containerd } from './support/containerd.ts';
import { startEngine, whyNoEngine } from './support/engine.ts';
import { NodeLogs, noJournalRemote } from './support/node-logs.ts';
import { endAgents, startAgent, type TestAgent } from './support/real-agent.ts';
import { forgedReport, freshId, SLEEP } from './support/small-node.ts';
import { sayUntil } from './support/until.ts';

const whyNot = whyNoContainerd() ?? noJournalRemote();
if (whyNot !== null) console.log(`skipped: ${whyNot}`);

/** A real containerd, journal files by systemd's own writer, a text log; the node's root is containerd's directory. */
describe.skipIf(whyNot !== null)('an agent that was away', () => {
  let containerd: Containerd;
  let logs: NodeLogs;
  let agent: TestAgent;
  const bootFile = (): string => join(containerd.directory, 'proc/sys/kernel/random/boot_id');

  beforeAll(async () => {
    containerd = await startContainerd();
    mkdirSync(join(containerd.directory, 'proc/sys/kernel/random'), { recursive: true });
    writeFileSync(join(containerd.directory, 'proc/vmstat'), 'nr_free_pages 1\n');
  });
  afterAll(async () => {
    await containerd.stop();
  });
  beforeEach(() => {
    writeFileSync(bootFile(), 'b0071d00-0000-4000-8000-000000000001\n');
    for (const name of ['journal', 'var/log']) rmSync(join(containerd.directory, name), { recursive: true, force: true });
    logs = new NodeLogs(containerd.directory);
  });
  afterEach(async () => {
    await endAgents();
    await logs.close();
  });

  const start = async (more: readonly string[] = [], stateDir?: string): Promise<TestAgent> => {
    const args = ['--root', containerd.directory, '--journal-dir', '/journal', '--kernel-log-file', '/var/log/syslog', '--kmsg', 'off', '--runtime-endpoint', 'unix:///c.sock', '--lookback', '1h', '--settle', '500ms'];
    agent = await startAgent([...args, ...more], stateDir === undefined ? {} : { stateDir });
    for (const name of ['journal', 'containerd', '/var/log/syslog']) await agent.sourceIsUp(name);
    return agent;
  };
  /** Places are kept every two seconds. */
  const placesAreKept = async (): Promise<void> => {
    const file = join(agent.stateDir, 'state.log');
    logs.toText(['something that is of no use']);
    const end = statSync(logs.text).size;
    const isKept = (line: string): boolean => line.includes('"kind":"place","source":"/var/log/syslog"') && line.includes(`"offset":${String(end)},`);
    await sayUntil('the place is kept', () => readFileSync(file, 'latin1').split('\n').some(isKept));
  };
  const isMarked = ({ id, revision }: Verdict): boolean => readFileSync(join(agent.stateDir, 'state.log'), 'latin1').includes(`${id}@${String(revision)}`);
  const leave = async (): Promise<string> => {
    await agent.stop('SIGKILL');
    return agent.stateDir;
  };
  const run = async (name: string): Promise<{ id: string; pid: number }> => {
    const id = freshId(name);
    await containerd.run(id, SLEEP);
    return { id, pid: await containerd.pid(id) };
  };
  const isStopped = async (id: string): Promise<boolean> => new RegExp(`^${id}\\s+\\d+\\s+STOPPED`, 'm').test(await containerd.ctr(['-n', 'k8s.io', 'tasks', 'ls']));
  const killed = async (pid: number, id: string): Promise<void> => {
    process.kill(pid, 'SIGKILL');
    await sayUntil('it has ended', () => isStopped(id));
  };
  const remove = async (id: string): Promise<void> => {
    await containerd.ctr(['-n', 'k8s.io', 'tasks', 'rm', id]).catch(() => '');
    await containerd.ctr(['-n', 'k8s.io', 'containers', 'rm', id]);
  };
  const gaps = (source: string): string[] => agent.logs().filter((line) => line.event === 'source.gap' && line['why137.source'] === source).map(({ msg }) => msg);
  const isOom = ({ cause }: Verdict): boolean => cause === 'container-limit-oom';

  it('judges an exit that it saw and the runtime has forgotten since', async () => {
    await start(['--settle', '60s']);
    const { id, pid } = await run('seen');
    await killed(pid, id);
    await sayUntil('the exit is kept', async () => (await agent.sources()).state?.held.openExits === 1);
    const stateDir = await leave();
    await remove(id);
    await start([], stateDir);
    expect(await agent.verdictOf(id, ({ final }) => final)).toMatchObject({ cause: 'not-oom', exit: { code: 137 } });
    expect(gaps('containerd')).toEqual([]);
  });

  it('says of a container that ended and was removed meanwhile that nobody knows how', async () => {
    await start();
    const { id, pid } = await run('unseen');
    const { id: other, pid: otherPid } = await run('lives');
    await sayUntil('both are known to run', async () => ((await agent.sources()).state?.held.containers ?? 0) >= 2);
    await placesAreKept();
    const stateDir = await leave();
    await killed(pid, id);
    await remove(id);
    await start([], stateDir);
    await sayUntil('it is said', () => gaps('containerd').length > 0);
    expect(gaps('containerd')).toEqual([expect.stringContaining(id.slice(0, 12))]);
    expect(gaps('containerd')[0]).not.toContain(other);
    expect((await agent.sources()).sources.find(({ name }) => name === 'containerd')?.gapCount).toBe(1);
    await killed(otherPid, other);
    await agent.verdictOf(other);
  });

  it('takes exits from a runtime that was restarted meanwhile', async () => {
    await start();
    const { id, pid } = await run('restarted');
    const stateDir = await leave();
    await containerd.kill();
    logs.toJournal(forgedReport(id, pid));
    process.kill(pid, 'SIGKILL');
    await containerd.start();
    await start([], stateDir);
    expect(await agent.verdictOf(id, isOom)).toMatchObject({ confidence: 'certain', victimRole: 'pid1' });
    expect(gaps('containerd')).toEqual([]);
  });

  it.each<[string, () => void]>([
    ['rotated twice', () => { logs.rotate(); logs.toText(['between']); logs.rotate(); }],
    ['rotated twice and compressed', () => {
      logs.rotate();
      logs.rotate();
      writeFileSync(`${logs.text}.2.gz`, gzipSync(readFileSync(`${logs.text}.2`)));
      rmSync(`${logs.text}.2`);
    }],
    ['copied and truncated', () => { logs.copytruncate(); }],
  ])('reads a text log that was %s meanwhile', async (_, rotate) => {
    await start();
    const { id, pid } = await run('rotated');
    await placesAreKept();
    const stateDir = await leave();
    logs.toText(forgedReport(id, pid));
    await killed(pid, id);
    rotate();
    logs.toText(['and so on']);
    await start([], stateDir);
    expect(await agent.verdictOf(id, isOom)).toMatchObject({ confidence: 'likely' });
    expect(gaps('/var/log/syslog')).toEqual([]);
  });

  it('states what was vacuumed from the journal meanwhile, in the log and in the verdict', async () => {
    await start();
    const { id, pid } = await run('vacuumed');
    await placesAreKept();
    const stateDir = await leave();
    const left = Date.now();
    await sayUntil('a moment has passed', () => Date.now() > left + 2_000);
    logs.toJournal(forgedReport(id, pid));
    await killed(pid, id);
    await logs.rotateJournal();
    execFileSync('journalctl', ['-D', logs.journalDir, '--vacuum-size=1', '--quiet']);
    // The writer opens its next file in its own time, maybe after the vacuum.
    await sayUntil('only the journal of now is left', () => readdirSync(logs.journalDir).join() === 'system.journal');
    logs.toJournal(['what came after']);
    await start([], stateDir);
    await sayUntil('the gap is said', () => gaps('journal').length > 0);
    const verdict = await agent.verdictOf(id, ({ blindSpots }) => blindSpots.some(({ source, to }) => source === 'journal' && to !== null));
    expect(verdict).toMatchObject({ cause: 'unknown', confidence: 'possible' });
    expect(verdict.blindSpots.find(({ source }) => source === 'journal')?.why).toContain('while the agent was away');
  });

  it('keeps its answers over a reboot, and knows that what ran then does not run now', async () => {
    await start();
    const { id, pid } = await run('before-boot');
    const dead = await run('dead-before-boot');
    logs.toJournal(forgedReport(dead.id, dead.pid));
    await killed(dead.pid, dead.id);
    const before = await agent.verdictOf(dead.id, ({ final }) => final);
    await sayUntil('it is marked as said', () => isMarked(before));
    await sayUntil('it is known to run', async () => ((await agent.sources()).state?.held.containers ?? 0) >= 1);
    const stateDir = await leave();
    // What a reboot leaves: another boot id, no tasks, containerd's records of containers, the journal.
    await killed(pid, id);
    for (const one of [id, dead.id]) await containerd.ctr(['-n', 'k8s.io', 'tasks', 'rm', one]).catch(() => '');
    writeFileSync(bootFile(), 'b0071d00-0000-4000-8000-000000000002\n');
    await start([], stateDir);
    expect(await agent.verdictOf(dead.id)).toEqual(before);
    await sayUntil('it is said', () => gaps('containerd').length > 0);
    expect(gaps('containerd')).toEqual([expect.stringContaining(id.slice(0, 12))]);
    expect(agent.logs().filter(({ event }) => event === 'exit.verdict')).toEqual([]);
  });

  it('starts on a damaged state, says what it left out, and has the rest', async () => {
    await start();
    const first = await run('kept');
    await killed(first.pid, first.id);
    const kept = await agent.verdictOf(first.id, ({ final }) => final);
    await sayUntil('it is marked as said', () => isMarked(kept));
    const stateDir = await leave();
    const file = join(stateDir, 'state.log');
    writeFileSync(file, Buffer.concat([Buffer.from('noise\n'), readFileSync(file), Buffer.from('w2 1f 0')]));
    await remove(first.id);
    await start([], stateDir);
    expect(await agent.verdictOf(first.id)).toEqual(kept);
    expect(agent.logs().find((line) => line['error.code'] === 'W137_STATE_DAMAGED')?.msg).toMatch(/records left out: 1 garbage, 1 torn/);
    expect((await agent.get('/metrics')).body).toContain('why137_state_discarded_records_total{reason="garbage"} 1');
    expect(existsSync(file)).toBe(true);
  });
});

const whyNoDocker = whyNoEngine('docker');
it.skipIf(whyNoDocker !== null)('an agent that was away hears from Docker Engine how a container ended that is gone', async () => {
  const engine = await startEngine('docker');
  try {
    const args = ['--runtime-endpoint', `unix://${engine.socket}`, '--journal', 'off', '--kernel-log-file', 'none', '--kmsg', 'off', '--settle', '500ms'];
    const first = await startAgent(args);
    await first.sourceIsUp('docker');
    const id = await engine.run(['--rm'], SLEEP);
    await sayUntil('it is known to run', async () => (await first.sources()).state?.held.containers === 1);
    await first.stop('SIGINT');
    await engine.cli('kill', id);
    await sayUntil('it is removed', async () => !(await engine.cli('ps', '-aq', '--no-trunc')).includes(id));
    const second = await startAgent(args, { stateDir: first.stateDir });
    expect(await second.verdictOf(id)).toMatchObject({ exit: { code: 137 }, container: { runtime: 'docker' } });
    expect(second.logs().filter(({ event }) => event === 'source.gap')).toEqual([]);
  } finally {
    await endAgents();
    await engine.stop();
  }
});
