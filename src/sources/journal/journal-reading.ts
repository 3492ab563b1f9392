import { wait } from '../../host/wait.ts';
import { formatTime, type Micros } from '../../lib/time.ts';
import type { Emit } from '../../model/source-event.ts';
import { complaintOf, endComplaint, NO_DESCRIPTOR, ignoredFiles, lacksGrep, lacksInotify, type Complaint, type Ending } from './complaint.ts';
import { AtOnce } from './at-once.ts';
import { Heartbeat } from './heartbeat.ts';
import { JournalCoverage } from './journal-coverage.ts';
import { spanOf } from './journal-files.ts';
import { Journalctl } from './journalctl.ts';
import { cursorOf, cursorTime, isMissedRecord, messageOf, receivedAt } from './journal-record.ts';
import type { JournalOptions } from './journal-options.ts';
import { atArgs, beforeArgs, oldestArgs, readArgs, type Position } from './journalctl-args.ts';

/** How long the kernel's word may take to be in the journal: what was read covers no later moment than this before. */
const WRITE_LAG_US = 250_000;
/** A long journal is searched in silence; one that was read a moment ago is not. */
const CATCH_UP_SILENT_MS = 300_000;
const READ_NOW_SILENT_MS = 5_000;
/** What another process read must come from the following one within this time; else that one hangs. */
const FOLLOW_BEHIND_US = 10_000_000;
/** Where journalctl cannot follow for want of inotify: how often it is asked, and how often before it is tried again. */
const POLL_MS = 2_000;
const POLLS = 150;
const OWN_WORDS = Buffer.from('-- ');
const CURSOR_LINE = Buffer.from('-- cursor: ');

/** Reads the journal in order, each record once, and knows how far it came. */
export class JournalReading {
  readonly #options: JournalOptions;
  readonly #source: string;
  readonly #emit: Emit;
  #cursor: string | null;
  readonly #coverage: JournalCoverage;
  #grep = true;
  readonly #journalctl: Journalctl;
  /** Records that another process handed over before the following one comes to them, and when. */
  readonly #ahead = new Map<string, Micros>();
  /** The record before those that are to be followed: it may come once more. */
  #followedFrom: string | null = null;
  readonly #atOnce: AtOnce;
  #following: 'no' | 'by-journalctl' | 'by-asking' = 'no';
  #followed = false;
  #giveUpFollowing: () => void = () => undefined;
  #toldAsking = false;
  /** Files that journalctl cannot read, of which was told. */
  readonly #leftOut = new Set<string>();

