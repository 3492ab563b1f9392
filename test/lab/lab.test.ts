import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { clusterAnswerSchema } from '../../src/model/cluster-answer.ts';
import { ClusterAgent } from './support/agent.ts';
import { repository } from './support/cache.ts';
import { Cluster } from './support/cluster.ts';
import { Guest } from './support/guest.ts';
import { KERNELS } from './support/kernels.ts';
import { Lab } from './support/lab.ts';
import { NAMESPACE } from './support/manifest.ts';
import { agentImage, guestDisk, prepare, say, told } from './support/prepare.ts';
import { Usage } from './support/usage.ts';
import { kubectlWhy137 } from './support/plugin.ts';
import { forgetRows, keepRows, keptRows, type Run, writeDescribed, writeResults, writeUsage, type Versions } from './support/results.ts';
import { runScenario } from './support/run-scenario.ts';
import { lacks, type Scenario } from './support/scenario.ts';
import { PATIENCE } from './support/wait.ts';
import { LAST, SCENARIOS } from './scenarios/all.ts';

const MINUTE = 60_000;
/** From the boot on; what is slow to make is made before, once. A machine that does something else besides takes longer. */
const BOUND_MS = Number(process.env['WHY137_LAB_MINUTES'] ?? 45) * MINUTE;

const name = process.env['WHY137_LAB_KERNEL'] ?? '6.12';
const only = process.env['WHY137_LAB_ONLY'];
/** Whether what this very image answered right before is not asked again. */
const resumes = process.env['WHY137_LAB_RESUME'] !== undefined;
const kernel = KERNELS[name];
const here = process.getuid?.() === 0 && existsSync('/etc/debian_version') && kernel !== undefined;
if (!here) say(`skipped: the lab needs root on Debian 12, and WHY137_LAB_KERNEL to be one of ${Object.keys(KERNELS).join(', ')}`);

