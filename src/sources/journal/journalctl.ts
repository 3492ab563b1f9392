import type { Host, LineProcess } from '../../host/host.ts';
import type { Ending } from './complaint.ts';

const COMMAND = 'journalctl';
const OPENING_BRACE = 0x7b;
const DASH = 0x2d;
/** So many lines in a row that are neither records nor its own words (`-- No entries --`) are garbage. */
const MAX_GARBAGE = 1_000;
/** How long one record may take. */
const FIRST_MS = 30_000;
/** A process that hangs in the kernel cannot be killed: nobody waits longer for its end. */
const END_MS = 5_000;

/** One run of journalctl. */
export interface Run {
  readonly lines: AsyncIterable<Uint8Array>;
  readonly ended: Promise<Ending>;
  /** Ends it because it does not answer. */
  giveUp(): void;
  /** Ends it because no more is wanted. */
  stop(): void;
}

/** Runs journalctl, ends what does not answer, and everything when told to stop. */
export class Journalctl {
  readonly #host: Host;
  readonly #runs = new Set<() => void>();
  readonly #stopping = new AbortController();

  constructor(host: Host) {
    this.#host = host;
  }

  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  get stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  stop(): void {
    this.#stopping.abort();
    for (const halt of this.#runs) halt();
  }

  /** `silentMs`: if no line comes for so long (up to twice as long) and it does not end, it hangs; null: it may be silent. */
  run(args: readonly string[], silentMs: number | null): Run {
    const { clock } = this.#host;
    const process: LineProcess = this.#host.spawn(COMMAND, args);
    let hung = false;
    let garbage = 0;
    let lines = 0;
    let forgetEnd: () => void = () => undefined;
    let forgetSilence: () => void = () => undefined;
    let left: (ending: Omit<Ending, 'hung'>) => void = () => undefined;
    const leftBehind = new Promise<Omit<Ending, 'hung'>>((resolve) => (left = resolve));

    const halt = (): void => {
      forgetSilence();
      process.stop();
      forgetEnd();
      forgetEnd = clock.after(END_MS, () => {
        left({ exitCode: null, stderr: '', notFound: false });
      });
    };
    const giveUp = (): void => {
      hung = true;
      halt();
    };
    const listen = (ms: number): void => {
      const before = lines;
      forgetSilence = clock.after(ms, () => {
        if (lines === before) giveUp();
        else listen(ms);
      });
    };
    async function* counted(): AsyncGenerator<Uint8Array, void> {
      for await (const line of process.lines) {
        lines += 1;
        garbage = line[0] === OPENING_BRACE || line[0] === DASH ? 0 : garbage + 1;
        if (garbage > MAX_GARBAGE) {
          halt();
          return;
        }
        yield line;
      }
    }

    this.#runs.add(halt);
    if (silentMs !== null) listen(silentMs);
    const ended = Promise.race([process.ended, leftBehind]).then((ending) => {
      forgetEnd();
      forgetSilence();
      this.#runs.delete(halt);
      return { ...ending, hung, garbage: garbage > MAX_GARBAGE };
    });
    if (this.stopped) halt();
    return { lines: counted(), ended, giveUp, stop: halt };
  }

  /** The first record that is printed; journalctl is ended then. */
  async first(args: readonly string[]): Promise<{ readonly line: Uint8Array | null; readonly ending: Ending }> {
    const run = this.run(args, FIRST_MS);
    for await (const line of run.lines) {
      if (line[0] !== OPENING_BRACE) continue;
      run.stop();
      return { line, ending: await run.ended };
    }
    return { line: null, ending: await run.ended };
  }
}
