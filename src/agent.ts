import type { CgroupOf } from './evidence/place-sender.ts';
import type { Clock } from './host/clock.ts';
import { ClockSteps } from './host/clock-steps.ts';
import { Turns } from './host/turns.ts';
import { explainExitCode } from './exit-codes/explain-exit-code.ts';
import type { TimeContext } from './kernel/framing/wall-time.ts';
import { sayDuration } from './lib/duration.ts';
import { sayThrown } from './lib/thrown.ts';
import { SECOND, type Micros } from './lib/time.ts';
import type { Container } from './model/container-exit.ts';
import type { OomKill } from './model/oom-kill.ts';
import type { Verdict } from './model/verdict.ts';
import type { SourceEvent } from './model/source-event.ts';
import type { Sources } from './model/source-status.ts';
import type { Events } from './outputs/events/events.ts';
import { createHttp, type Http } from './outputs/http/http.ts';
import type { HttpSecurity } from './outputs/http/security.ts';
import type { Log } from './outputs/log/log.ts';
import { createMetrics } from './outputs/metrics/metrics.ts';
import { Pipeline, type SourceEntry } from './pipeline.ts';
import { Saying } from './saying.ts';
import type { History } from './store/history.ts';
import { createMemoryStore } from './store/memory-store.ts';
import type { Store } from './store/store.ts';

export interface AgentParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  readonly settleMs: number;
  readonly sources: readonly SourceEntry[];
  readonly time: TimeContext;
  /** Which cgroup a process of the node is in. */
  readonly cgroupOf?: CgroupOf;
  /** The node's own name, as its logs may give it. */
  readonly hostName?: string;
  /** Whether metrics count exits by pod and container, too. */
  readonly podMetrics: boolean;
  /** Of verdicts and kills, how many are kept, each. */
  readonly maxKept?: number;
  /** What an earlier run said, so that it is not said again; null where nothing is kept. */
  readonly history: History | null;
  /** Events on pods, where they are wanted. */
  readonly events?: Events | null;
  /** What protects HTTP; nothing unless given. */
  readonly security?: HttpSecurity;
}

/** Bytes of JSON kept of verdicts and of kills each: the agent must stay light. */
const MAX_STORED_BYTES = 4 * 1024 * 1024;
/** The pipeline sees the time at least so often, and at most so soon again. */
const TICK_MS = 5_000;
const MIN_TICK_MS = 20;
/** Others have so long before answers that were left go on. */
const TURN_MS = 1;

/** The wiring: what sources tell goes through the pipeline to the store, HTTP, metrics and logs. */
export class Agent {
  readonly #parts: AgentParts;
  readonly #pipeline: Pipeline;
  readonly #store: Store;
  readonly #http: Http;
  readonly #saying: Saying;
  readonly #heard = new Set<string>();
  readonly #steps: ClockSteps;
  #forgetTick: () => void = () => undefined;
  #dueUs = Infinity;

