import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PATIENCE_MS = 600_000;

/**
 * Starts the agent on a free port, with a state directory of its own.
 * @param {string[]} args further options of `why137 agent`
 * @param {(line: object, atMs: number) => void} [onLine] hears every log line, with the wall time at which it came
 */
export function startAgent({ dir, node, program }, args, onLine = () => undefined) {
  const begun = performance.now();
  const state = mkdtempSync(join(dir, 'state-'));
  const child = spawn(node, [program, 'agent', '--listen', '127.0.0.1:0', '--state-dir', state, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const lines = [];
  const waiting = new Set();
  let stderr = '';
  let rest = '';
  child.stderr.on('data', (data) => (stderr = (stderr + data).slice(-4_000)));
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const now = performance.timeOrigin + performance.now();
    const cut = (rest + text).split('\n');
    rest = cut.pop();
    for (const one of cut) {
      const line = JSON.parse(one);
      lines.push(line);
      onLine(line, now);
      for (const look of waiting) look(line);
    }
  });
  const ended = new Promise((resolve) => child.once('close', resolve));

  return {
    pid: child.pid,
    lines,
    /** The first log line that fits, and how many seconds after the start it came. */
    when(fits, what) {
      const known = lines.find(fits);
      return new Promise((resolve, reject) => {
        if (known) return void resolve({ line: known, seconds: (performance.now() - begun) / 1_000 });
        const fail = (why) => reject(new Error(`the agent never said: ${what} (${why}); ${stderr}`));
        const timer = setTimeout(() => fail('waited long enough'), PATIENCE_MS);
        void ended.then(() => fail('it ended'));
        const look = (line) => {
          if (!fits(line)) return;
          waiting.delete(look);
          clearTimeout(timer);
          resolve({ line, seconds: (performance.now() - begun) / 1_000 });
        };
        waiting.add(look);
      });
    },
    async url() {
      return (await this.when((line) => line.event === 'agent.ready', 'agent.ready')).line.url;
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Resident memory of a process in MiB. */
export function residentMiB(pid) {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** Processor time of a process, of its children that run and of those that it has waited for, in seconds. */
export function cpuSecondsWithChildren(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  // Fields behind the name, which is in brackets: from the 14th of all on, utime, stime, cutime, cstime in ticks of 10 ms.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
  const own = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
  return children.reduce((sum, child) => sum + cpuSecondsWithChildren(child), own);
}
