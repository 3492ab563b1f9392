import { join } from 'node:path';
import { expect, it } from 'vitest';
import { replayRecording } from '../../../src/commands/replay.ts';
import { SECOND } from '../../../src/lib/time.ts';
import { messageOf } from '../../../src/outputs/events/message.ts';
import { isWorthTelling, reasonOf } from '../../../src/outputs/events/reasons.ts';
import { verdict } from '../../store/samples.ts';

it('says who, and the answer', () => {
  expect(messageOf(verdict('v1'))).toBe('Container app (exit 137): The container hit its own memory limit: 512 MiB used of 512 MiB.');
});

it('sets the answer against what Kubernetes said, and keeps people from the wrong cure', () => {
  const node = verdict('v1', { cause: 'node-oom', family: 'node-wide', runtimeAgrees: false, summary: 'the node ran out of memory and the kernel chose this container at 84 MiB of its 128 MiB limit' });
  expect(messageOf(node)).toBe(
    'Container app (exit 137): Kubernetes said OOMKilled, but the node ran out of memory and the kernel chose this container at 84 MiB of its 128 MiB limit. Raising its limit will not help.',
  );
  const other = verdict('v1', { cause: 'not-oom', family: 'outside', runtimeAgrees: false, confidence: 'likely', summary: 'not killed by the kernel for memory; who did is not known' });
  expect(messageOf(other)).toBe('Container app (exit 137): Kubernetes said OOMKilled, but it was not killed by the kernel for memory; who did is not known. Confidence: likely.');
  const error = verdict('v1', { runtimeAgrees: false, exit: { runtimeReason: 'Error' }, summary: 'hit its own memory limit, 48 MiB of 48 MiB' });
  expect(messageOf(error)).toBe('Container app (exit 137): Kubernetes said Error, but it hit its own memory limit, 48 MiB of 48 MiB.');
});

it('names a container by its id, and the sandbox, where there is no name', () => {
  expect(messageOf(verdict('v1', { container: { containerName: null, containerId: '0123456789abcdef' } }))).toMatch(/^Container 0123456789ab \(exit 137\): /);
  expect(messageOf(verdict('v1', { container: { containerName: 'POD' } }))).toMatch(/^Pod sandbox \(exit 137\): /);
});

it('is one line that fits, whatever a process calls itself', () => {
  const hostile = messageOf(verdict('v1', { summary: `a child, x\n\u001B[31m\u202E${'é'.repeat(2_000)}, was OOM-killed` }));
  expect(hostile).not.toMatch(/[\u0000-\u001F\u007F-\u009F\u202E\uFFFD]/);
  expect(Buffer.byteLength(hostile)).toBeLessThanOrEqual(1_024);
  expect(hostile.endsWith('…')).toBe(true);
});

it('reads well for every verdict of a real node', async () => {
  const { verdicts } = replayRecording(join(import.meta.dirname, '../../recordings/6.12-v2-journal'), 3 * SECOND);
  const lines = verdicts.filter(isWorthTelling).map((one) => `${reasonOf(one)}  ${messageOf(one)}`);
  await expect(`${[...new Set(lines)].join('\n')}\n`).toMatchFileSnapshot('golden/messages.txt');
});
