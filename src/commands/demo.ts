import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Agent } from '../agent.ts';
import type { Clock } from '../host/clock.ts';
import { Why137Error } from '../lib/errors.ts';
import { SECOND, type Micros } from '../lib/time.ts';
import { createLog } from '../outputs/log/log.ts';
import { RecordedFiles } from '../recording/files.ts';
import { timelineOf } from '../recording/timeline.ts';
import { renderTable, tableRowOf } from './render/table.ts';

export interface DemoOptions {
  readonly recording: string | null;
  readonly listen: { readonly host: string; readonly port: number };
  readonly color: boolean;
  readonly width: number;
  readonly version: string;
  /** Keep the endpoint up until this is aborted; null: end when the table is printed. */
  readonly until: AbortSignal | null;
  readonly out: (text: string) => void;
}

const SETTLE_MS = 3_000;
const MORE_THAN_ENOUGH = 1_000;

/** A clock that stands still until it is turned. */
class EmbeddedClock implements Clock {
  #now: Micros;
  readonly #timers: { at: Micros; callback: () => void }[] = [];

  constructor(now: Micros) {
    this.#now = now;
  }

  now(): Micros {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms * 1_000, callback };
    this.#timers.push(timer);
    return () => {
      const index = this.#timers.indexOf(timer);
      if (index >= 0) this.#timers.splice(index, 1);
    };
  }

  /** Turns to a moment; what falls due on the way is called at its time. */
  turnTo(at: Micros): void {
    for (;;) {
      const next = this.#timers.reduce<{ at: Micros; callback: () => void } | null>((least, timer) => (timer.at <= at && (least === null || timer.at < least.at) ? timer : least), null);
      if (next === null) break;
      this.#timers.splice(this.#timers.indexOf(next), 1);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
    }
    this.#now = Math.max(this.#now, at);
  }
}

/** `why137 demo`: a recording of a real node through the real agent, on an embedded clock, with its endpoint up. */
export async function demo(options: DemoOptions): Promise<void> {
  const dir = options.recording ?? bundledRecording();
  const timeline = timelineOf(new RecordedFiles(dir));
  const clock = new EmbeddedClock(timeline.from);
  const silent = { write: (): void => undefined };
  const log = createLog({ write: silent, level: 'error', nodeName: null, now: () => clock.now() });
  const agent = new Agent({ clock, log, version: options.version, settleMs: SETTLE_MS, sources: timeline.sources, time: timeline.time, podMetrics: true, history: null });
  const { url } = await agent.listen(options.listen);
  for (const { at, event } of timeline.events) {
    clock.turnTo(at);
    agent.hear(event);
  }
  clock.turnTo(timeline.to + 2 * SETTLE_MS * 1_000 + SECOND);
  const { items } = agent.store.verdicts({ limit: MORE_THAN_ENOUGH });
  options.out(`A recording of a real node (${dir}): ${String(items.length)} exits, oldest first.\n\n`);
  options.out(`${renderTable([...items].reverse().map(tableRowOf), { color: options.color, width: options.width })}\n`);
  options.out(`The agent serves ${url}\n`);
  options.out(`  curl '${url}/v1/exits?code=137&limit=1'    curl ${url}/v1/sources    curl ${url}/metrics\n`);
  if (options.until !== null) {
    options.out('Ctrl-C ends it.\n');
    await new Promise<void>((resolve) => options.until?.addEventListener('abort', () => { resolve(); }, { once: true }));
  }
  await agent.close();
}

/** Next to the program, wherever it was installed. */
function bundledRecording(): string {
  const program = realpathSync(process.argv[1] ?? '.');
  const found = [join(dirname(program), '../demo/recording'), join(process.cwd(), 'demo/recording')].find((dir) => existsSync(dir));
  if (found === undefined) throw new Why137Error('W137_RECORDING', 'The bundled recording is not where the program is installed. Give one: why137 demo --recording DIR.');
  return found;
}
