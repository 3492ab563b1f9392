import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { get as httpGet } from 'node:http';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { id, killLines } from '../correlate/node.ts';
import { ensureJournald, noJournald } from './support/journald.ts';
import { endAgents, startAgent } from './support/real-agent.ts';
import { freshId, MIB, startNode, whyNoNode } from './support/small-node.ts';
import { sayUntil } from './support/until.ts';
import { startWrittenNode, whyNoWrittenNode } from './support/written-node.ts';

const BUNDLE = join(import.meta.dirname, '../../dist/why137.cjs');
const ROOT = process.getuid?.() === 0;
/** The grace that kubelet gives before SIGKILL, as daemonset.yaml has it. */
const GRACE_MS = 10_000;
const dirs: string[] = [];
const servers: Server[] = [];
const children: ChildProcess[] = [];

afterEach(async () => {
  await endAgents();
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const server of servers.splice(0)) server.close();
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

function directory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'w137-end-'));
  dirs.push(dir);
  return dir;
}

/** A directory with a journalctl of the test's own, to be first in the PATH, and a journal file that it may be asked for. */
function fakeJournalctl(script: string): { readonly path: string; readonly journalDir: string } {
  const dir = directory();
  const file = join(dir, 'journalctl');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  writeFileSync(join(dir, 'system.journal'), '');
  return { path: dir, journalDir: dir };
}
const withPath = (path: string): readonly string[] => ['env', `PATH=${path}:${process.env['PATH'] ?? ''}`];

/** A runtime that takes every connection and never says a word. */
async function deafRuntime(): Promise<string> {
  const socket = join(directory(), 'r.sock');
  const server = createServer(() => undefined);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return `unix://${socket}`;
}
const journalctls = (pid: number, name = 'journalctl'): number[] => execFileSync('sh', ['-c', `pgrep -P ${pid} ${name} || true`], { encoding: 'utf8' }).split('\n').filter(Boolean).map(Number);
const syslogOf = (pid: number): string => killLines({ at: 0, pid }).map((line) => `${new Date().toISOString()} node1 kernel: ${line}\n`).join('');
const peakMib = (pid: number): number => Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;

