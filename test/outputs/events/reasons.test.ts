import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CAUSES } from '../../../src/model/cause.ts';
import { isWorthTelling, KILLED_FOR_UNKNOWN, PROCESS_KILLED, reasonOf, REASONS } from '../../../src/outputs/events/reasons.ts';
import { verdict } from '../../store/samples.ts';

it('has a reason of its own for every cause, as Kubernetes writes them, and docs/events.md lists the same', () => {
  const reasons = [...CAUSES.map((cause) => REASONS[cause]), KILLED_FOR_UNKNOWN, PROCESS_KILLED];
  expect(new Set(reasons).size).toBe(CAUSES.length + 2);
  for (const reason of reasons) expect(reason).toMatch(/^[A-Z][A-Za-z]{4,60}$/);
  const rows = [...readFileSync('docs/events.md', 'utf8').matchAll(/^\| `([A-Z]\w+)` \| (?:`([a-z-]+)`|[^|`]+) \|/gm)];
  const documented = rows.map(([, reason, cause]) => [cause ?? 'otherwise', reason]);
  expect(documented).toEqual([...Object.entries(REASONS), ['otherwise', KILLED_FOR_UNKNOWN], ['otherwise', PROCESS_KILLED]]);
});

const CASES = [
  ['a kill at a limit', { cause: 'container-limit-oom', family: 'cgroup-limit' }, 137, 1, 'OOMKilledByContainerLimit'],
  ['a kill of the node', { cause: 'node-oom', family: 'node-wide' }, 137, 1, 'OOMKilledByNode'],
  ['a 137 that was no kill', { cause: 'not-oom', family: 'outside' }, 137, 0, 'KilledNotOOM'],
  ['a 137 that nobody can tell', { cause: 'unknown', family: 'unknown' }, 137, 0, 'ExitCauseUnknown'],
  ['a 137 with a child killed, of unknown cause', { cause: 'unknown', family: 'unknown' }, 137, 1, 'ExitCauseUnknown'],
  ['a status that the runtime lost, of a container that the kernel killed', { cause: 'pod-limit-oom', family: 'cgroup-limit' }, 255, 1, 'OOMKilledByPodLimit'],
  ['earlyoom, which asks by SIGTERM first', { cause: 'userspace-oom', family: 'userspace-oom' }, 143, 0, 'OOMKilledByUserspace'],
  ['an exit 0 with a child killed', { cause: 'program', family: 'program' }, 0, 1, PROCESS_KILLED],
  ['a SIGTERM with a child killed', { cause: 'unknown', family: 'unknown' }, 143, 2, PROCESS_KILLED],
  ['a program that failed', { cause: 'program', family: 'program' }, 1, 0, null],
  ['a stop that was asked for', { cause: 'unknown', family: 'unknown' }, 143, 0, null],
  ['a failed probe and a program that ended in time', { cause: 'liveness-probe', family: 'orchestrator' }, 143, 0, null],
] as const;

it('says of a kill whose report was torn that it was one', () => {
  expect(reasonOf(verdict('v1', { cause: 'unknown', family: 'unknown', victimRole: 'pid1' }))).toBe(KILLED_FOR_UNKNOWN);
});

it.each(CASES)('%s', (_what, changes, code, kills, reason) => {
  const one = verdict('v1', { ...changes, exit: { code }, victimRole: null, oomKills: Array.from({ length: kills }, (_, n) => `k${String(n)}`) });
  expect(isWorthTelling(one) ? reasonOf(one) : null).toBe(reason);
});
