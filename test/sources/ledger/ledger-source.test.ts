import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { formatTime } from '../../../src/lib/time.ts';
import type { SourceEvent } from '../../../src/model/source-event.ts';
import { ledgerSource } from '../../../src/sources/ledger/ledger-source.ts';
import { fakeHost } from '../../host/fake-host.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'w137-ledger-'));
  mkdirSync(join(root, 'proc'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const count = (kills: number) => {
  writeFileSync(join(root, 'proc/vmstat'), `nr_free_pages 12\noom_kill ${String(kills)}\nthp_oom_kill 9\n`);
};

it('reads at start, at its interval and when asked', async () => {
  count(4);
  const host = fakeHost(root, () => ({}));
  const events: SourceEvent[] = [];
  const ledger = ledgerSource({ host });
  await ledger.start((event) => events.push(event));
  count(5);
  await host.clock.turn(10_000);
  count(6);
  expect(ledger.read()).toEqual({ time: formatTime(host.clock.now()), oomKill: 6 });
  await ledger.stop();
  await host.clock.turn(60_000);
  const counts = events.flatMap((event) => (event.type === 'ledger' ? [event.reading.oomKill] : []));
  expect(counts).toEqual([4, 5, 6]);
  expect(events.filter(({ type }) => type === 'up')).toHaveLength(1);
});

it('is down, once, where the kernel does not count', async () => {
  writeFileSync(join(root, 'proc/vmstat'), 'nr_free_pages 12\n');
  const host = fakeHost(root, () => ({}));
  const events: SourceEvent[] = [];
  const ledger = ledgerSource({ host, everyMs: 1_000 });
  await ledger.start((event) => events.push(event));
  await host.clock.turn(5_000);
  expect(ledger.read()).toBeNull();
  expect(events).toMatchObject([{ type: 'down', source: 'ledger' }]);
  await ledger.stop();
});

it("uses the container's own /proc where the host's is not mounted: it is the same", async () => {
  const events: SourceEvent[] = [];
  const ledger = ledgerSource({ host: fakeHost(join(root, 'nowhere'), () => ({})) });
  await ledger.start((event) => events.push(event));
  await ledger.stop();
  expect(events[0]).toMatchObject({ type: 'up', detail: 'oom_kill of /proc/vmstat' });
});
