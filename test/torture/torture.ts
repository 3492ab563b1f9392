import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cause } from '../../src/model/cause.ts';
import type { OomKill } from '../../src/model/oom-kill.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { startContainerd, type Containerd } from '../e2e/support/containerd.ts';
import { forgedReport, freshId, SLEEP, shell } from '../e2e/support/small-node.ts';
import { AgentProcess } from './agent-process.ts';
import { NodeLogs } from '../e2e/support/node-logs.ts';
import { Random } from './random.ts';

export interface TortureOptions {
  readonly program: string;
  readonly seed: number;
  readonly seconds: number;
  /** The agent is killed at least so often, however long that takes. */
  readonly kills: number;
  readonly say: (line: string) => void;
}

export interface Figures {
  readonly seed: number;
  readonly seconds: number;
  readonly agentKills: number;
  readonly journalctlKills: number;
  readonly runtimeRestarts: number;
  readonly rotations: number;
  readonly copytruncates: number;
  readonly journalFiles: number;
  readonly diskFull: number;
  readonly removedContainers: number;
  readonly exits: number;
  readonly kernelKills: number;
  /** Verdicts or kills that the undisturbed agent has and the tortured one has not. */
  readonly lost: readonly string[];
  /** Exits with more than one verdict, and log lines that name an id which is none of a verdict that is held. */
  readonly duplicates: readonly string[];
  /** Another cause, confidence, scope or container than the undisturbed agent's; or than what was done to the container. */
  readonly wrong: readonly string[];
  /** Answers that were logged more than once (after a crash), under the id that they had. */
  readonly saidAgain: number;
}

const STATE_BYTES = 24 * 1024 * 1024;
const DEATHS = ['journal', 'text', 'both', 'none', 'child', 'node', 'own'] as const;
type Death = (typeof DEATHS)[number];
const CAUSES: Readonly<Record<Death, Cause>> = {
  journal: 'container-limit-oom',
  text: 'container-limit-oom',
  both: 'container-limit-oom',
  none: 'not-oom',
  child: 'container-limit-oom',
  node: 'node-oom',
  own: 'program',
};