  constructor(parts: AgentParts) {
    const { clock, log, history, events = null, maxKept } = parts;
    this.#parts = parts;
    this.#steps = new ClockSteps(clock);
    const store = createMemoryStore({ firstEventId: clock.now(), maxBytes: MAX_STORED_BYTES, maxVerdicts: maxKept, maxOomKills: maxKept });
    this.#store = store;
    const metrics = createMetrics({
      version: parts.version,
      podLabels: parts.podMetrics,
      store: () => store.counts(),
      streams: () => this.#http.streams(),
      refused: () => this.#http.refused(),
      logLinesDropped: () => log.dropped(),
      ...(events === null ? {} : { events: () => events.counts() }),
    });
    for (const kill of history?.oomKills ?? []) store.putOomKill(kill);
    for (const verdict of history?.verdicts ?? []) store.putVerdict(verdict);
    const containerOf = (kill: OomKill): Container | null => this.#pipeline.container(kill.containerId);
    this.#saying = new Saying({ history, clock, flush: (ms) => log.flush(ms) });
    const sayVerdict = (verdict: Verdict, latencyUs: Micros | null): void => {
      store.putVerdict(verdict);
      metrics.verdict(verdict, latencyUs === null ? null : latencyUs / SECOND, verdict.revision > 1);
      log.verdict(verdict);
      events?.verdict(verdict);
    };
    const say = (answer: Verdict | OomKill, speak: () => void): void => { this.#saying.say(answer, speak); };
    const sayKill = (kill: OomKill): void => {
      metrics.oomKill(kill);
      log.oomKill(kill, containerOf(kill));
    };
    this.#pipeline = new Pipeline({
      settleUs: parts.settleMs * 1_000,
      sources: parts.sources,
      time: parts.time,
      ...(parts.cgroupOf && { cgroupOf: parts.cgroupOf }),
      hostName: parts.hostName ?? null,
      turn: new Turns(),
      maxKept,
      output: {
        verdict(given, latencyUs) {
          const verdict = history === null ? given : history.verdict(given);
          if (verdict !== null) say(verdict, () => { sayVerdict(verdict, latencyUs); });
        },
        oomKill(kill, isNew) {
          const isToSay = history === null ? isNew : history.kill(kill, isNew);
          const hold = (): void => { store.putOomKill(kill); };
          if (isToSay) {
            say(kill, () => {
              hold();
              sayKill(kill);
            });
          } else if (history === null) hold();
          else history.whenKept(hold);
        },
        exit: (exit, id) => history?.exit(exit, id),
        unanswered: (id) => history?.unanswered(id),
        ledgerGap({ from, to, counted, parsed }) {
          const why = `the kernel counted ${String(counted)} OOM kills, ${String(parsed)} kill lines could be read`;
          log.source({ type: 'gap', source: 'ledger', from, to, why });
        },
      },
    });
    this.#http = createHttp({
      store,
      sources: () => this.sources(),
      containersNamed: (target) => this.#pipeline.containersNamed(target),
      ready: () => this.ready(),
      metrics: () => {
        metrics.sources(this.sources());
        return metrics.render();
      },
      now: () => clock.now(),
      version: parts.version,
      exitCode: explainExitCode,
      ...(parts.security && { security: parts.security }),
      onTrouble: (why) => {
        log.agent('agent.security', why, {}, 'error');
      },
      onError: (error) => {
        log.agent('agent.error', `a request failed: ${sayThrown(error)}`, {}, 'error');
      },
    });
    this.#tick();
    if (history === null) return;
    const { containers, oomKills: kills, exits, unsaid } = history;
    // A kill is said with the name of its container, and what was not said before what may come of it now.
    this.#pipeline.recall({ containers, kills: [], exits: [] }, clock.now());
    for (const one of unsaid) say(one, () => { if (one.kind === 'verdict') sayVerdict(one, null); else sayKill(one); });
    this.#pipeline.recall({ containers: [], kills, exits }, clock.now());
  }

  get store(): Store {
    return this.#store;
  }

  sources(): Sources {
    const { clock, history } = this.#parts;
    return { ...this.#pipeline.sources(clock.now()), ...(history && { state: history.status() }) };
  }

  /** More exits wait for their evidence than are to be. */
  get isFull(): boolean {
    return this.#pipeline.isFull;
  }

  /** Ready once every source has said whether it can be read; those that may never be there are not waited for. */
  ready(): { ready: boolean; why: string } {
    const silent = this.#parts.sources.filter(({ name, optional }) => optional !== true && !this.#heard.has(name)).map(({ name }) => name);
    return silent.length === 0 ? { ready: true, why: 'every source has reported' } : { ready: false, why: `waiting for ${silent.join(', ')}` };
  }

  /** Takes what a source tells. */
  hear(event: SourceEvent): void {
    const missed = this.#remember(event);
    if (missed !== null) this.#take(missed);
    this.#take(event);
    if (event.type !== 'up' && event.type !== 'down') return;
    const { sources, history, clock } = this.#parts;
    if (history === null || sources.some(({ name, kind }) => kind === 'exits' && !this.#heard.has(name))) return;
    for (const lost of history.lost(clock.now())) this.#take(lost);
  }

  /** Has it kept, where it is to be kept; gives what is missing between it and an earlier run. */
  #remember(event: SourceEvent): SourceEvent | null {
    const { sources, history } = this.#parts;
    if (history === null) return null;
    const entry = sources.find(({ name }) => name === event.source);
    if (event.type === 'covered' && entry?.place) history.position(event.source, entry.place());
    return history.hear(event, entry?.kind === 'exits');
  }

  #take(event: SourceEvent): void {
    const now = this.#now();
    if (event.type === 'up' || event.type === 'down') this.#heard.add(event.source);
    if (event.type === 'up' || event.type === 'down' || event.type === 'gap') this.#parts.log.source(event);
    this.#pipeline.hear(event, now);
    if (event.type === 'exit' || event.type === 'text' || event.type === 'journal' || event.type === 'kmsg') this.#tickIn(MIN_TICK_MS);
  }

  listen(where: { host: string; port: number }): Promise<{ url: string }> {
    return this.#http.listen(where);
  }

  async close(): Promise<void> {
    this.#forgetTick();
    this.#pipeline.end(this.#parts.clock.now());
    this.#forgetTick();
    await this.#saying.close();
    await this.#http.close();
  }

  /** The wall clock's time, after the pipeline was told if that was set. */
  #now(): Micros {
    const { now, setBy } = this.#steps.look();
    if (setBy !== 0) {
      this.#parts.log.agent('agent.clock', `the wall clock was set by ${sayDuration(setBy / 1_000)}, or the host slept`, { 'why137.clock.set_by_ms': Math.round(setBy / 1_000) }, 'warn');
      this.#pipeline.clockSet(setBy);
      this.#dueUs = Infinity;
    }
    return now;
  }

  /** Lets the pipeline see the time, when something is due and now and then. */
  #tick(): void {
    const now = this.#now();
    this.#dueUs = Infinity;
    const due = this.#pipeline.advance(now);
    // What is due already was left for want of time: it goes on when others had their turn.
    if (due !== null && due <= now) this.#tickIn(TURN_MS, TURN_MS);
    else this.#tickIn(due === null ? TICK_MS : Math.min(TICK_MS, (due - now) / 1_000));
  }

  #tickIn(ms: number, atLeast = MIN_TICK_MS): void {
    const wait = Math.max(atLeast, ms);
    const at: Micros = this.#parts.clock.now() + wait * 1_000;
    if (at >= this.#dueUs) return;
    this.#dueUs = at;
    this.#forgetTick();
    this.#forgetTick = this.#parts.clock.after(wait, () => {
      this.#tick();
    });
  }
}
