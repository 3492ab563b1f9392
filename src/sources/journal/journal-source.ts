import { paced } from '../../host/paced.ts';
import { wait } from '../../host/wait.ts';
import { Backoff } from '../../lib/backoff.ts';
import { pauseAfter } from '../../lib/no-descriptor.ts';
import type { Emit } from '../../model/source-event.ts';
import type { Source } from '../source.ts';
import { NO_FILES, noDirectory, type Complaint } from './complaint.ts';
import { hasJournalFiles, JOURNAL_DIRS, journalDirs } from './journal-files.ts';
import type { JournalOptions } from './journal-options.ts';
import { JournalReading } from './journal-reading.ts';
import { TailWatch } from './tail-watch.ts';

export interface JournalSource extends Source {
  /**
   * Reads at once what journald has written and emits it, without waiting for journald's change notice (which comes
   * 250 to 500 ms late), then tells how far is covered. Resolves when done; does nothing while the source is down.
   */
  readNow(): Promise<void>;
}

/** After so long of following without trouble, the next trouble is a new one. */
const HEALTHY_US = 10_000_000;
/** A reading back that takes longer is told of. */
const SLOW_MS = 30_000;
/** At least so long from one reading to the next that the tail of the journal asked for. */
const HINT_PAUSE_MS = 300;

/** The systemd journal, by way of `journalctl`: caught up with first, then followed, restarted when it dies. */
export function journalSource(options: JournalOptions): JournalSource {
  const { host } = options;
  const ending = new AbortController();
  const stopped = () => ending.signal.aborted;
  let reading: JournalReading | null = null;
  let watch: TailWatch | null = null;
  let running: Promise<void> = Promise.resolve();

  async function session(current: JournalReading, emit: Emit): Promise<Complaint> {
    const dirs = journalDirs(host, options.dir);
    if (dirs.length === 0) return noDirectory(options.dir === null ? JOURNAL_DIRS : [options.dir]);
    if (!hasJournalFiles(dirs)) {
      return (await current.findOldest()) ?? NO_FILES;
    }
    const forgetSlow = host.clock.after(SLOW_MS, () => {
      emit({ type: 'down', source: options.part.name, why: 'journalctl has not read up to now yet', cure: null });
    });
    const complaint =
      (await current.findOldest()) ?? (await current.checkCursor()) ?? (await current.catchUp());
    forgetSlow();
    if (complaint !== null) return complaint;
    watch = options.part.atOnce ? new TailWatch(host.clock, dirs, new RegExp(options.pattern), paced(host.clock, HINT_PAUSE_MS, () => void current.readNow())) : null;
    watch?.start();
    try {
      return await current.follow();
    } finally {
      watch?.stop();
      watch = null;
    }
  }

  async function run(current: JournalReading, emit: Emit): Promise<void> {
    const backoff = new Backoff();
    let told: string | null = null;
    while (!stopped()) {
      const begun = host.clock.now();
      const { why, cure } = await session(current, emit);
      if (stopped()) break;
      const lasted = current.followed ? host.clock.now() - begun : 0;
      if (lasted > HEALTHY_US) backoff.reset();
      // The same trouble at every attempt is told once; it ends with `up`.
      if (current.followed || told !== why) emit({ type: 'down', source: options.part.name, why, cure });
      told = why;
      await wait(host.clock, pauseAfter(why, backoff), ending.signal);
    }
  }

  return {
    name: options.part.name,
    kind: options.part.kind,
    start(emit) {
      reading = new JournalReading(options, emit);
      running = run(reading, emit);
      return Promise.resolve();
    },
    async stop() {
      ending.abort();
      reading?.stop();
      await running;
    },
    async readNow() {
      watch?.alert();
      await reading?.readNow();
    },
  };
}
