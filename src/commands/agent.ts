import { hostname } from 'node:os';
import { Agent } from '../agent.ts';
import type { AgentConfig } from '../config/schema.ts';
import type { Clock } from '../host/clock.ts';
import type { Host } from '../host/host.ts';
import { processCgroups } from '../host/process-cgroups.ts';
import { spareMemory } from '../host/spare-memory.ts';
import { wait } from '../host/wait.ts';
import { type ErrorCode, Why137Error } from '../lib/errors.ts';
import { MINUTE, MS } from '../lib/time.ts';
import type { SourceEvent } from '../model/source-event.ts';
import type { NodeSource } from '../node-sources/node-source.ts';
import { nodeSources } from '../node-sources/node-sources.ts';
import type { Events } from '../outputs/events/events.ts';
import { openStdout } from '../outputs/log/destination.ts';
import { createLog, type Log } from '../outputs/log/log.ts';
import { History } from '../store/history.ts';
import { holdDirectory, type Hold } from '../store/state/hold.ts';
import { exposure, listenAddress, securityOf } from './http-options.ts';
import { bootId, nodeTime } from './host-times.ts';
import { Witnesses } from './witnesses.ts';

/** An exit of long ago is caught up with; the count of now says nothing of it. */
const LIVE_US = MINUTE;
/**
 * Sources have so long to end. Beside what answers take to be kept (0.5 s), read (1.5 s) and closed (2 s), a second for
 * HTTP, and Events, it is 9.5 s in all: within a grace period of 10 s, though everything hangs.
 */
const STOP_MS = 3_000;
const EVENTS_MS = 1_500;
const FLUSH_MS = 500;
const STDERR_MS = 100;
/** An agent that was told to end is waited for: longer than its grace period. */
const HOLD_MS = 15_000;

/** `why137 agent`: runs until it is told to stop; resolves then. */
export async function runAgent(config: AgentConfig, host: Host, version: string, stop: AbortSignal): Promise<void> {
  const { clock } = host;
  const nodeName = config.nodeName ?? hostname();
  const log = createLog({ level: config.logLevel, nodeName, now: () => clock.now() });
  log.agent('agent.start', `why137 ${version} starts on ${nodeName}`, { 'why137.version': version });
  const hold = await holdState(config.stateDir, clock, stop, log);
  if (stop.aborted) {
    await hold?.release();
    return;
  }
  const history = await openHistory(config, host, log);
  try {
    await follow(config, host, version, stop, log, history);
  } finally {
    // Its timers would keep a process from ending that could not start.
    await history.close();
    await hold?.release();
  }
}

/** Two agents would each replace the other's state. Null where it cannot be made sure of that there is one only. */
async function holdState(dir: string, clock: Clock, stop: AbortSignal, log: Log): Promise<Hold | null> {
  const holding = await holdDirectory(dir, {
    waitMs: HOLD_MS,
    pause: (ms) => wait(clock, ms, stop),
    stopped: () => stop.aborted,
    onWait: () => { log.agent('agent.state', `another agent has ${dir}; waiting for it to end`, { 'why137.state.dir': dir }, 'warn'); },
  });
  if (holding.state === 'held') return holding.hold;
  if (holding.state === 'taken' && !stop.aborted) throw new Why137Error('W137_STATE_IN_USE', `Another agent has ${dir}, and did not end within ${String(HOLD_MS / 1_000)} s: end it, or give this one a --state-dir of its own.`);
  if (holding.state === 'free') log.agent('agent.state', `nothing keeps another agent from using ${dir}, too: ${holding.why}`, { 'why137.state.dir': dir }, 'warn');
  return null;
}

