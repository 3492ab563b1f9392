import { describe, expect, it } from 'vitest';
import { CAUSES } from '../../src/model/cause.ts';
import { REACHED } from './reached.ts';
import { FINISHED, ID, kernel } from './support/lines.ts';
import { replayed } from './support/recorded.ts';

describe('every cause, by what happened on a real machine or was published of one', () => {
  it('has an entry, with the origin of its lines', () => {
    expect(Object.keys(REACHED).sort()).toEqual([...CAUSES].sort());
    for (const cause of CAUSES) expect(REACHED[cause].origin, cause).not.toBe('');
  });

  it.each(CAUSES)('%s is reached', (cause) => {
    expect(REACHED[cause].verdict()).toMatchObject({ cause });
  });

  it.each(CAUSES.map((cause) => [cause, REACHED[cause].near] as const))('%s is not what nearly is', (cause, { what, cause: instead, verdict }) => {
    expect(instead).not.toBe(cause);
    expect(verdict(), what).toMatchObject({ cause: instead });
  });
});

/** An LXC container with Docker in it, Linux 5.15: the example that OOMAnalyser brings along. */
const LXC = 'a59e4e7d3090c04c6ce5a4b7a8bc85228eb9b96ac00b1284643a8c7c11dda661';
const ABOVE = kernel(
  0.1,
  'php-fpm invoked oom-killer: gfp_mask=0x1100cca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0',
  `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=docker-${LXC}.scope,mems_allowed=0,oom_memcg=/lxc/39004,task_memcg=/lxc/39004/ns/system.slice/docker-${LXC}.scope,task=php-fpm,pid=3902942,uid=1000`,
  'Memory cgroup out of memory: Killed process 3902942 (php-fpm) total-vm:14740176kB, anon-rss:12625252kB, file-rss:0kB, shmem-rss:156088kB, UID:1000 pgtables:26388kB oom_score_adj:0',
);

it.each([
  ['the container that the kernel names', { containerId: LXC, initPid: 3_902_942 }, 'ancestor-limit-oom'],
  ['another below the same limit', { containerId: ID, initPid: 77 }, 'not-oom'],
] as const)('a limit around the whole of a system container: %s', (_, who, cause) => {
  expect(replayed({ kernel: ABOVE, exits: [{ ...FINISHED, runtime: 'docker', podUid: null, podName: null, podNamespace: null, ...who }] })).toMatchObject([{ cause }]);
});
