import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClusterAgent } from './support/agent.ts';
import { repository } from './support/cache.ts';
import { Cluster } from './support/cluster.ts';
import { Guest } from './support/guest.ts';
import { KERNELS } from './support/kernels.ts';
import { Lab } from './support/lab.ts';
import { NAMESPACE } from './support/manifest.ts';
import { agentImage, guestDisk, prepare, say, told } from './support/prepare.ts';
import { Usage } from './support/usage.ts';
import { writeDescribed, writeResults, type Versions } from './support/results.ts';
import { runScenario, type Row } from './support/run-scenario.ts';
import { SCENARIOS } from './scenarios/all.ts';

const MINUTE = 60_000;
/** From the boot on; what is slow to make is made before, once. */
const BOUND_MS = 45 * MINUTE;

const name = process.env['WHY137_LAB_KERNEL'] ?? '6.12';
const only = process.env['WHY137_LAB_ONLY'];
const kernel = KERNELS[name];
const here = process.getuid?.() === 0 && existsSync('/etc/debian_version') && kernel !== undefined;
if (!here) say(`skipped: the lab needs root on Debian 12, and WHY137_LAB_KERNEL to be one of ${Object.keys(KERNELS).join(', ')}`);

describe.skipIf(!here)(`a real node with Linux ${name}`, () => {
  let lab: Lab;
  let image: Awaited<ReturnType<typeof agentImage>>;
  let begin: number;
  const rows: Row[] = [];
  const recordings: string[] = [];
  const skipped: string[] = [];
  let usage: Usage;

  beforeAll(async () => {
    if (!kernel) return;
    await prepare();
    image = await agentImage();
    await guestDisk(image);
    begin = Date.now();
    const guest = await told(`booting Linux ${name}`, () => Guest.start(kernel));
    const cluster = new Cluster(guest);
    await told('waiting for the node to be Ready', () => cluster.ready());
    await told('kubectl apply -f daemonset.yaml', () => cluster.kubectl(['apply', '--validate=false', '-f', join(repository, 'daemonset.yaml')]));
    await cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }]);
    lab = new Lab(guest, cluster, await told('waiting for the DaemonSet to be ready', () => ClusterAgent.ready(cluster)));
    usage = await Usage.begin(lab);
  }, 120 * MINUTE);

  afterAll(async () => {
    if (rows.length > 0 && only === undefined) writeResults(name, await versions(lab), rows, skipped);
    await lab.guest.stop();
  }, 5 * MINUTE);

  it('builds an image that is small, and the same when it is built again', () => {
    say(`image: ${image.digest}, ${(image.compressedBytes / 1e6).toFixed(1)} MB compressed, ${(image.bytes / 1e6).toFixed(1)} MB unpacked`);
    expect(image.repeatable).toBe(true);
    expect(image.compressedBytes).toBeLessThan(120e6);
  });

  it('has an agent that sees what its manifest promises', async () => {
    const { sources } = await lab.agent.sources();
    const up = sources.filter((source) => source.up).map((source) => source.name);
    expect(up).toEqual(expect.arrayContaining(['journal', 'ledger', 'containerd', 'cri']));
  });

  for (const scenario of SCENARIOS) {
    if (only !== undefined && !only.split(',').includes(scenario.name)) continue;
    it(
      `${scenario.name}: ${scenario.truth}`,
      async ({ skip }) => {
        const elsewhere = scenario.cgroup !== undefined && scenario.cgroup !== kernel?.cgroup;
        const late = Date.now() - begin > BOUND_MS;
        if (elsewhere || late) {
          const why = `${scenario.name} was skipped: ${late ? 'time was over' : `it needs cgroup ${scenario.cgroup ?? ''}`}.`;
          skipped.push(why);
          say(why);
          skip(why);
        }
        const result = await told(scenario.name, () => runScenario(lab, scenario));
        rows.push(...result.rows);
        recordings.push(result.recording);
        for (const { verdict, kubernetes, runtime, event } of result.rows) say(`  ${kubernetes} | ${runtime} | ${verdict?.cause ?? 'none'}, ${verdict?.confidence ?? ''} | ${event ?? 'no Event'}`);
        if (scenario.name === 'node-innocent' && name === '6.12') writeDescribed('node-innocent', result.described);
        expect(result.rows.flatMap(({ wrong }) => wrong)).toEqual([]);
      },
      15 * MINUTE,
    );
  }

  it('the agent lived through it all', async () => {
    say(await usage.sentence());
    expect(await lab.agent.restarts()).toBe(0);
    const { ledger } = await lab.agent.sources();
    say(`kills: ${ledger.counted ?? 'none'} counted, ${ledger.parsed} read; ${JSON.stringify(ledger.gaps)}`);
  });
});

async function versions({ guest, cluster }: Lab): Promise<Versions> {
  const [uname, systemd, containerd] = (await guest.sh("uname -r; systemctl --version | sed -n '1s/systemd \\([0-9]*\\).*/\\1/p'; containerd --version | cut -d ' ' -f 3")).split('\n');
  const kubernetes = /"gitVersion": "v([^"]+)"/.exec(await cluster.kubectl(['get', '--raw', '/version']))?.[1];
  return { kernel: uname ?? '', cgroup: guest.kernel.cgroup, kubernetes: kubernetes ?? '', containerd: containerd ?? '', systemd: systemd ?? '' };
}