describe('an agent around which everything hangs', () => {
  it('says so, goes on with what answers, and ends within its grace when it is told to', async () => {
    const { path, journalDir } = fakeJournalctl('exec sleep 1000');
    const syslog = join(directory(), 'syslog');
    writeFileSync(syslog, '');
    const stateDir = directory();
    // Its standard output is a pipe that nobody reads: filled at once by debug, and by the kills.
    const args = ['agent', '--listen', '127.0.0.1:0', '--state-dir', stateDir, '--runtime-endpoint', await deafRuntime(), '--journal-dir', journalDir, '--kernel-log-file', syslog, '--kmsg', 'off'];
    const fifo = join(directory(), 'out');
    execFileSync('mkfifo', [fifo]);
    const reader = openSync(fifo, 'r+');
    const out = openSync(fifo, 'w');
    const child = spawn(process.execPath, [BUNDLE, ...args], { stdio: ['ignore', out, 'inherit'], env: { ...process.env, PATH: `${path}:${process.env['PATH'] ?? ''}` } });
    children.push(child);
    const ended = new Promise<[number | null, string | null]>((resolve) => child.once('exit', (code, signal) => { resolve([code, signal]); }));
    const url = await urlOf(child.pid ?? -1);
    const get = (where: string): Promise<string> => bodyOf(`${url}${where}`);
    // More lines than a pipe holds.
    for (let at = 0; at < 300; at += 1) appendFileSync(syslog, syslogOf(5_000 + at));
    await sayUntil('the kills of the text log are served', async () => (await get('/v1/oom-kills?limit=1000')).split('"kind":"oom-kill"').length > 300);
    await sayUntil('what hangs is said to be down', async () => {
      const sources = await get('/v1/sources');
      return /"name":"journal"[^}]*"up":false,"since":"[^}]*(not answer|not read)/.test(sources) && /"name":"containerd"[^}]*accepts connections but does not answer/.test(sources);
    }, 90_000);
    expect((await get('/healthz')).includes('ok')).toBe(true);
    child.kill('SIGTERM');
    const kubelet = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
    const end = await ended;
    clearTimeout(kubelet);
    closeSync(reader);
    closeSync(out);
    expect(end).toEqual([0, null]);
  }, 180_000);

  it('whose log is a socket that nobody reads ends within its grace, says what was not written, and says it again in its next run', async () => {
    const syslog = join(directory(), 'syslog');
    writeFileSync(syslog, '');
    const stateDir = directory();
    const sources = ['--runtime-endpoint', 'none', '--journal', 'off', '--kernel-log-file', syslog, '--kmsg', 'off'];
    // Node's own 'pipe' is a socket, and is not read before somebody asks for it.
    const child = spawn(process.execPath, [BUNDLE, 'agent', '--listen', '127.0.0.1:0', '--state-dir', stateDir, ...sources], { stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    let complaint = '';
    let read = '';
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
    const ended = new Promise<[number | null, string | null]>((resolve) => child.once('close', (code, signal) => { resolve([code, signal]); }));
    const url = await urlOf(child.pid ?? -1);
    for (let at = 0; at < 600; at += 1) appendFileSync(syslog, syslogOf(5_000 + at));
    await sayUntil('the kills are served', async () => (await bodyOf(`${url}/v1/oom-kills?limit=1000`)).split('"kind":"oom-kill"').length > 600);
    // So long that answers count as said where somebody reads.
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    child.kill('SIGTERM');
    const kubelet = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
    child.once('exit', () => {
      clearTimeout(kubelet);
      // What the kernel took before it was full is there to be read.
      child.stdout.on('data', (chunk: Buffer) => (read += chunk.toString()));
    });
    expect(await ended).toEqual([0, null]);
    expect(complaint).toMatch(/^why137: \d+ log lines were lost because nobody read standard output: .*\(W137_OUTPUT\)$/m);
    const next = await startAgent(sources, { stateDir });
    const first = idsOf(read);
    expect(first.length).toBeLessThan(600);
    const said = (): string[] => next.logs().flatMap((line) => (line.event === 'oom.kill' ? [String(line['why137.oom_kill.id'])] : []));
    await sayUntil('it says what was not read', () => new Set([...first, ...said()]).size >= 600);
    expect(new Set([...first, ...said()]).size).toBe(600);
    expect(said()).toHaveLength(new Set(said()).size);
    await next.stop();
  }, 180_000);

  it.each([
    ['lines of garbage', 'exec yes "garbage, and no record at all"'],
    ['bytes without a newline', 'exec cat /dev/zero'],
  ])('a journalctl that prints %s is found out, and costs no memory', async (_, script) => {
    const { path, journalDir } = fakeJournalctl(script);
    const agent = await startAgent(['--runtime-endpoint', 'none', '--journal-dir', journalDir, '--kernel-log-file', 'none', '--kmsg', 'off'], { wrapper: withPath(path) });
    await sayUntil('the journal is said to be down', async () => (await agent.sources()).sources.some(({ name, up, detail }) => name === 'journal' && !up && /no record|not answer|not read/.test(detail)), 90_000);
    expect((await agent.get('/healthz')).status).toBe(200);
    expect(peakMib(agent.pid)).toBeLessThan(192);
    await agent.stop();
  }, 180_000);
});

describe.skipIf(whyNoWrittenNode() !== null)('a journalctl that follows and stands still', () => {
  it('does not hold up the verdict, is found out and begun anew', async () => {
    const node = await startWrittenNode();
    const agent = await startAgent(node.agentArgs);
    for (const name of ['ledger', 'journal', 'containerd']) await agent.sourceIsUp(name);
    await sayUntil('it follows', () => journalctls(agent.pid).length > 0);
    const still = journalctls(agent.pid);
    for (const pid of still) process.kill(pid, 'SIGSTOP');
    node.kernel(killLines({ at: 0, pid: 4_242, victim: `/k8s.io/${id('still')}` }));
    node.counted(1);
    node.exit(id('still'), 4_242);
    expect(await agent.verdictOf(id('still'))).toMatchObject({ cause: 'container-limit-oom', confidence: 'certain' });
    await sayUntil('another one follows', () => {
      const now = journalctls(agent.pid);
      return now.length > 0 && agent.logs().some((line) => line.event === 'source.down' && line['why137.source'] === 'journal');
    }, 60_000);
    await agent.sourceIsUp('journal');
    await agent.stop();
    await node.stop();
  }, 120_000);
});

/** A journalctl that has one record, and follows. (One without a record would be begun anew all the time, whatever else is the matter.) */
const ONE_RECORD = `
echo '{"__CURSOR":"s=a;i=1;t=638d0a1b2c3d4;x=1","__REALTIME_TIMESTAMP":"1750000000000000","_TRANSPORT":"kernel","MESSAGE":"one"}'
case "$*" in
*--follow*) exec sleep 1000;;
*--show-cursor*) echo '-- cursor: s=a;i=1;t=638d0a1b2c3d4;x=1';;
esac`;
/** Within which the agent goes on (docs/reliability.md), and what starting journalctl four times takes on a slow machine. */
const RECOVERY_MS = 2_000 + 8_000;

describe('an agent without a file descriptor left', () => {
  it('lives, says so, and goes on when there are some', async () => {
    const { path, journalDir } = fakeJournalctl(ONE_RECORD);
    const agent = await startAgent(['--runtime-endpoint', 'none', '--journal-dir', journalDir, '--kernel-log-file', 'none', '--kmsg', 'off'], { wrapper: ['prlimit', '--nofile=48', ...withPath(path)] });
    for (const name of ['journal', 'units']) await agent.sourceIsUp(name);
    expect(journalctls(agent.pid, 'sleep')).toHaveLength(2);
    // Connections that are kept open take what is left.
    const { port } = new URL(agent.url);
    const held = Array.from({ length: 60 }, () => connect(Number(port), '127.0.0.1').on('error', () => undefined));
    await sayUntil('they are held', () => readdirSync(`/proc/${agent.pid}/fd`).length > 40);
    for (const pid of journalctls(agent.pid, 'sleep')) process.kill(pid, 'SIGKILL');
    const saysWhatItLacks = (source: string): boolean => agent.logs().some((line) => line.event === 'source.down' && line['why137.source'] === source && line.msg.includes('EMFILE'));
    await sayUntil('it says what it lacks', () => saysWhatItLacks('journal') && saysWhatItLacks('units'));
    // For as long that pauses which double would have become long.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    for (const socket of held) socket.destroy();
    const freeSince = Date.now();
    for (const name of ['journal', 'units']) await agent.sourceIsUp(name);
    const tookMs = Date.now() - freeSince;
    console.log(`went on ${String(tookMs)} ms after there were file descriptors again`);
    expect(tookMs).toBeLessThan(RECOVERY_MS);
    expect(journalctls(agent.pid, 'sleep')).toHaveLength(2);
    expect((await agent.get('/healthz')).status).toBe(200);
    await agent.stop();
  }, 120_000);
});

const MEMORY = '/sys/fs/cgroup/memory';
const whyNoCgroup = ROOT && readdirSync('/sys/fs/cgroup').includes('memory') ? noJournald() : 'a memory cgroup (v1) can be made by root only';
if (whyNoCgroup !== null) console.log(`skipped: ${whyNoCgroup}`);

describe.skipIf(whyNoCgroup !== null)('an agent whose memory runs out', () => {
  const cgroup = join(MEMORY, `w137-end-${process.pid}`);
  const inside = (adj: number): readonly string[] => ['sh', '-c', `echo $$ > ${cgroup}/cgroup.procs && echo ${adj} > /proc/$$/oom_score_adj && exec "$@"`, 'sh'];

  it('survives beside one that eats and whose oom_score_adj is above its own, and tells of it', async () => {
    const journald = await ensureJournald();
    mkdirSync(cgroup);
    writeFileSync(join(cgroup, 'memory.limit_in_bytes'), String(256 * MIB));
    const agent = await startAgent(['--runtime-endpoint', 'none', '--kernel-log-file', 'none', '--lookback', '1h'], { wrapper: inside(0) });
    await agent.sourceIsUp('journal');
    const [command, ...rest] = [...inside(900), 'tail', '/dev/zero'];
    const eater = spawn(command, rest, { stdio: 'ignore' });
    const ended = new Promise<string | null>((resolve) => eater.once('exit', (_, signal) => { resolve(signal); }));
    expect(await ended).toBe('SIGKILL');
    await sayUntil('the kill is served', async () => (await agent.oomKills()).some(({ victim }) => victim.pid === eater.pid));
    await agent.stop();
    rmdirSync(cgroup);
    await journald.stop();
  }, 120_000);
});

describe.skipIf(whyNoNode() !== null)('an agent that the kernel killed at its own limit', () => {
  it('tells of it after its restart, as of any other container', async () => {
    const node = await startNode();
    const rootfs = directory();
    for (const name of ['usr', 'app', 'state', 'proc', 'tmp']) mkdirSync(join(rootfs, name));
    for (const name of ['bin', 'lib', 'lib64', 'sbin']) symlinkSync(`usr/${name}`, join(rootfs, name));
    const stateDir = directory();
    const own = freshId('why137');
    const mounts = [['/usr', '/usr', 'rbind:ro'], [dirname(BUNDLE), '/app', 'rbind:ro'], [stateDir, '/state', 'rbind:rw']].flatMap(([src, dst, options]) => ['--mount', `type=bind,src=${src ?? ''},dst=${dst ?? ''},options=${options ?? ''}`]);
    // Less than Node.js needs to begin: PID 1 of its container, it is killed there.
    const limit = ['--memory-limit', String(20 * MIB)];
    await node.containerd.ctr(['-n', 'k8s.io', 'run', '-d', '--net-host', ...limit, ...mounts, '--rootfs', rootfs, own, process.execPath, `/app/${basename(BUNDLE)}`, 'agent', '--listen', '127.0.0.1:0', '--state-dir', '/state', '--journal', 'off', '--kmsg', 'off', '--runtime-endpoint', 'none', '--kernel-log-file', 'none']);
    await sayUntil('it was killed', async () => new RegExp(`^${own}\\s+\\d+\\s+STOPPED`, 'm').test(await node.containerd.ctr(['-n', 'k8s.io', 'tasks', 'ls'])));
    const agent = await startAgent([...node.agentArgs, '--kmsg', 'off'], { stateDir });
    expect(await agent.verdictOf(own, ({ cause }) => cause !== 'unknown')).toMatchObject({ family: 'cgroup-limit', confidence: 'certain', exit: { code: 137 } });
    expect(await agent.killIn(own)).toMatchObject({ victim: { comm: expect.stringMatching(/node|Main/) as unknown } });
    await agent.stop();
    await node.stop();
  }, 120_000);
});

async function urlOf(pid: number): Promise<string> {
  let found = '';
  await sayUntil('the agent listens', () => {
    const inodes = new Set(readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /socket:\[(\d+)\]/.exec(execFileSync('readlink', [`/proc/${pid}/fd/${fd}`], { encoding: 'utf8' }))?.[1] ?? [];
      } catch {
        return [];
      }
    }));
    const row = readFileSync('/proc/net/tcp', 'utf8').split('\n').map((line) => line.trim().split(/\s+/)).find((cells) => cells[3] === '0A' && inodes.has(cells[9] ?? ''));
    const port = row?.[1]?.split(':')[1];
    found = port === undefined ? '' : `http://127.0.0.1:${parseInt(port, 16)}`;
    return found !== '';
  });
  return found;
}

function bodyOf(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    httpGet(url, { agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.on('end', () => { resolve(body); });
    }).on('error', reject);
  });
}

/** Of the OOM kills that whole lines tell of. */
function idsOf(text: string): string[] {
  return [...text.matchAll(/^\{.*"event":"oom\.kill".*"why137\.oom_kill\.id":"([^"]+)".*\}$/gm)].map(([, id]) => id ?? '');
}