/** A node, an agent that is left alone and one that is not, until the time is over; then the two are compared. */
export async function torture(options: TortureOptions): Promise<Figures> {
  const containerd = await startContainerd();
  const stateDir = mkdtempSync(join(tmpdir(), 'w137-torture-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${String(STATE_BYTES)}`, 'tmpfs', stateDir]);
  const torturing = new Torture(options, containerd, stateDir);
  try {
    return await torturing.run();
  } finally {
    await torturing.end();
    await containerd.stop();
    execFileSync('umount', ['-l', stateDir]);
    rmSync(stateDir, { recursive: true });
  }
}

class Torture {
  readonly #options: TortureOptions;
  readonly #random: Random;
  readonly #containerd: Containerd;
  readonly #logs: NodeLogs;
  readonly #stateDir: string;
  readonly #undisturbed: AgentProcess;
  readonly #tortured: AgentProcess;
  /** What was done to each container that has ended. */
  readonly #ended = new Map<string, Death>();
  #living: { readonly id: string; readonly pid: number }[] = [];
  readonly #removed = new Set<string>();
  #fullSince: number | null = null;
  #notKept: readonly [from: number, to: number][] = [];
  #reported = 0;
  #noisePid = 5_000_000;
  #counts = { agentKills: 0, journalctlKills: 0, runtimeRestarts: 0, diskFull: 0 };
  #over = false;

  constructor(options: TortureOptions, containerd: Containerd, stateDir: string) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#containerd = containerd;
    this.#stateDir = stateDir;
    const root = containerd.directory;
    mkdirSync(join(root, 'proc'), { recursive: true });
    // Other programs of this machine are killed, too: the kernel's count is theirs as well.
    writeFileSync(join(root, 'proc/vmstat'), 'nr_free_pages 1\n');
    this.#logs = new NodeLogs(root);
    const args = (state: string): string[] => [
      ...['--state-dir', state, '--root', root, '--journal-dir', '/journal', '--kernel-log-file', '/var/log/syslog', '--kmsg', 'off'],
      ...['--runtime-endpoint', 'unix:///c.sock', '--lookback', '1h', '--node-name', 'node1', '--state-max-count', '20000', '--state-max-bytes', '16MiB'],
    ];
    mkdirSync(join(root, 'state-undisturbed'));
    this.#undisturbed = new AgentProcess(options.program, args(join(root, 'state-undisturbed')));
    this.#tortured = new AgentProcess(options.program, args(join(stateDir, 'state')));
  }

  async run(): Promise<Figures> {
    const { seconds, kills, say } = this.#options;
    const begun = Date.now();
    this.#undisturbed.start();
    await until('the undisturbed agent serves', () => this.#undisturbed.serves);
    this.#tortured.start();
    const world = this.#live();
    const progress = setInterval(() => {
      say(`${String(Math.round((Date.now() - begun) / 1_000))} s: ${String(this.#counts.agentKills)} kills of the agent, ${String(this.#ended.size)} exits, ${String(this.#reported)} kernel kills`);
    }, 30_000);
    try {
      while (Date.now() - begun < seconds * 1_000 || this.#counts.agentKills < kills) await this.#torment();
    } finally {
      clearInterval(progress);
      this.#over = true;
      await world;
    }
    this.#emptyDisk();
    if (!this.#tortured.alive) this.#tortured.start();
    return await this.#compare(begun);
  }

  async end(): Promise<void> {
    this.#over = true;
    for (const agent of [this.#undisturbed, this.#tortured]) if (agent.alive) await agent.end('SIGKILL');
    await this.#logs.close();
  }

  /** One life of the agent: some time, now and then something worse, and its end without a farewell. */
  async #torment(): Promise<void> {
    const random = this.#random;
    // From before it has read its state to some time after it serves.
    if (random.chance(0.3)) await sleep(random.between(20, 900));
    else {
      await until('the agent serves', () => this.#tortured.serves);
      await sleep(random.between(0, 2_000));
    }
    if (random.chance(0.35)) await this.#killJournalctl(this.#tortured);
    if (random.chance(0.1)) this.#fillDisk();
    else if (random.chance(0.5)) this.#emptyDisk();
    await this.#tortured.end('SIGKILL');
    this.#counts.agentKills += 1;
    if (random.chance(0.3)) await sleep(random.between(50, 2_500));
    if (this.#tortured.complaint !== '') throw new Error(`the agent complained: ${this.#tortured.complaint}`);
    this.#tortured.start();
  }

  async #killJournalctl(agent: AgentProcess): Promise<void> {
    for (const pid of agent.journalctls()) {
      try {
        process.kill(pid, 'SIGKILL');
        this.#counts.journalctlKills += 1;
      } catch {
        // It ended by itself.
      }
    }
    await sleep(this.#random.between(0, 1_500));
  }

  #fillDisk(): void {
    if (this.#fullSince !== null) return;
    this.#fullSince = Date.now();
    this.#counts.diskFull += 1;
    const filler = join(this.#stateDir, 'filler');
    writeFileSync(filler, '');
    try {
      for (const bytes of [65_536, 512]) for (;;) appendAll(filler, bytes);
    } catch {
      // Full.
    }
  }

  #emptyDisk(): void {
    rmSync(join(this.#stateDir, 'filler'), { force: true });
    if (this.#fullSince !== null) this.#notKept = [...this.#notKept, [this.#fullSince, Date.now() + 35_000]];
    this.#fullSince = null;
  }

  /** The node goes its way: containers start and end, the kernel kills, logs are rotated, containerd is restarted. */
  async #live(): Promise<void> {
    const random = new Random(this.#options.seed + 1);
    let turn = 0;
    while (!this.#over) {
      turn += 1;
      if (this.#living.length < 6) await this.#begin();
      if (random.chance(0.7)) await this.#endOne(random);
      if (random.chance(0.4) && this.#reported < 1_200) this.#noise(random);
      if (turn % 9 === 0) this.#logs.rotate();
      if (turn % 13 === 0) this.#logs.copytruncate();
      if (turn % 29 === 0) await this.#logs.rotateJournal();
      if (turn % 37 === 0) await this.#restartContainerd();
      if (turn % 5 === 0) await this.#removeSome();
      await sleep(random.between(50, 700));
    }
    while (this.#living.length > 0) await this.#endOne(random);
  }

  async #begin(): Promise<void> {
    const id = freshId('t');
    await this.#containerd.run(id, SLEEP);
    this.#living.push({ id, pid: await this.#containerd.pid(id) });
  }

  async #endOne(random: Random): Promise<void> {
    const death = random.pick(DEATHS);
    if (death === 'own') {
      const id = freshId('o');
      await this.#containerd.run(id, shell('exit 3'));
      this.#ended.set(id, death);
      return;
    }
    const one = this.#living.shift();
    if (!one) return;
    const { id, pid } = one;
    const report = death === 'node' ? nodeReport(id, pid) : forgedReport(id, death === 'child' ? this.#noisePid++ : pid);
    const inJournal = death !== 'text' && death !== 'none';
    if (inJournal) this.#logs.toJournal(report);
    if (death === 'text' || death === 'both') this.#logs.toText(report);
    if (death !== 'none') this.#reported += 1;
    process.kill(pid, 'SIGKILL');
    this.#ended.set(id, death);
  }

  /** Kills that end no container. */
  #noise(random: Random): void {
    const lives = this.#living[0];
    if (!lives) return;
    for (let n = 0; n < 8; n += 1) {
      const report = forgedReport(`noise-${String(this.#noisePid)}`, this.#noisePid++);
      if (random.chance(0.5)) this.#logs.toJournal(report);
      else this.#logs.toText(report);
      this.#reported += 1;
    }
  }

  async #restartContainerd(): Promise<void> {
    await this.#containerd.kill();
    await this.#containerd.start();
    this.#counts.runtimeRestarts += 1;
  }

  /** What both agents have said, and the tortured one on a disk that took it, may be forgotten by the runtime. */
  async #removeSome(): Promise<void> {
    const said = saidAt(this.#tortured);
    const known = saidAt(this.#undisturbed);
    const due = [...this.#ended.keys()].filter((id) => !this.#removed.has(id) && known.has(id) && this.#wasKept(said.get(id)));
    for (const id of due.slice(0, 4)) {
      this.#removed.add(id);
      await this.#containerd.ctr(['-n', 'k8s.io', 'tasks', 'rm', id]).catch(() => '');
      await this.#containerd.ctr(['-n', 'k8s.io', 'containers', 'rm', id]).catch(() => '');
    }
  }

  #wasKept(at: number | undefined): boolean {
    if (at === undefined || this.#fullSince !== null) return false;
    return !this.#notKept.some(([from, to]) => at >= from && at <= to);
  }

  async #compare(begun: number): Promise<Figures> {
    const { seed, say } = this.#options;
    say(`all is quiet: ${String(this.#ended.size)} exits, ${String(this.#reported)} kernel kills; the agents come to rest`);
    await until('the tortured agent serves', () => this.#tortured.serves);
    let difference: Difference = NOTHING_YET;
    const end = Date.now() + 60_000;
    for (;;) {
      difference = await this.#difference();
      if ((difference.complete && difference.lost.length + difference.wrong.length === 0) || Date.now() > end) break;
      await sleep(500);
    }
    const { lost, wrong, duplicates } = difference;
    const said = new Map<string, number>();
    for (const line of this.#tortured.lines) {
      const key = line.event === 'exit.verdict' ? `${String(line['why137.verdict.id'])}@${String(line['why137.verdict.revision'])}` : line.event === 'oom.kill' ? String(line['why137.oom_kill.id']) : null;
      if (key !== null) said.set(key, (said.get(key) ?? 0) + 1);
    }
    return {
      seed,
      seconds: Math.round((Date.now() - begun) / 1_000),
      ...this.#counts,
      ...this.#logs.counts,
      removedContainers: this.#removed.size,
      exits: this.#ended.size,
      kernelKills: this.#reported,
      lost,
      duplicates,
      wrong,
      saidAgain: [...said.values()].filter((times) => times > 1).length,
    };
  }

  async #difference(): Promise<Difference> {
    const wanted = await this.#undisturbed.verdicts();
    const wantedKills = await this.#undisturbed.kills();
    const given = await this.#tortured.verdicts();
    const givenKills = await this.#tortured.kills();
    const byId = new Map(given.map((one) => [one.id, one]));
    const killsById = new Map(givenKills.map((one) => [one.id, one]));
    const everSaid = new Set(this.#tortured.lines.flatMap((line) => [line['why137.verdict.id'] ?? [], line['why137.oom_kill.id'] ?? []].flat()));
    const lost = [...wanted, ...wantedKills].filter(({ id }) => !byId.has(id) && !killsById.has(id)).map((one) => `${describe(one)}, ${everSaid.has(one.id) ? 'said' : 'never said'}`);
    const wrong = [
      ...wanted.flatMap((one) => differs(describe(one), essence(one), essence(byId.get(one.id)))),
      ...wantedKills.flatMap((one) => differs(describe(one), essence(one), essence(killsById.get(one.id)))),
      ...given.flatMap((one) => differs(`${describe(one)} against what was done to it`, CAUSES[this.#ended.get(one.container.containerId) ?? 'none'], one.cause)),
    ];
    const perExit = new Map<string, Set<string>>();
    const note = (container: string, id: string): void => void perExit.set(container, (perExit.get(container) ?? new Set()).add(id));
    for (const { id, container } of given) note(container.containerId, id);
    for (const line of this.#tortured.lines) if (line.event === 'exit.verdict') note(line['container.id'] ?? '', line['why137.verdict.id'] ?? '');
    const duplicates = [...perExit].filter(([, ids]) => ids.size > 1).map(([container, ids]) => `${container}: ${[...ids].join(', ')}`);
    // Each exit has its answer, and no more of them.
    const extra = [...byId.keys()].filter((id) => !wanted.some((one) => one.id === id));
    return { lost, wrong: [...wrong, ...extra.map((id) => `${id} is not among the undisturbed agent's`)], duplicates, complete: wanted.length >= this.#ended.size && wantedKills.length >= this.#reported };
  }
}

interface Difference {
  readonly lost: readonly string[];
  readonly wrong: readonly string[];
  readonly duplicates: readonly string[];
  /** The undisturbed agent has answered for everything that happened. */
  readonly complete: boolean;
}
const NOTHING_YET: Difference = { lost: [], wrong: [], duplicates: [], complete: false };

function essence(one: Verdict | OomKill | undefined): string | null {
  if (one === undefined) return null;
  return one.kind === 'verdict' ? `${one.cause} ${one.confidence}` : `${one.scope} ${String(one.level)} ${String(one.containerId)} ${one.trust}`;
}

/** What is lost is not wrong as well. */
function differs(what: string, wanted: string | null, given: string | null): string[] {
  return given === null || wanted === given ? [] : [`${what}: ${given} and not ${String(wanted)}`];
}

function describe(one: Verdict | OomKill): string {
  return one.kind === 'verdict' ? `${one.id} of ${one.container.containerId} at ${one.exit.finishedAt}` : `${one.id} of ${String(one.containerId)}`;
}

/** When each container's verdict was logged first. */
function saidAt(agent: AgentProcess): Map<string, number> {
  const at = new Map<string, number>();
  for (const line of agent.lines) {
    const id = line['container.id'];
    if (line.event === 'exit.verdict' && line['why137.verdict.final'] === true && id !== undefined && !at.has(id)) at.set(id, Date.parse(line.time));
  }
  return at;
}

function nodeReport(id: string, pid: number): readonly string[] {
  return [
    'busybox invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0',
    `oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/k8s.io/${id},task=busybox,pid=${String(pid)},uid=0`,
    `Out of memory: Killed process ${String(pid)} (busybox) total-vm:34000kB, anon-rss:32000kB, file-rss:4kB, shmem-rss:0kB, UID:0 pgtables:100kB oom_score_adj:0`,
  ];
}

function appendAll(file: string, bytes: number): void {
  const before = statSync(file).size;
  appendFileSync(file, Buffer.alloc(bytes, 'x'));
  if (statSync(file).size === before) throw new Error('full');
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const end = Date.now() + 60_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`after a minute still not: ${what}`);
    await sleep(20);
  }
}