describe.skipIf(!here)(`a real node with Linux ${name}`, () => {
  let lab: Lab;
  let isReady = false;
  let image: Awaited<ReturnType<typeof agentImage>>;
  let begin: number;
  let run: Run;
  let usage: Usage;
  const skipped: string[] = [];
  let isPlayed = false;

  beforeAll(async () => {
    if (!kernel) return;
    await prepare();
    image = await agentImage();
    await guestDisk(image);
    begin = Date.now();
    const guest = await told(`booting Linux ${name}`, () => Guest.start(kernel, image.digest));
    const cluster = new Cluster(guest);
    await told('waiting for the node to be Ready', () => cluster.ready());
    await told('kubectl apply -f daemonset.yaml', () => cluster.kubectl(['apply', '--validate=false', '-f', join(repository, 'daemonset.yaml')]));
    await cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }]);
    lab = new Lab(guest, cluster, await told('waiting for the DaemonSet to be ready', () => ClusterAgent.ready(cluster)));
    // The pods name their node themselves: what is left of the machine is theirs.
    await guest.sh('systemctl stop kube-controller-manager kube-scheduler');
    run = { dir: guest.dir, image: image.digest };
    usage = await Usage.begin(lab);
    isReady = true;
  }, 120 * MINUTE * PATIENCE);

  afterAll(async () => {
    // What kept it from that was said.
    if (!isReady) return;
    const kept = [...SCENARIOS, ...LAST].map((scenario) => ({ scenario, rows: keptRows(run, scenario.name), lacking: kernel ? lacks(scenario, kernel) : null }));
    const missing = kept.filter(({ rows, lacking }) => rows === null && lacking === null).map(({ scenario }) => scenario.name);
    // Of some scenarios alone there is nothing to show, unless the others were tried before with this very image.
    if (missing.length === 0 || only === undefined) {
      const notes = [...kept.flatMap(({ lacking }) => lacking ?? []), ...skipped, ...missing.filter((one) => !skipped.some((why) => why.startsWith(`${one} `))).map((one) => `${one} came to no end.`)];
      writeResults(name, await versions(lab), kept.flatMap(({ rows }) => rows ?? []), notes);
    }
    await lab.guest.stop();
  }, 5 * MINUTE * PATIENCE);

  it('builds an image that is small, and the same when it is built again', () => {
    say(`image: ${image.digest}, ${(image.compressedBytes / 1e6).toFixed(1)} MB compressed, ${(image.bytes / 1e6).toFixed(1)} MB unpacked`);
    expect(image.repeatable).toBe(true);
    expect(image.compressedBytes).toBeLessThan(120e6);
  });

  it('has an agent that sees what its manifest promises', async () => {
    const { sources } = await lab.agent.sources();
    const up = sources.filter((source) => source.up).map((source) => source.name);
    expect(up).toEqual(expect.arrayContaining(['journal', 'ledger', 'containerd', 'cri']));
  }, 5 * MINUTE * PATIENCE);

  const tried = (scenario: Scenario): void => {
    if (only !== undefined && !only.split(',').includes(scenario.name)) return;
    it(
      `${scenario.name}: ${scenario.truth}`,
      async ({ skip }) => {
        const lacking = kernel ? lacks(scenario, kernel) : null;
        const known = resumes && keptRows(run, scenario.name)?.every(({ wrong }) => wrong.length === 0) === true ? `${scenario.name} was answered right by this image before.` : null;
        const late = Date.now() - begin > BOUND_MS ? `${scenario.name} was skipped: time was over.` : null;
        const why = lacking ?? known ?? late;
        if (why === late && late !== null) skipped.push(late);
        if (why !== null) {
          say(why);
          skip(why);
        }
        forgetRows(run, scenario.name);
        isPlayed = true;
        const result = await told(scenario.name, () => runScenario(lab, scenario));
        keepRows(run, scenario.name, result.rows);
        for (const { verdict, kubernetes, runtime, event } of result.rows) say(`  ${kubernetes} | ${runtime} | ${verdict?.cause ?? 'none'}, ${verdict?.confidence ?? ''} | ${event === null ? 'no Event' : `${event.reason}: ${event.message}`}`);
        expect(result.rows.flatMap(({ wrong }) => wrong)).toEqual([]);
        if (scenario.name !== 'node-innocent') return;
        expect(result.described).toMatch(/why137 .*node/);
        expect(await lab.agent.restarts()).toBe(0);
        if (name === '6.12') writeDescribed('node-innocent', result.described);
      },
      15 * MINUTE * PATIENCE,
    );
  };
  for (const scenario of SCENARIOS) tried(scenario);

  describe('kubectl why137, through the real API server', () => {
    it('lists what died, of the cluster and of the node, and says the same of a pod as the agent', async ({ skip }) => {
      if (!isPlayed) skip('nothing died in this run');
      const all = await kubectlWhy137(lab.cluster, ['-A', '--since', '3h', '-o', 'json']);
      expect(all).toMatchObject({ status: 0, err: '' });
      const { items, missing } = z.parse(clusterAnswerSchema, JSON.parse(all.out));
      expect(missing).toEqual([]);
      expect(items.length).toBeGreaterThan(0);
      const { podName, podNamespace } = items[0]?.container ?? {};
      const pod = await kubectlWhy137(lab.cluster, ['pod', podName ?? '', '-n', podNamespace ?? '']);
      say(`kubectl why137 pod ${podName ?? ''} -n ${podNamespace ?? ''}:\n${pod.out}${pod.err}`);
      expect(pod).toMatchObject({ status: 0, err: '', out: expect.stringContaining(`${podNamespace ?? ''}/${podName ?? ''} · container ${items[0]?.container.containerName ?? ''}`) as unknown });
      const node = await kubectlWhy137(lab.cluster, ['node', 'node1', '-o', 'json']);
      expect(z.parse(clusterAnswerSchema, JSON.parse(node.out)).items.map(({ id }) => id)).toEqual(expect.arrayContaining(items.map(({ id }) => id)));
      const table = await kubectlWhy137(lab.cluster, ['-A', '--since', '3h', '--cause', items[0]?.cause ?? '']);
      say(`kubectl why137 -A --since 3h --cause ${items[0]?.cause ?? ''}:\n${table.out}${table.err}`);
      expect(table).toMatchObject({ status: 0, err: '' });
    }, 10 * MINUTE * PATIENCE);

    it('takes no more rights than deploy/kubectl-users.yaml gives, and says what is lacking without', async () => {
      await lab.cluster.kubectl(['apply', '--validate=false', '-f', join(repository, 'deploy/kubectl-users.yaml')]);
      const allowed = ['-A', '--since', '3h', '--as', 'jane', '--as-group', 'on-call', '--as-group', 'system:authenticated'];
      expect(await kubectlWhy137(lab.cluster, allowed)).toMatchObject({ status: 0, err: '' });
      const refused = await kubectlWhy137(lab.cluster, ['-A', '--since', '3h', '--as', 'joe', '--as-group', 'system:authenticated']);
      say(`without rights: ${refused.err}`);
      expect(refused).toMatchObject({ status: 1, out: '', err: expect.stringContaining('may not') as unknown });
    }, 10 * MINUTE * PATIENCE);
  });

  it('the agent lived through it all', async () => {
    const spent = await usage.sentence();
    say(spent);
    const { kernel: version } = await versions(lab);
    // Of a part of it, it would say too little.
    if (only === undefined && !resumes) writeUsage(name, `Linux ${version}: ${spent}.`);
    expect(await lab.agent.restarts()).toBe(0);
    const { ledger } = await lab.agent.sources();
    say(`kills: ${ledger.counted ?? 'none'} counted, ${ledger.parsed} read; ${JSON.stringify(ledger.gaps)}`);
  }, 5 * MINUTE * PATIENCE);

  for (const scenario of LAST) tried(scenario);
});

async function versions({ guest, cluster }: Lab): Promise<Versions> {
  const [uname, systemd, containerd] = (await guest.sh("uname -r; systemctl --version | sed -n '1s/systemd \\([0-9]*\\).*/\\1/p'; containerd --version | cut -d ' ' -f 3")).split('\n');
  // The kubelet's: what the API server gives as its own is a constant of its client library's, that no build sets.
  const kubernetes = (await cluster.kubectl(['get', 'node', 'node1', '-o', 'jsonpath={.status.nodeInfo.kubeletVersion}'])).replace(/^v/, '');
  return { kernel: uname ?? '', cgroup: guest.kernel.cgroup, kubernetes, containerd: containerd ?? '', systemd: systemd ?? '' };
}
