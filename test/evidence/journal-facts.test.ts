import { expect, it } from 'vitest';
import { kubelet } from '../../src/evidence/kubelet/kubelet.ts';
import { JournalFacts } from '../../src/evidence/journal-facts.ts';
import { readJournalRecord } from '../../src/kernel/framing/journal-json.ts';
import { SECOND } from '../../src/lib/time.ts';
import type { WitnessFact } from '../../src/model/witness.ts';
import { id, T0 } from '../correlate/node.ts';

const KILLING = `I1123 17:43:24.500000    1234 kuberuntime_container.go:784] "Killing container with a grace period" pod="shop/cart-7d9f" podUID="0a1b2c3d" containerName="app" containerID="containerd://${id('app')}" gracePeriod=30`;
const KUBELET = { _TRANSPORT: 'stdout', _SYSTEMD_UNIT: 'kubelet.service', _SYSTEMD_CGROUP: '/system.slice/kubelet.service', _COMM: 'kubelet', _PID: '1234', __REALTIME_TIMESTAMP: String(T0) };

function hear(fields: Readonly<Record<string, unknown>>): { facts: WitnessFact[]; drops: string[] } {
  const facts: WitnessFact[] = [];
  const drops: string[] = [];
  const journal = new JournalFacts('units', [kubelet], { fact: (fact) => facts.push(fact), drop: (reason) => drops.push(reason) });
  const record = readJournalRecord(JSON.stringify({ MESSAGE: KILLING, ...KUBELET, ...fields }));
  if (record !== null) journal.push(record);
  return { facts, drops };
}

it("kubelet's own line is proven, and comes with kubelet's own time", () => {
  const { facts } = hear({});
  expect(facts).toMatchObject([{ kind: 'stop-request', by: 'kubelet', gracePeriodMs: 30_000, trust: 'proven', source: 'units', about: { containerId: id('app'), podUid: '0a1b2c3d', podNamespace: 'shop', podName: 'cart-7d9f', containerName: 'app' } }]);
  expect(facts[0]?.atUs).toBe(T0 - SECOND / 2);
});

it.each([
  ['another unit', { _SYSTEMD_UNIT: 'cri-containerd-1.scope' }],
  ['a unit of a user', { _SYSTEMD_UNIT: 'user@1000.service' }],
  ['no unit', { _SYSTEMD_UNIT: undefined }],
  ["a cgroup below the unit's", { _SYSTEMD_CGROUP: '/system.slice/kubelet.service/x' }],
  ['syslog(3) or the journal API', { _TRANSPORT: 'syslog', SYSLOG_IDENTIFIER: 'kubelet' }],
  ["a container's output", { _TRANSPORT: 'journal', CONTAINER_ID: 'a' }],
  ["a container's output, by a runtime that logs as kubelet does", { CONTAINER_NAME: 'kubelet' }],
])('%s: nobody whose word counts', (_, fields) => {
  expect(hear(fields)).toEqual({ facts: [], drops: ['not-a-witness'] });
});

it('a line with the pid of another process is not proven to be kubelet’s', () => {
  expect(hear({ _PID: '99' }).facts).toMatchObject([{ trust: 'text' }]);
});

it('counts what tells nothing', () => {
  expect(hear({ MESSAGE: 'I1123 17:43:24.500000 1234 server.go:1] "Started"' }).drops).toEqual(['no-fact']);
  expect(hear({ MESSAGE: undefined }).drops).toEqual(['no-message']);
  expect(hear({ MESSAGE: KILLING.replace(/ pod=.*? containerID="[^"]*"/, '') }).drops).toEqual(['no-identity']);
});
