import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatTime } from '../../../src/lib/time.ts';
import { containerExitSchema, containerSchema } from '../../../src/model/container-exit.ts';
import type { MemoryEvents } from '../../../src/model/memory-events.ts';
import type { SourceEvent } from '../../../src/model/source-event.ts';
import { cgroupsSource, type CgroupsSource } from '../../../src/sources/cgroups/cgroups-source.ts';
import { fakeHost, type FakeHost } from '../../host/fake-host.ts';

const ID = 'c9'.repeat(32);
const OTHER = 'd8'.repeat(32);
const UID = '27aff94d-e0d9-43d1-84d6-9ab000aa57e2';
const POD_SLICE = `kubepods-burstable-pod${UID.replaceAll('-', '_')}.slice`;

let root: string;
let host: FakeHost;
let source: CgroupsSource;
let events: SourceEvent[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'w137-cgroups-'));
  host = fakeHost(root, () => ({}));
  source = cgroupsSource({ host });
  events = [];
});
afterEach(async () => {
  await source.stop();
  rmSync(root, { recursive: true, force: true });
});

function put(path: string, text: string): void {
  const file = join(root, 'sys/fs/cgroup', path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
/** As Linux 6.12 prints them. */
const events2 = (oom: number, kills: number): string => `low 0\nhigh 0\nmax 12\noom ${String(oom)}\noom_kill ${String(kills)}\noom_group_kill 0\n`;
function unified(cgroup: string, { oom = 0, kills = 0, oomBelow = 0, local = true } = {}): void {
  put(`${cgroup}/memory.events`, events2(oom + oomBelow, kills));
  if (local) put(`${cgroup}/memory.events.local`, events2(oom, kills));
}
function legacy(cgroup: string, { kills = 0, failcnt = 0 } = {}): void {
  put(`memory/${cgroup}/memory.oom_control`, `oom_kill_disable 0\nunder_oom 0\noom_kill ${String(kills)}\n`);
  put(`memory/${cgroup}/memory.failcnt`, `${String(failcnt)}\n`);
}
const version2 = (): void => {
  put('cgroup.controllers', 'cpuset cpu io memory pids\n');
};
const version1 = (): void => {
  put('memory/memory.usage_in_bytes', '1\n');
};

const start = (): Promise<void> => source.start((event) => events.push(event));
const born = (cgroup: string | null, containerId = ID): void => {
  source.hears({ type: 'container', source: 'containerd', container: containerSchema.parse({ containerId, cgroup, initPid: 100 }) });
};
const died = (cgroup: string | null, containerId = ID): void => {
  source.hears({ type: 'exit', source: 'containerd', exit: containerExitSchema.parse({ containerId, cgroup, exitCode: 137, finishedAt: formatTime(host.clock.now()) }) });
};
const counted = (oomKill: number): void => {
  source.hears({ type: 'ledger', source: 'ledger', reading: { time: formatTime(host.clock.now()), oomKill } });
};
const readings = (): MemoryEvents[] => events.splice(0).flatMap((event) => (event.type === 'memory-events' ? [event.reading] : []));
const brief = (all: readonly MemoryEvents[]) => all.map(({ cgroup, containerId, oomKill }) => [cgroup, containerId, oomKill]);

describe('cgroup v2', () => {
  beforeEach(version2);

  it.each([
    ['cgroupfs', `/kubepods/burstable/pod${UID}/${ID}`, ['/kubepods', '/kubepods/burstable', `/kubepods/burstable/pod${UID}`, `/kubepods/burstable/pod${UID}/${ID}`]],
    ['systemd', `${POD_SLICE}:cri-containerd:${ID}`, ['/kubepods.slice', '/kubepods.slice/kubepods-burstable.slice', `/kubepods.slice/kubepods-burstable.slice/${POD_SLICE}`, `/kubepods.slice/kubepods-burstable.slice/${POD_SLICE}/cri-containerd-${ID}.scope`]],
  ])('%s: the container, its pod and what is around them, at its start and its end', async (_, cgroup, paths) => {
    for (const path of paths) unified(path);
    await start();
    expect(events).toMatchObject([{ type: 'up', source: 'cgroups', detail: expect.stringContaining('memory.events') as unknown }]);
    born(cgroup);
    // From the outside in, so that what is around it is known from before its own count was.
    expect(brief(readings())).toEqual(paths.map((path, index) => [path, index === 3 ? ID : null, 0]));
    unified(paths[3] ?? '', { oom: 1, kills: 1 });
    unified(paths[2] ?? '', { oom: 0, oomBelow: 1, kills: 1 });
    died(cgroup);
    const after = readings();
    expect(brief(after)).toEqual([[paths[3], ID, 1], [paths[2], null, 1], [paths[1], null, 0], [paths[0], null, 0]]);
    expect(after[0]).toMatchObject({ below: true, limitHits: 1, failcnt: null, inode: expect.any(Number) as unknown });
    expect(after[1]).toMatchObject({ limitHits: 0, limitHitsBelow: 1 });
  });

  it('the pod tells when the container is gone', async () => {
    unified('/kubepods/podx', { kills: 1 });
    await start();
    died(`/kubepods/podx/${ID}`);
    expect(brief(readings())).toEqual([['/kubepods/podx', null, 1]]);
  });

  it('before memory.events.local (5.3) a count is of the cgroup alone', async () => {
    unified('/kubepods', { kills: 1, local: false });
    await start();
    died(`/kubepods/${ID}`);
    expect(readings()).toMatchObject([{ oomKill: 1, below: false, limitHits: null, limitHitsBelow: null }]);
  });

  it.each([
    ['Docker, cgroupfs', `/docker/${ID}`],
    ['Docker, systemd', `/system.slice/docker-${ID}.scope`],
    ['podman, systemd', `/machine.slice/libpod-${ID}.scope`],
    ['podman, cgroupfs', `/libpod_parent/libpod-${ID}`],
  ])('%s tells no path: found by the id', async (_, path) => {
    unified(path);
    await start();
    born(null);
    expect(brief(readings())).toEqual([[path, ID, 0]]);
  });

  it('a name that leads elsewhere is no path', async () => {
    unified('/kubepods');
    await start();
    for (const path of ['/kubepods/../..', '/..', 'kubepods']) born(path, 'x');
    expect(readings()).toEqual([]);
  });

  it('says that it found none of a container that lives, and reads it when there is one', async () => {
    await start();
    born(`/kubepods/${ID}`);
    expect(events.slice(1)).toEqual([{ type: 'unread', source: 'cgroups', why: 'no-such-cgroup' }]);
    unified(`/kubepods/${ID}`);
    for (let times = 0; times < 2; times += 1) born(`/kubepods/${ID}`);
    expect(brief(readings())).toEqual([[`/kubepods/${ID}`, ID, 0]]);
  });

  it('reads all that live when the kernel counted a kill, at most once a second', async () => {
    for (const id of [ID, OTHER]) unified(`/kubepods/${id}`);
    unified('/kubepods');
    await start();
    born(`/kubepods/${ID}`);
    born(`/kubepods/${OTHER}`, OTHER);
    readings();
    counted(4);
    await host.clock.turn(60_000);
    expect(readings()).toEqual([]);
    for (const count of [5, 6, 7]) counted(count);
    await host.clock.turn(0);
    // What is around both is read once.
    expect(brief(readings())).toEqual([['/kubepods', null, 0], [`/kubepods/${ID}`, ID, 0], [`/kubepods/${OTHER}`, OTHER, 0]]);
    counted(8);
    await host.clock.turn(900);
    expect(readings()).toEqual([]);
    died(`/kubepods/${OTHER}`, OTHER);
    readings();
    await host.clock.turn(100);
    expect(brief(readings())).toEqual([['/kubepods', null, 0], [`/kubepods/${ID}`, ID, 0]]);
    counted(8);
    await host.clock.turn(60_000);
    expect(readings()).toEqual([]);
  });
});

describe('cgroup v1', () => {
  it.each([
    ['cgroupfs', `/kubepods/burstable/pod${UID}/${ID}`, `/kubepods/burstable/pod${UID}/${ID}`],
    ['systemd', `${POD_SLICE}:crio:${ID}`, `/kubepods.slice/kubepods-burstable.slice/${POD_SLICE}/crio-${ID}.scope`],
  ])('%s: memory.oom_control and memory.failcnt', async (_, cgroup, path) => {
    version1();
    legacy(dirname(path), { failcnt: 3 });
    legacy(path, { kills: 2, failcnt: 7 });
    await start();
    expect(events).toMatchObject([{ type: 'up', detail: expect.stringContaining('memory.oom_control') as unknown }]);
    died(cgroup);
    expect(readings()).toMatchObject([
      { cgroup: path, containerId: ID, oomKill: 2, failcnt: 7, below: false, limitHits: null },
      { cgroup: dirname(path), containerId: null, oomKill: 0, failcnt: 3 },
    ]);
  });
});

it.each([
  ['not mounted', () => undefined, 'does not exist'],
  ['without the controller', () => { put('cgroup.controllers', 'cpu io\n'); }, 'has no memory controller'],
])('%s: down, with a cure', async (_, make, why) => {
  make();
  await start();
  born(`/kubepods/${ID}`);
  expect(events).toMatchObject([{ type: 'down', source: 'cgroups', why: expect.stringContaining(why) as unknown, cure: expect.stringContaining('/sys/fs/cgroup') as unknown }]);
});
