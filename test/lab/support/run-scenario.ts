import type { Confidence } from '../../../src/model/cause.ts';
import type { Verdict } from '../../../src/model/verdict.ts';
import { isWorthTelling, reasonOf } from '../../../src/outputs/events/reasons.ts';
import { terminated, type Pod, type Terminated } from './cluster.ts';
import type { Lab } from './lab.ts';
import { NAMESPACE } from './manifest.ts';
import { record } from './recording.ts';
import type { Death, Scenario } from './scenario.ts';
import { taskLives, type TaskLife } from './task-events.ts';
import { until } from './wait.ts';

interface SaidEvent {
  readonly reason: string;
  readonly message: string;
}

/** What everybody said of one death. */
export interface Row {
  readonly scenario: string;
  readonly truth: string;
  readonly expected: Death;
  readonly kubernetes: string;
  readonly runtime: string;
  readonly verdict: Verdict | null;
  /** The Event that why137 left on the pod. */
  readonly event: SaidEvent | null;
  /** What is wrong with the answer, over HTTP, in the log and in the Event; empty where it is right. */
  readonly wrong: readonly string[];
}

export interface ScenarioResult {
  readonly rows: readonly Row[];
  /** What `kubectl describe pod` shows of its first pod; empty where that is gone. */
  readonly described: string;
}

const SURE: Readonly<Record<Confidence, number>> = { possible: 0, likely: 1, certain: 2 };
const SETTLED_MS = 240_000;

/** Makes a scenario's pods die, and asks everybody why. */
export async function runScenario(lab: Lab, scenario: Scenario): Promise<ScenarioResult> {
  try {
    return await played(lab, scenario);
  } finally {
    // The next one is to find the node as this one did, whatever became of it.
    await lab.cluster.kubectl(['-n', NAMESPACE, 'delete', 'pod', '-l', 'lab=yes', '--wait=false', '--grace-period=1']);
  }
}

async function played(lab: Lab, scenario: Scenario): Promise<ScenarioResult> {
  const now = async (): Promise<number> => Number(await lab.guest.sh('date +%s'));
  const from = await now();
  const bootTime = await lab.guest.sh("awk '/^btime/ { print $2 }' /proc/stat");
  await lab.cluster.apply(scenario.manifests);
  try {
    await scenario.act?.(lab);
    for (const { pod, container } of scenario.deaths) await lab.ended(pod, container);
  } finally {
    await lab.endHog();
  }
  const verdicts = await Promise.all(scenario.deaths.map((death) => verdictOf(lab, death)));
  await Promise.all(scenario.manifests.map(({ metadata }) => lab.cluster.pod(NAMESPACE, metadata.name)));
  const pods = scenario.manifests.flatMap(({ metadata }) => lab.cluster.lastSeen(metadata.name) ?? []);
  const lives = taskLives(await lab.guest.sh('cat /var/lib/lab/events'));
  const logs = await lab.agent.logs();
  const rows: Row[] = [];
  for (const [index, death] of scenario.deaths.entries()) {
    const verdict = verdicts[index] ?? null;
    const ended = terminated(pods.find((pod) => pod.metadata.name === death.pod) ?? null, death.container);
    const event = await eventOf(lab, death, verdict);
    const life = verdict === null ? undefined : lives.get(verdict.container.containerId);
    rows.push({
      scenario: scenario.name,
      truth: scenario.truth,
      expected: death,
      kubernetes: kubernetesSaid(pods.find((pod) => pod.metadata.name === death.pod) ?? null, ended),
      runtime: runtimeSaid(life),
      verdict,
      event,
      wrong: [...wrongWith(death, verdict, event), ...(scenario.replacesAgent || isLogged(verdict, logs) ? [] : ['not in the log'])],
    });
  }
  if (pods.length > 0) await record(lab, scenario, { from: from - 5, to: (await now()) + 1, booted: Number(bootTime) }, pods, lives);
  // Of the first pod: where it was taken away, nothing.
  const described = await lab.cluster.kubectl(['-n', NAMESPACE, 'describe', 'pod', scenario.manifests[0]?.metadata.name ?? '']).catch(() => '');
  return { rows, described };
}

/** The last revision, when nothing more is to come. */
async function verdictOf(lab: Lab, { pod, container }: Death): Promise<Verdict | null> {
  let last: Verdict | null = null;
  await until(`a final verdict of ${pod}/${container}`, SETTLED_MS, async () => {
    last = (await lab.agent.verdicts(NAMESPACE, pod)).find(({ container: { containerName } }) => containerName === container) ?? null;
    return last?.final === true;
  }).catch(() => null);
  return last;
}

/** The Event that says what the verdict says; where none comes to that, what the last one said. */
async function eventOf(lab: Lab, { pod, container }: Death, verdict: Verdict | null): Promise<SaidEvent | null> {
  if (verdict === null || !isWorthTelling(verdict)) return null;
  let last: SaidEvent | null = null;
  await until(`the Event of ${pod}/${container}`, 60_000, async () => {
    const events = (await lab.cluster.events(NAMESPACE))
      .filter(({ involvedObject, source }) => involvedObject.name === pod && source?.component === 'why137')
      .map(({ reason, message }) => ({ reason: reason ?? '', message: message ?? '' }))
      .filter(({ message }) => message.includes(`Container ${container} `));
    last = events.find(({ reason }) => reason === reasonOf(verdict)) ?? events.at(-1) ?? null;
    return last?.reason === reasonOf(verdict);
  }).catch(() => null);
  return last;
}

function kubernetesSaid(pod: Pod | null, ended: Terminated | null): string {
  if (ended !== null) return `${ended.reason ?? 'no reason'}, ${ended.exitCode}`;
  const reason = pod?.status.phase === 'Failed' ? pod.status.reason : undefined;
  return reason === undefined ? 'nothing: the pod is gone' : `${reason}, of the pod; of the container nothing`;
}

function runtimeSaid(life: TaskLife | undefined): string {
  if (life?.exit === undefined) return 'nothing';
  return `${life.oom ? 'OOM' : 'no OOM'}, ${life.exit.code}`;
}

function wrongWith(expected: Death, verdict: Verdict | null, event: SaidEvent | null): string[] {
  if (verdict === null) return ['no verdict'];
  const wrong: string[] = [];
  if (verdict.cause !== expected.cause) wrong.push(`${verdict.cause}, not ${expected.cause}`);
  if (SURE[verdict.confidence] < SURE[expected.confidence]) wrong.push(`${verdict.confidence}, not ${expected.confidence}`);
  if (verdict.exit.code !== expected.code) wrong.push(`exit code ${verdict.exit.code}, not ${expected.code}`);
  if (expected.says !== undefined && !verdict.summary.includes(expected.says)) wrong.push(`“${verdict.summary}” without “${expected.says}”`);
  if (expected.kills !== undefined && verdict.oomKills.length !== expected.kills) wrong.push(`${verdict.oomKills.length} OOM kills, not ${expected.kills}`);
  if (isWorthTelling(verdict) && event?.reason !== reasonOf(verdict)) wrong.push(event === null ? 'no Event' : `the Event says ${event.reason}`);
  return wrong;
}

function isLogged(verdict: Verdict | null, logs: readonly Record<string, unknown>[]): boolean {
  const line = logs.findLast((one) => one['event'] === 'exit.verdict' && one['why137.verdict.id'] === verdict?.id);
  return line?.['why137.cause'] === verdict?.cause;
}
