import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, inject, it } from 'vitest';
import { endAgents, startAgent, type TestAgent } from '../e2e/support/real-agent.ts';
import { FakeCri } from '../sources/cri/fake-cri.ts';

// The agent as daemonset.yaml runs it, on files with the owners and modes of the distributions in docs/security.md.
const [ADM, SYSLOG, NOBODY] = [4, 104, 65_534];
const NO_CAPABILITY = ['--inh-caps=-all', '--ambient-caps=-all', '--bounding-set=-all', '--no-new-privs'];
const POD = ['setpriv', `--groups=${String(ADM)}`, ...NO_CAPABILITY];

/** Why this cannot be tried here; null when it can. */
const missing = ((): string | null => {
  if (process.getuid?.() !== 0) return 'this needs root';
  const { status, stderr } = spawnSync(POD[0] ?? '', [...POD.slice(1), 'true'], { encoding: 'utf8' });
  return status === 0 ? null : `setpriv does not work here: ${stderr}`;
})();
/** A mount namespace of its own, in which the root is read-only but for the state. */
const readOnly = (stateDir: string): string[] | null => {
  const line = 'mount --bind "$1" "$1" && mount -o remount,bind,ro / && shift && exec "$@"';
  const wrapper = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', line, 'sh', stateDir];
  const [command = '', ...args] = wrapper;
  return spawnSync(command, [...args, 'true']).status === 0 ? wrapper : null;
};

const root = mkdtempSync(join(tmpdir(), 'w137-least-'));
const state = mkdtempSync(join(tmpdir(), 'w137-least-state-'));
const LOGS = {
  messages: { mode: 0o600, uid: 0, gid: 0 }, // RHEL, Fedora, Amazon Linux
  syslog: { mode: 0o640, uid: SYSLOG, gid: ADM }, // Ubuntu
  'syslog-debian': { mode: 0o640, uid: 0, gid: ADM },
  foreign: { mode: 0o600, uid: NOBODY, gid: NOBODY }, // what root could read by a capability alone
} as const;

afterEach(() => endAgents());
afterAll(() => {
  for (const dir of [root, state]) rmSync(dir, { recursive: true, force: true });
});

async function look(agent: TestAgent): Promise<Record<string, boolean>> {
  for (;;) {
    const { status } = await agent.get('/readyz');
    if (status !== 200) continue;
    return Object.fromEntries((await agent.sources()).sources.map(({ name, up }) => [name.replace(/^.*log\//, ''), up]));
  }
}

describe.skipIf(missing !== null)(`least privilege${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  async function run(wrapper: readonly string[], more: readonly string[] = []): Promise<TestAgent> {
    mkdirSync(join(root, 'var/log/containers'), { recursive: true });
    mkdirSync(state, { recursive: true });
    chmodSync(root, 0o755);
    for (const [name, { mode, uid, gid }] of Object.entries(LOGS)) {
      const file = join(root, 'var/log', name);
      writeFileSync(file, '2026-11-23T03:00:00.000000+00:00 node1 kernel: [    1.000000] Linux version 6.12\n');
      chownSync(file, uid, gid);
      chmodSync(file, mode);
    }
    // The tests' own copy is for root's eyes alone.
    const program = join(root, 'why137.cjs');
    copyFileSync(inject('why137'), program);
    chmodSync(program, 0o644);
    const logs = Object.keys(LOGS).flatMap((name) => ['--kernel-log-file', `/var/log/${name}`]);
    return startAgent(['--root', root, ...logs, '--journal', 'off', '--kmsg', 'off', ...more], { wrapper, program, stateDir: state });
  }

  it('user 0 without a capability, on a read-only root, reads what root owns or adm may read, and nothing else', async () => {
    const cri = await FakeCri.start(join(root, 'cri.sock'));
    const foreign = await FakeCri.start(join(root, 'other.sock'));
    chmodSync(cri.socket, 0o660);
    chownSync(foreign.socket, NOBODY, NOBODY);
    chmodSync(foreign.socket, 0o600);
    const wrapper = readOnly(state);
    if (wrapper === null) console.log('The root stays writable: unshare and mount do not work here.');
    const agent = await run([...(wrapper ?? []), ...POD], ['--runtime-endpoint', 'unix:///cri.sock', '--runtime-endpoint', 'unix:///other.sock']);

    const status = readFileSync(`/proc/${String(agent.pid)}/status`, 'utf8');
    expect(status).toMatch(/^CapEff:\t0+$/m);
    expect(status).toMatch(/^CapBnd:\t0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    if (wrapper !== null) expect(readFileSync(`/proc/${String(agent.pid)}/mountinfo`, 'utf8')).toMatch(/ \/ \/ ro[, ]/);
    const seen = await look(agent);
    expect(seen).toMatchObject({ messages: true, syslog: true, 'syslog-debian': true, foreign: false });
    const runtimes = (await agent.sources()).sources.filter(({ name }) => name.startsWith('cri')).map(({ detail, up }) => [up, detail]);
    expect(runtimes.map(([up]) => up).sort()).toEqual([false, true]);
    expect(seen).not.toHaveProperty('pod-logs');
    expect(JSON.stringify(runtimes)).toContain('/other.sock may not be opened by this user');
    await agent.stop();
    cri.down();
    foreign.down();
  });

  it('without group adm it does not read what a syslog user owns, as on Ubuntu', async () => {
    const agent = await run(['setpriv', '--clear-groups', ...NO_CAPABILITY], ['--runtime-endpoint', 'none']);
    expect(await look(agent)).toMatchObject({ messages: true, 'syslog-debian': true, syslog: false, foreign: false });
    await agent.stop();
  });

  it('another user with group adm reads syslog, and neither messages nor sockets of root', async () => {
    const cri = await FakeCri.start(join(root, 'cri.sock'));
    chmodSync(cri.socket, 0o660);
    mkdirSync(state, { recursive: true });
    chownSync(state, NOBODY, NOBODY);
    const user = ['setpriv', `--reuid=${String(NOBODY)}`, `--regid=${String(NOBODY)}`, `--groups=${String(ADM)}`, ...NO_CAPABILITY];
    const agent = await run(user, ['--runtime-endpoint', 'unix:///cri.sock']);
    expect(await look(agent)).toMatchObject({ messages: false, syslog: true, 'syslog-debian': true });
    // Names come from the logs then, as where no socket is.
    expect((await agent.sources()).sources.filter(({ name }) => /^(?:cri|pod-logs)/.test(name)).map(({ name, up }) => [name, up])).toEqual([['pod-logs', true], ['cri', false]]);
    await agent.stop();
    cri.down();
  });
});
