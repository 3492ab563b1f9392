import type { KernelLine } from '../framing/kernel-line.ts';
import { isTornKilled } from './killed-line.ts';
import { isTornOomKill } from './oom-kill-line.ts';
import { sameHost } from './report.ts';
import { readSaid } from './wording.ts';

/** A name has 15 bytes, so at most 15 newlines; a mail client breaks a line into fewer pieces. */
const MAX_PIECES = 16;
/** Other lines that may stand between the pieces. */
const MAX_BETWEEN = 16;

/**
 * Puts lines together that their carrier tore: a record longer than the kernel's limit goes on in the next (without
 * anything between), a newline in a process name makes a new line of text logs, and people's mail clients wrap.
 * Gives every line through, in order, but holds a torn one until its rest has come or it is clear that it won't.
 */
export class TornLines {
  #held: KernelLine | null = null;
  #pieces = 0;
  #between = 0;

  push(line: KernelLine): KernelLine[] {
    const held = this.#held;
    if (held === null) return this.#take(line);
    const whole = sameHost(held, line) ? this.#join(held, line) : null;
    if (whole !== null) {
      this.#held = null;
      return this.#take(whole);
    }
    if (line.bare && this.#pieces < MAX_PIECES) {
      // Neither a line of its own nor yet the end of the torn one: the middle piece.
      if (sameHost(held, line) && readSaid(line.text) === null) {
        this.#pieces += 1;
        this.#held = glue(held, line, separators(held, line)[0] ?? '');
        return [];
      }
    }
    if (readSaid(line.text) === null && !isTorn(line.text) && this.#between < MAX_BETWEEN) {
      this.#between += 1;
      return line.bare ? [] : [line];
    }
    this.#held = null;
    return [held, ...this.#take(line)];
  }

  get holding(): boolean {
    return this.#held !== null;
  }

  /** Gives up waiting for the rest of a torn line. */
  flush(): KernelLine[] {
    const held = this.#held;
    this.#held = null;
    return held === null ? [] : [held];
  }

  #take(line: KernelLine): KernelLine[] {
    if (!isTorn(line.text)) return [line];
    this.#held = line;
    this.#pieces = 0;
    this.#between = 0;
    return [];
  }

  #join(held: KernelLine, line: KernelLine): KernelLine | null {
    if (!line.bare && !line.continues && readSaid(line.text) !== null) return null;
    for (const separator of separators(held, line)) {
      const whole = glue(held, line, separator);
      if (readSaid(whole.text) !== null && !isTorn(whole.text)) return whole;
    }
    return null;
  }
}

/** Beginnings of lines that mail clients broke; the kernel never ends a line so. */
const WRAPPED = [
  / invoked oom-killer:(?:\s*| gfp_mask=[^ ]*,\s*)$/,
  /^CPU: ?\d+ (?:UID: ?\d+ )?PID: ?\d+ Comm: (?!.*ainted)/,
  /^Tasks in (?!.* set).* are\b/,
  /^$/,
];

function isTorn(text: string): boolean {
  return isTornOomKill(text) || isTornKilled(text) || WRAPPED.some((wrapped) => wrapped.test(text));
}

function separators(held: KernelLine, line: KernelLine): readonly string[] {
  if (held.text === '') return [''];
  if (line.continues) return [''];
  const inName = / \([^)]*$/.test(held.text) || held.text.includes(',task=');
  if (!line.bare) return inName ? ['\n', ''] : ['', '\n'];
  return inName ? ['\n', '', ' '] : [/\s$/.test(held.text) || held.text.startsWith('oom-kill:') ? '' : ' ', '', '\n'];
}

function glue(held: KernelLine, line: KernelLine, separator: string): KernelLine {
  return { ...held, text: `${held.text}${separator}${line.text}`, raw: `${held.raw}\n${line.raw}`, at: line.at };
}