async function follow(config: AgentConfig, host: Host, version: string, stop: AbortSignal, log: Log, history: History): Promise<void> {
  const { clock } = host;
  const nodeName = config.nodeName ?? hostname();
  const events = config.kubernetesEvents === 'on' ? await openEvents(host, log, nodeName, version, history) : null;
  let isFull = (): boolean => false;
  const sources = await nodeSources(config, host, clock.now(), (name) => history.place(name), () => isFull());
  const time = nodeTime(host);
  const podMetrics = config.metricsPodLabels === 'on';
  const agent = new Agent({ clock, log, version, settleMs: config.settle, sources, time, cgroupOf: processCgroups(host), hostName: nodeName, podMetrics, maxKept: config.stateMaxCount, history, events, security: securityOf(config) });
  isFull = () => agent.isFull;
  const { url } = await agent.listen(listenAddress(config.listen)).catch(async (error: unknown) => {
    // Its timers would keep the process from ending.
    await agent.close();
    await events?.close(0);
    throw error;
  });
  const witnesses = new Witnesses(clock, config.settle, sources);
  for (const entry of sources) await entry.source.start((event) => { tell(event, agent, sources, witnesses, clock); });
  log.agent('agent.ready', `serving ${url}`, { url });
  const exposed = exposure(config);
  if (exposed !== null) log.agent('agent.exposed', exposed, { url }, 'warn');
  const spendAgain = spareMemory(clock);
  await stopped(stop);
  spendAgain();
  log.agent('agent.stop', 'told to stop');
  const isOver = within(clock, STOP_MS);
  // One that hangs is left behind: what was read is not lost for it.
  await Promise.race([Promise.all(sources.map(({ source }) => source.stop())), isOver]);
  await agent.close();
  await Promise.all([events?.close(EVENTS_MS), log.flush(FLUSH_MS)]);
  const unread = log.unread();
  if (unread > 0) await complain(`${String(unread)} log lines were lost because nobody read standard output: the next run says again what they said of exits and kills (W137_OUTPUT)`);
}

/** On standard error, which may be the same that nobody reads: it is not waited for. */
async function complain(sentence: string): Promise<void> {
  const stderr = openStdout(2);
  stderr.write(`why137: ${sentence}\n`);
  await stderr.flushed?.(STDERR_MS);
}

/** Hands an event on; an exit that happens now has the other witnesses look at once. */
function tell(event: SourceEvent, agent: Agent, sources: readonly NodeSource[], witnesses: Witnesses, clock: Clock): void {
  const hear = (): void => {
    for (const { hears } of sources) hears?.(event);
  };
  // What can be seen of the dead goes fast.
  if (event.type === 'exit') hear();
  if (event.type !== 'exit' || Date.parse(event.exit.finishedAt) * 1_000 < clock.now() - LIVE_US) {
    agent.hear(event);
    if (event.type === 'container' || event.type === 'ledger') hear();
    return;
  }
  witnesses.count();
  agent.hear(event);
  for (const { name, exited } of sources) if (name !== event.source) exited?.(event.exit);
  witnesses.look();
}

/** Loaded only where they are wanted. Throws W137_KUBERNETES outside a cluster. */
async function openEvents({ clock }: Host, log: Log, nodeName: string, version: string, history: History): Promise<Events> {
  const { inCluster } = await import('../outputs/events/in-cluster.ts');
  const { createEvents } = await import('../outputs/events/events.ts');
  const server = inCluster(process.env);
  log.agent('agent.events', `Kubernetes Events are written to ${server.url}`);
  return createEvents({ server, clock, log, nodeName, version, told: [...history.verdicts].filter((verdict) => history.isSaid(verdict)) });
}

function openHistory({ stateDir: dir, stateMaxAge, stateMaxBytes, stateMaxCount }: AgentConfig, host: Host, log: Log): Promise<History> {
  const tell = (msg: string, code: ErrorCode | null): void => {
    log.agent('agent.state', msg, { 'why137.state.dir': dir, 'error.code': code }, code === null ? 'info' : 'warn');
  };
  return History.open({
    dir,
    timer: host.clock,
    bootId: bootId(host),
    retention: { maxCount: stateMaxCount, maxBytes: stateMaxBytes, maxAgeUs: stateMaxAge * MS },
    onTrouble(why) {
      if (why === null) tell(`the state is kept again in ${dir}`, null);
      else tell(`what is said now is not kept over a restart: ${dir} cannot be written (${why})`, 'W137_STATE_UNWRITABLE');
    },
    onDamage({ discarded, why }) {
      const counts = Object.entries(discarded).map(([reason, count]) => `${String(count)} ${reason}`);
      const parts = [...(counts.length === 0 ? [] : [`records left out: ${counts.join(', ')}`]), ...(why === null ? [] : [`set aside: ${why}`])];
      tell(`the state in ${dir} was damaged; ${parts.join('; ')}`, 'W137_STATE_DAMAGED');
    },
  });
}

function within(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => { resolve(); }, { once: true });
  });
}
