import type { KernelLine } from '../framing/kernel-line.ts';
import { Assembler, type KillListener } from './assembler.ts';

/** More machines than write one log at a time; the one silent longest makes room. */
const MAX_MACHINES = 64;

/** The reports of every machine that writes one log, each put together from its own lines. */
export class Machines {
  readonly #listener: KillListener;
  readonly #fullRaw: boolean;
  readonly #byHost = new Map<string, Assembler>();
  #last = '';

  constructor(listener: KillListener, fullRaw = false) {
    this.#listener = listener;
    this.#fullRaw = fullRaw;
  }

  push(line: KernelLine): void {
    // A line that names no host goes on with what came before it.
    const host = line.host === '' ? this.#last : line.host;
    this.#of(host).push(line);
    this.#last = host;
  }

  get holding(): boolean {
    return [...this.#byHost.values()].some((one) => one.holding);
  }

  idle(): void {
    for (const one of this.#byHost.values()) one.idle();
  }

  end(): void {
    for (const one of this.#byHost.values()) one.end();
  }

  #of(host: string): Assembler {
    // The lines before the first that names a host are most likely that host's.
    const known = this.#byHost.get(host) ?? (this.#last === '' ? this.#byHost.get('') : undefined);
    const assembler = known ?? new Assembler(naming(host, this.#listener), this.#fullRaw);
    if (this.#last === host && known) return known;
    if (this.#last === '') this.#byHost.delete('');
    this.#byHost.delete(host);
    this.#byHost.set(host, assembler);
    const [oldest] = this.#byHost;
    if (this.#byHost.size > MAX_MACHINES && oldest) {
      this.#byHost.delete(oldest[0]);
      oldest[1].end();
    }
    return assembler;
  }
}

/** Says which machine it was. */
function naming(host: string, listener: KillListener): KillListener {
  return {
    onKill(kill) {
      listener.onKill(kill, host);
    },
    onKillLine: (line) => listener.onKillLine?.(line),
    onReportEnd(kills) {
      listener.onReportEnd(kills);
    },
  };
}
