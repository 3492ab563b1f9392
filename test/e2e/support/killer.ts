import { spawn } from 'node:child_process';
import { MS } from '../../../src/lib/time.ts';
import type { JournalLine } from '../../causes/support/recorded.ts';

/** What a userspace OOM killer printed, and how its victim ended. */
export interface Ran {
  readonly lines: readonly JournalLine[];
  readonly pid: number;
  readonly status: number;
  readonly startedUs: number;
  readonly endedUs: number;
}

/**
 * Runs a real one in a pid namespace where it sees nobody but a sleep (and the shell, which is its PID 1). `before` is
 * shell that is run first, with the victim's pid in $victim; `killer` is the command.
 */
export function runKiller({ before = ':', killer }: { readonly before?: string; readonly killer: string }): Promise<Ran> {
  const script = `sleep 1000 & victim=$!; echo "victim $victim"; ${before}; ${killer} & wait $victim; echo "status $?"`;
  const startedUs = Date.now() * MS;
  const child = spawn('timeout', ['60', 'unshare', '--pid', '--fork', '--mount-proc', '--kill-child', 'sh', '-c', `exec 2>&1; ${script}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: JournalLine[] = [];
  let [rest, pid, status, endedUs] = ['', 0, 0, 0];
  child.stdout.on('data', (chunk: Buffer) => {
    const [last = '', ...whole] = (rest + chunk.toString()).split('\n').reverse();
    rest = last;
    for (const text of whole.reverse()) {
      const told = /^(victim|status) (\d+)$/.exec(text);
      if (told?.[1] === 'victim') pid = Number(told[2]);
      else if (told) [status, endedUs] = [Number(told[2]), Date.now() * MS];
      else lines.push({ atUs: Date.now() * MS, text });
    }
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      resolve({ lines, pid, status, startedUs, endedUs });
    });
  });
}
