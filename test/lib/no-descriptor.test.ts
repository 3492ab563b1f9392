import { expect, test } from 'vitest';
import { Backoff } from '../../src/lib/backoff.ts';
import { lacksDescriptor, NO_DESCRIPTOR_MS, pauseAfter } from '../../src/lib/no-descriptor.ts';

test('a want of file descriptors is told from other trouble by its name alone', () => {
  expect(['connect EMFILE /run/x.sock', 'ENFILE: file table overflow', new Error('EMFILE: too many open files')].map(lacksDescriptor)).toEqual([true, true, true]);
  expect(['connect ECONNREFUSED /run/EMFILES.sock', new Error('ENOENT'), null].map(lacksDescriptor)).toEqual([false, false, false]);
});

test('pauses grow with other trouble, and not with that', () => {
  const backoff = new Backoff(4_000, 30_000, () => 1);
  expect([1, 2, 3].map(() => pauseAfter('EMFILE', backoff))).toEqual([NO_DESCRIPTOR_MS, NO_DESCRIPTOR_MS, NO_DESCRIPTOR_MS]);
  expect(['ECONNREFUSED', 'EMFILE', 'ECONNREFUSED'].map((why) => pauseAfter(why, backoff))).toEqual([4_000, NO_DESCRIPTOR_MS, 8_000]);
});
