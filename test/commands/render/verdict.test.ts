import { expect, it } from 'vitest';
import { renderKills, renderVerdict } from '../../../src/commands/render/verdict.ts';
import { at, oomKill, verdict } from '../../store/samples.ts';

const options = { color: false, timeZone: 'UTC' };
const ANSI = /\u001b\[\d+m/g;

const nodeWide = verdict('v2', {
  revision: 2,
  final: false,
  container: { podNamespace: 'batch', podName: 'report-x2x', containerName: 'node', restartCount: 0, memoryLimitBytes: 134_217_728 },
  cause: 'node-oom',
  family: 'node-wide',
  summary: 'The node ran out of memory and the kernel chose this container: 84 MiB of its 128 MiB limit used.',
  runtimeAgrees: false,
  ruledOut: [{ cause: 'container-limit-oom', why: 'the kernel names no cgroup whose limit was hit, and 44 MiB of its own limit were free' }],
  oomKills: ['k2'],
  advice: 'Raising this pod’s limit will not help. Find out who filled the node: ml/train-0 held 11.2 GiB without a limit.',
});
const unknown = verdict('v3', {
  container: { podNamespace: null, podName: null, podUid: null, containerName: null, containerId: '0123456789abcdef0123', restartCount: null },
  exit: { runtimeReason: null },
  cause: 'unknown',
  family: 'unknown',
  confidence: 'possible',
  summary: 'Unknown: the kernel log was not readable from 03:01:40 to 03:03:05.',
  runtimeAgrees: null,
  evidence: [{ kind: 'ledger', source: 'ledger', time: at(-86_400), text: 'The kernel counted 1 OOM kill in that time; which process it was cannot be told.', weight: 'supporting' }],
  ruledOut: [],
  oomKills: [],
  blindSpots: [
    { source: 'journal', from: at(-31), to: at(54), why: 'the journal was rotated while the agent was down' },
    { source: 'kmsg', from: null, to: null, why: 'no permission to read /dev/kmsg (CAP_SYSLOG)' },
  ],
});
const hostile = verdict('v4', {
  container: { podName: 'evil\u001b[2J' },
  summary: 'Killed \u202egnp.exe\u0007 and a/very/long/word/that/has/no/space/in/it/at/all/and/goes/on/and/on/beyond/eighty/columns/for/sure.',
  oomKills: ['k3'],
});
const { victim } = oomKill('k');
const kills = [
  oomKill('k1'),
  oomKill('k2', { scope: 'global', level: 'node', memory: { usageBytes: null, limitBytes: null, failcnt: null, swapUsageBytes: null, swapLimitBytes: null } }),
  oomKill('k3', { victim: { ...victim, comm: 'a\nb)', anonRssBytes: null } }),
];

const holder = { pid: 48_213, comm: 'java', uid: 0, containerId: 'v5c0ffee', podUid: null, podNamespace: 'shop', podName: 'cart-7d9f', containerName: 'app', heldBytes: 88_080_384, rssBytes: 88_080_384, anonRssBytes: null, fileRssBytes: null, shmemRssBytes: null, swapBytes: 0, pageTablesBytes: 0, oomScoreAdj: 985, share: 0.0069, killed: true };
const whoHeld = verdict('v5', {
  cause: 'node-oom',
  family: 'node-wide',
  runtimeAgrees: false,
  summary: 'the node ran out of memory and the kernel chose this container at 84 MiB of its 128 MiB limit; ml/train-0 held 11.2 GiB',
  culprits: {
    listed: 'node', cgroup: null, tasks: 131, unread: 2, complete: false, pageBytes: 4_096, heldBytes: 12_782_264_320, victimShare: 0.0069, victimWas: 'bystander',
    holders: [
      { ...holder, pid: 7, comm: 'python', containerId: 'train', podNamespace: 'ml', podName: 'train-0', heldBytes: 12_025_908_428, swapBytes: 2_147_483_648, share: 0.9408, killed: false, oomScoreAdj: 0 },
      { ...holder, pid: 9, comm: 'kube\u001b[2Jlet', containerId: null, podNamespace: null, podName: null, containerName: null, heldBytes: 104_857_600, share: 0.0082, killed: false, oomScoreAdj: -1_000 },
      holder,
      { ...holder, pid: 11, comm: 'sh', containerId: 'x', podNamespace: 'a-namespace-of-quite-a-long-name', podName: 'and-a-pod-of-an-even-longer-name-0', heldBytes: 1_024, share: 0.0001, killed: false },
    ],
    unowned: [{ what: 'kernel', bytes: 3_221_225_472 }],
    memory: { totalBytes: 16_750_372_454, freeBytes: null, anonBytes: null, fileBytes: null, shmemBytes: null, slabBytes: 3_221_225_472, kernelBytes: null, pageTablesBytes: null, unevictableBytes: null, hugePagesBytes: 0, swapTotalBytes: null, swapFreeBytes: null },
  },
});

it.each([
  ['who-held', whoHeld],
  ['container-limit', verdict('v1')],
  ['node-wide', nodeWide],
  ['unknown', unknown],
  ['hostile', hostile],
])('%s reads as its golden file', async (name, item) => {
  const text = renderVerdict(item, kills, options);
  await expect(text).toMatchFileSnapshot(`./golden/${name}.txt`);
  for (const line of text.split('\n')) expect(Array.from(line).length).toBeLessThanOrEqual(80);
  expect(text).not.toMatch(/[^\P{C}\n]/u);
});

it('says who held the memory where sizes are not known, and nothing where nobody is', () => {
  const { culprits } = whoHeld;
  const sizeless = culprits && { ...culprits, pageBytes: null, heldBytes: null, memory: null, unowned: [], holders: culprits.holders.map((one) => ({ ...one, heldBytes: null, swapBytes: null })) };
  const text = renderVerdict({ ...whoHeld, culprits: sizeless }, [], options);
  expect(text).toContain('Who held the memory (node)\n    ml/train-0 · python');
  expect(text).toMatch(/java \(48213\) +\? +<1 %, killed/);
  expect(renderVerdict({ ...whoHeld, culprits: culprits && { ...culprits, holders: [], unowned: [] } }, kills, options)).not.toContain('Who held');
});

it('shows kills in a living container', async () => {
  await expect(renderKills('0123456789ab', kills, options)).toMatchFileSnapshot('./golden/kills.txt');
});

it('means the same without colour', () => {
  const colored = renderVerdict(nodeWide, kills, { ...options, color: true });
  expect(colored).toMatch(ANSI);
  expect(colored.replace(ANSI, '')).toBe(renderVerdict(nodeWide, kills, options));
});

it('says times in the zone of the node, with the date when it is another', () => {
  const text = renderVerdict(unknown, [], { ...options, timeZone: 'Asia/Kolkata' });
  expect(text).toContain('08:32:11.482 on 2026-11-23 (Asia/Kolkata)');
  expect(text).toContain('2026-11-22 08:32:11.482');
});

it.each([60, 72, 120])('keeps to %i columns', (width) => {
  for (const item of [verdict('v1'), nodeWide, unknown]) {
    for (const line of renderVerdict(item, [], { ...options, width }).split('\n')) expect(Array.from(line).length).toBeLessThanOrEqual(width);
  }
});
