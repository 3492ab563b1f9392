import { spawn } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSecondsWithChildren, startAgent } from '../lib/agent.js';
import { nodeAround } from '../lib/node-around.js';
import { random } from '../data/random.js';
import { syslogNoise } from '../data/noise.js';

const TICKS_PER_SECOND = 10;

/** Processor time of the agent with its journalctl: with nothing to do, and while a followed file grows fast. */
export async function cpu(bench) {
  const { dir, say, sizes } = bench;
  const around = await nodeAround(bench);
  const file = join(dir, 'followed');
  writeFileSync(file, '');
  const agent = startAgent(bench, [...around.args, '--kernel-log-file', file]);
  const tail = spawn('tail', ['-F', file], { stdio: ['ignore', 'ignore', 'ignore'] });
  try {
    await agent.url();
    await sleep(Math.min(5, sizes.idleSeconds) * 1_000);
    say(`${String(sizes.idleSeconds)} s of nothing, then of ${String(sizes.noisyLinesPerSecond)} lines/s`);
    const idle = await percent([agent.pid, tail.pid], sizes.idleSeconds, () => undefined);
    const rng = random(3);
    const noisy = await percent([agent.pid, tail.pid], sizes.idleSeconds, () => {
      const stamp = new Date().toISOString().replace('Z', '000+00:00');
      appendFileSync(file, Array.from({ length: sizes.noisyLinesPerSecond / TICKS_PER_SECOND }, () => `${stamp} node1 ${syslogNoise(rng)}\n`).join(''));
    });
    const row = (what, [ours, theirs]) => ({ what, ours: `${ours.toFixed(2)} % of a core`, reference: 'tail -F of the same file', theirs: `${theirs.toFixed(2)} %` });
    return [row(`CPU while idle, with ${around.parts}`, idle), row(`CPU while a followed file grows by ${String(sizes.noisyLinesPerSecond)} lines/s`, noisy)];
  } finally {
    tail.kill();
    await agent.stop();
    await around.stop();
  }
}

/** Share of a core that each process used while `tick` was called ten times a second. */
async function percent(pids, seconds, tick) {
  const before = pids.map(cpuSecondsWithChildren);
  const begun = performance.now();
  for (let at = 0; at < seconds * TICKS_PER_SECOND; at += 1) {
    tick();
    await sleep(Math.max(0, begun + ((at + 1) * 1_000) / TICKS_PER_SECOND - performance.now()));
  }
  const took = (performance.now() - begun) / 1_000;
  return pids.map((pid, at) => ((cpuSecondsWithChildren(pid) - before[at]) / took) * 100);
}
