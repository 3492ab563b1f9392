import { SECOND, type Micros } from '../../lib/time.ts';
import type { Field } from '../origin.ts';
import type { KlogLine } from './klog.ts';

/**
 * kubelet writes a message with newlines at once, so lines within it follow its header by milliseconds, and by more where
 * the node is busy. A kubelet that logs JSON prints text before it has read how to log, in its first moments.
 */
const APART_US = 5 * SECOND;
/** Processes whose way of logging is remembered. A node has one kubelet at a time. */
const MAX_PROCESSES = 16;

interface Process {
  /** Its first line that was seen. */
  readonly firstUs: Micros;
  /** Its last line with a header of text. */
  readonly textUs: Micros | null;
  /** It printed such a header when its first moments were over. */
  readonly logsText: boolean;
}

/**
 * Whether lines of JSON are kubelet's own. They name no pid, and a kubelet that logs text repeats what containers print and
 * what pods' definitions hold, newlines and all (probes' output to 1.20, containers that cannot be started to 1.30): such a line
 * may be anything. A kubelet that logs JSON escapes newlines, so nobody can print a header of text for it.
 */
export class LogFormats {
  readonly #processes = new Map<string, Process>();
  #pid: number | null = null;

  /** Takes the process's next line; false where it is JSON and may be another's. */
  isOwnFormat({ pid }: KlogLine, atUs: Micros | null, field: Field): boolean {
    const writer = field('_PID') ?? field('SYSLOG_PID');
    // Where nothing tells the writer, another pid in a header is that of another run.
    if (writer === null && pid !== null && pid !== this.#pid) this.#processes.clear();
    this.#pid = pid ?? this.#pid;
    const key = `${field('_BOOT_ID') ?? ''} ${writer ?? ''}`;
    const known = this.#processes.get(key);
    const process = seen(known, pid !== null, atUs);
    if (process) this.#keep(key, process);
    if (pid !== null) return true;
    if (!known || !process || atUs === null || process.logsText) return false;
    return atUs - process.firstUs >= APART_US && (process.textUs === null || atUs - process.textUs >= APART_US);
  }

  #keep(key: string, process: Process): void {
    this.#processes.delete(key);
    this.#processes.set(key, process);
    const [oldest] = this.#processes.keys();
    if (this.#processes.size > MAX_PROCESSES && oldest !== undefined) this.#processes.delete(oldest);
  }
}

/** Logs may come a little out of order. */
function seen(known: Process | undefined, isText: boolean, atUs: Micros | null): Process | undefined {
  if (atUs === null) return known;
  const firstUs = Math.min(known?.firstUs ?? atUs, atUs);
  const textUs = isText ? Math.max(known?.textUs ?? atUs, atUs) : (known?.textUs ?? null);
  return { firstUs, textUs, logsText: known?.logsText === true || (textUs !== null && textUs - firstUs >= APART_US) };
}
