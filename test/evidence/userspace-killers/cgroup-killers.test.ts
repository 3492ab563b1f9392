import { describe, expect, it } from 'vitest';
import { oomd } from '../../../src/evidence/userspace-killers/oomd.ts';
import { systemdOomd } from '../../../src/evidence/userspace-killers/systemd-oomd.ts';
import { systemd } from '../../../src/evidence/userspace-killers/systemd.ts';
import { say } from '../say.ts';

const ID = 'c9'.repeat(32);
const UID = '27aff94d-e0d9-43d1-84d6-9ab000aa57e2';
const SLICE = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UID.replaceAll('-', '_')}.slice`;
const SCOPE = `${SLICE}/cri-containerd-${ID}.scope`;

describe('systemd-oomd', () => {
  it.each([
    ['pressure', `Killed ${SCOPE} due to memory pressure for /kubepods.slice being 57.97% > 50.00% for > 20s with reclaim activity`, { pressureCgroup: '/kubepods.slice', pressurePercent: 57.97, limitPercent: 50, duration: '20s' }],
    ['pressure, since 259', `Marked ${SCOPE} for killing due to memory pressure for ${SLICE} being 90.81% > 90.00% for > 1min 30s with reclaim activity`, { pressurePercent: 90.81, duration: '1min 30s' }],
    ['swap', `Killed ${SCOPE} due to memory used (30112395264) / total (33382576128) and swap used (21352448000) / total (21352669184) being more than 90.00%`, { memoryUsedBytes: 30_112_395_264, memoryTotalBytes: 33_382_576_128, swapUsedBytes: 21_352_448_000, swapTotalBytes: 21_352_669_184, limitPercent: 90 }],
    ['swap, since 259', `Marked ${SCOPE} for killing due to memory used (60776927232) / total (66940563456) and swap used (61069553664) / total (67830013952) being more than 90.00%`, { limitPercent: 90 }],
    ['a rule, since 261', `Marked ${SCOPE} for killing due to rule 'low_memory'`, {}],
    ['swap, 248 and 249', `Killed ${SCOPE} due to swap used (100) / total (110) being more than 90.00%`, { swapUsedBytes: 100, swapTotalBytes: 110 }],
  ])('%s', (_, line, figures) => {
    expect(say(systemdOomd, [line])).toMatchObject([{ kind: 'userspace-kill', by: 'systemd-oomd', signal: 'SIGKILL', figures, about: { containerId: ID, podUid: UID, cgroup: SCOPE } }]);
  });

  it.each([
    ['what it looked at', 'Considered 139 cgroups for killing, top candidates were:'],
    ['247: whose pressure, not whom it kills', 'Memory pressure for /user.slice is greater than 60 for more than 10 seconds and there was reclaim activity'],
    ['a failure', `Failed to kill any cgroups under ${SLICE} based on pressure: No such process`],
    ['a dry run', `oomd dry-run: Would have tried to kill /sys/fs/cgroup${SCOPE} with recurse=true`],
  ])('%s: no kill', (_, line) => {
    expect(say(systemdOomd, [line])).toEqual([]);
  });

  it("systemd's own word on the unit", () => {
    expect(say(systemd, [`cri-containerd-${ID}.scope: systemd-oomd killed 3 process(es) in this unit.`])).toMatchObject([{ by: 'systemd-oomd', figures: { processes: 3 }, about: { containerId: ID } }]);
    expect(say(systemd, [`docker-${ID}.scope: systemd-oomd killed some process(es) in this unit.`])).toMatchObject([{ figures: {}, about: { containerId: ID } }]);
    expect(say(systemd, ['session-924.scope: systemd-oomd killed 3 process(es) in this unit.', `docker-${ID}.scope: Failed with result 'oom-kill'.`])).toEqual([]);
  });
});

describe('systemd, when a unit did not stop in time', () => {
  it('tells whom it kills: what the process calls itself changes nothing', () => {
    const line = (comm: string): string => `cri-containerd-${ID}.scope: Killing process 4100 (${comm}) with signal SIGKILL.`;
    const sent = { kind: 'signal-sent', signal: 'SIGKILL', success: true, named: 4_100, sender: { pid: 1, comm: 'systemd' }, about: { containerId: ID, pid: 4_100 } };
    expect(say(systemd, [line('app'), line('x) with signal SIGTERM.'), line('(a\nb)')])).toMatchObject([sent, sent, sent]);
    expect(say(systemd, ['foo.service: Killing process 7 (x) with signal SIGKILL.'])).toMatchObject([{ about: { containerId: null, pid: 7 } }]);
    expect(say(systemd, [`cri-containerd-${ID}.scope: Stopping timed out. Killing.`])).toEqual([]);
  });
});

describe("Facebook's oomd", () => {
  const BODY = `50.85 49.35 30.53 kubepods/burstable/pod${UID}/${ID} 6905962496 ruleset:[protection against low swap] detectorgroup:[free swap goes below 10 percent] killer:kill_by_swap_usage v2`;

  it.each([
    ['in /dev/kmsg', `oomd kill: ${BODY}`],
    ['on stderr', `[../src/oomd/Log.cpp:114] ${BODY}`],
  ])('%s', (_, line) => {
    expect(say(oomd, [line])).toMatchObject([
      { by: 'oomd', reason: 'ruleset [protection against low swap], detectors [free swap goes below 10 percent], kill_by_swap_usage', figures: { pressure10s: 50.85, usageBytes: 6_905_962_496 }, about: { containerId: ID, podUid: UID } },
    ]);
  });

  it('what stands in /dev/kmsg could be anybody’s who is root', () => {
    expect(say(oomd, [{ text: `oomd kill: ${BODY}`, fields: { _TRANSPORT: 'kernel' } }])).toMatchObject([{ trust: 'text' }]);
    expect(say(oomd, [{ text: `[../src/oomd/Log.cpp:114] ${BODY}`, fields: { _TRANSPORT: 'stdout' } }])[0]).not.toHaveProperty('trust');
  });

  it('a dry run kills nobody', () => {
    expect(say(oomd, [`oomd kill: ${BODY.replace('killer:', 'killer:(dry)')}`])).toEqual([]);
  });
});