  constructor(options: JournalOptions, emit: Emit) {
    this.#options = options;
    this.#source = options.part.name;
    this.#emit = emit;
    this.#journalctl = new Journalctl(options.host);
    this.#coverage = new JournalCoverage(this.#source, options.host.clock, emit);
    this.#cursor = usable(options.cursor, options.host.clock.now());
    this.#atOnce = new AtOnce({
      clock: options.host.clock,
      signal: this.#journalctl.signal,
      read: () => this.#readBeside(),
      isWanted: () => this.#following !== 'no' && !this.#journalctl.stopped,
    });
  }

  /** The last attempt came as far as following. */
  get followed(): boolean {
    return this.#followed;
  }

  stop(): void {
    this.#journalctl.stop();
  }

  /** Finds from when on records are kept. */
  async findOldest(): Promise<Complaint | null> {
    this.#followed = false;
    const { host, dir, part } = this.#options;
    const { line, ending } = await this.#journalctl.first(oldestArgs(host, dir, part.oldest));
    this.#coverage.oldest = line === null ? null : receivedAt(line);
    return this.#coverage.oldest === null ? complaintOf(ending) : null;
  }

  /** Whether the record that was read last is still kept; if not, what came after it may be gone as well. */
  async checkCursor(): Promise<Complaint | null> {
    const { host, dir } = this.#options;
    if (this.#cursor === null) return null;
    const from = this.#lastTime;
    const { line, ending } = await this.#journalctl.first(atArgs(host, dir, this.#cursor));
    if (/seek to cursor/i.test(ending.stderr)) {
      // Not a cursor of this systemd: begin again with what is known of its time.
      this.#cursor = null;
    } else if (line === null) {
      const complaint = complaintOf(ending);
      if (complaint !== null) return complaint;
    } else if (cursorOf(line) === this.#cursor) {
      return null;
    }
    const to = line === null ? host.clock.now() : receivedAt(line);
    const why = 'the journal no longer has the record that was read last: it was vacuumed or replaced';
    this.#emit({ type: 'gap', source: this.#source, from, to, why });
    this.#coverage.breakAt(to);
    return null;
  }

  /** Reads what is there, and tells over which time it did. */
  async catchUp(): Promise<Complaint | null> {
    this.#coverage.begin(this.#lastTime ?? this.#options.since);
    const complaint = await this.#readToEnd(CATCH_UP_SILENT_MS);
    if (complaint !== null) return complaint;
    this.#toldAsking = false;
    const { oldest } = this.#coverage;
    if (oldest === null) {
      this.#emit({ type: 'down', source: this.#source, ...this.#options.part.none });
    } else {
      const detail = `journalctl, ${this.#options.part.what} kept since ${formatTime(oldest)}`;
      this.#emit({ type: 'up', source: this.#source, detail });
    }
    return null;
  }

  /** Hands over what comes, until journalctl ends: never, unless something is wrong. */
  async follow(): Promise<Complaint> {
    this.#ahead.clear();
    this.#followedFrom = this.#cursor;
    const { clock } = this.#options.host;
    const run = this.#journalctl.run(this.#args(this.#position(), true), null);
    this.#following = 'by-journalctl';
    this.#followed = true;
    this.#giveUpFollowing = () => {
      run.giveUp();
    };
    const heartbeat = new Heartbeat(clock, (to) => {
      // While another process reads, or this one is behind it, its silence proves nothing.
      if (this.#atOnce.running !== null) return;
      const [behind] = this.#ahead.values();
      if (behind === undefined) this.#coverage.upTo(to);
      else if (clock.now() - behind > FOLLOW_BEHIND_US) run.giveUp();
    });
    heartbeat.start();
    try {
      for await (const line of run.lines) {
        // What a reading at once hands over comes first, so that the order stays.
        if (this.#atOnce.running !== null) await this.#atOnce.running;
        this.#hand(line);
        heartbeat.line(receivedAt(line));
      }
    } finally {
      heartbeat.stop();
      this.#following = 'no';
      this.#giveUpFollowing = () => undefined;
    }
    const ending = await run.ended;
    if (this.#withoutGrep(ending)) return this.follow();
    if (lacksInotify(ending) && !this.#journalctl.stopped) return (await this.#ask()) ?? this.follow();
    return endComplaint(ending);
  }

  /** Follows without inotify, for a while. */
  async #ask(): Promise<Complaint | null> {
    const detail = 'journalctl, asked every two seconds: no inotify instance is left (raise fs.inotify.max_user_instances)';
    if (!this.#toldAsking) this.#emit({ type: 'up', source: this.#source, detail });
    this.#toldAsking = true;
    this.#following = 'by-asking';
    try {
      for (let polls = 0; polls < POLLS && !this.#journalctl.stopped; polls += 1) {
        const complaint = await this.#atOnce.now();
        if (complaint !== null) return complaint;
        await wait(this.#options.host.clock, POLL_MS, this.#journalctl.signal);
      }
      return null;
    } finally {
      this.#following = 'no';
    }
  }

  /** See JournalSource. */
  readNow(): Promise<void> {
    return this.#atOnce.soon();
  }

  async #readBeside(): Promise<Complaint | null> {
    const complaint = await this.#readToEnd(READ_NOW_SILENT_MS);
    // What holds this one up may hold up the other: its silence proves nothing any more. But for one that was not even begun.
    if (complaint !== null && complaint !== NO_DESCRIPTOR) this.#giveUpFollowing();
    return complaint;
  }

  async #readToEnd(silentMs: number): Promise<Complaint | null> {
    const begun = this.#options.host.clock.now();
    const first = this.#cursor;
    const run = this.#journalctl.run(this.#args(this.#position(), false), silentMs);
    let end: string | null = null;
    for await (const line of run.lines) {
      if (startsWith(line, CURSOR_LINE)) {
        end = Buffer.from(line.subarray(CURSOR_LINE.length)).toString('latin1');
      } else if (first === null || cursorOf(line) !== first) {
        this.#hand(line, true);
      }
    }
    const ending = await run.ended;
    if (this.#withoutGrep(ending)) return this.#readToEnd(silentMs);
    const complaint = complaintOf(ending);
    if (complaint !== null || this.#journalctl.stopped) return complaint;
    if (end !== null) this.#moveTo(end);
    for (const file of ignoredFiles(ending.stderr)) {
      if (this.#leftOut.has(file)) continue;
      this.#leftOut.add(file);
      const { from, to } = spanOf(file);
      const why = `journalctl cannot read ${file} and left it out`;
      this.#emit({ type: 'gap', source: this.#source, from, to: to ?? begun, why });
    }
    this.#coverage.upTo(begun - WRITE_LAG_US);
    return null;
  }

  #hand(line: Uint8Array, ahead = false): void {
    // journalctl's own words between records: `-- No entries --`, `-- Boot … --`.
    if (line.length === 0 || startsWith(line, OWN_WORDS)) return;
    const cursor = cursorOf(line);
    if (cursor !== null) {
      if (!ahead && (cursor === this.#followedFrom || this.#ahead.delete(cursor))) return;
      if (ahead && this.#following === 'by-journalctl') this.#ahead.set(cursor, this.#options.host.clock.now());
    }
    this.#emit({ type: 'journal', source: this.#source, line });
    if (cursor !== null) this.#moveTo(cursor);
    if (this.#coverage.oldest === null && this.#options.part.isPart(line)) this.#firstRecord(receivedAt(line));
    if (this.#options.part.ofKernel && isMissedRecord(line)) void this.#tellMissed(line, cursor);
  }

  #firstRecord(time: Micros | null): void {
    if (time === null) return;
    this.#coverage.firstRecord(time);
    this.#emit({ type: 'up', source: this.#source, detail: `journalctl, ${this.#options.part.what} kept since ${formatTime(time)}` });
  }

  /** The lost messages came after the last kernel record before journald's notice. */
  async #tellMissed(line: Uint8Array, cursor: string | null): Promise<void> {
    const to = receivedAt(line);
    const why = `journald could not keep up with the kernel: ${messageOf(line) ?? 'missed kernel messages'}`;
    let from: Micros | null = null;
    if (cursor !== null) {
      const { line: before } = await this.#journalctl.first(beforeArgs(this.#options.host, this.#options.dir, cursor));
      from = before === null ? null : receivedAt(before);
    }
    this.#emit({ type: 'gap', source: this.#source, from, to, why });
  }

  #moveTo(cursor: string): void {
    if (cursor === this.#cursor) return;
    this.#cursor = cursor;
    this.#options.onCursor(cursor);
  }

  get #lastTime(): Micros | null {
    return this.#cursor === null ? null : cursorTime(this.#cursor);
  }

  #position(): Position {
    const { since } = this.#options;
    return this.#cursor !== null ? { cursor: this.#cursor } : since === null ? null : { since };
  }

  #args(position: Position, follow: boolean): string[] {
    const { host, dir, pattern, matches, part } = this.#options;
    // Without any record so far, the first one must be seen, whatever it says.
    const grep = this.#grep && !(follow && this.#coverage.oldest === null);
    return readArgs(host, dir, { pattern: grep ? pattern : null, matches, ofKernel: part.ofKernel }, position, follow);
  }

  /** True once: this journalctl cannot select by pattern, so everything is to be read. */
  #withoutGrep(ending: Ending): boolean {
    if (!lacksGrep(ending) || !this.#grep || this.#journalctl.stopped) return false;
    this.#grep = false;
    return true;
  }
}

/** A cursor from the future (the wall clock was set back) would wait for it: better none. */
function usable(cursor: string | null, now: Micros): string | null {
  const time = cursor === null ? null : cursorTime(cursor);
  return time !== null && time > now ? null : cursor;
}

function startsWith(line: Uint8Array, opening: Uint8Array): boolean {
  return line.length >= opening.length && Buffer.compare(line.subarray(0, opening.length), opening) === 0;
}
