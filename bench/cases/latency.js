import { execFile } from 'node:child_process';
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startAgent } from '../lib/agent.js';
import { quantile } from '../lib/measure.js';
import { nodeAround } from '../lib/node-around.js';

const execute = promisify(execFile);
const ALLOWED_MS = 250;
const LIMIT_BYTES = 33_554_432;
/** The kernel prints ten whole reports in five seconds; what comes faster loses its header. */
const PAUSE_MS = 700;
const PATIENCE_MS = 10_000;

/** From the later of kernel line and exit to the verdict's log line, live, seen from outside. */
export async function latency(bench) {
  const { say, sizes } = bench;
  const around = await nodeAround(bench);
  try {
    if (!around.whole) {
      say('latency is left out: it needs journald and containerd');
      return [];
    }
    return await measured(bench, around, sizes.limitKills);
  } finally {
    await around.stop();
  }
}

async function measured(bench, { containerd, args }, kills) {
  const prefix = `bench${String(process.pid)}x`;
  const since = Date.now() / 1_000;
  const verdicts = new Map();
  const revised = new Set();
  const agent = startAgent(bench, args, (line, at) => {
    if (line.event !== 'exit.verdict' || !line['container.id'].startsWith(prefix)) return;
    if (verdicts.has(line['container.id'])) revised.add(line['container.id']);
    else verdicts.set(line['container.id'], { at, line });
  });
  const events = new Map();
  const forget = containerd.events((event, at) => {
    if (event.id === event.container_id) events.set(event.id, at);
  });
  try {
    const url = await agent.url();
    await sleep(3_000); // catching up is not what is measured
    for (let at = 0; at < kills; at += 1) {
      const id = prefix + String(at);
      await containerd.run(id, ['/bin/busybox', 'tail', '/dev/zero'], LIMIT_BYTES);
      await until(() => verdicts.has(id) && events.has(id));
      await containerd.remove(id);
      await sleep(PAUSE_MS);
    }
    return rows(await read(`${url}/metrics`), verdicts, revised, events, await kernelTimes(since), kills);
  } finally {
    forget();
    await agent.stop();
  }
}

function rows(metrics, verdicts, revised, events, kernel, kills) {
  const exits = [...verdicts.entries()].map(([id, { at, line }]) => {
    const exited = Date.parse(line['exit.time']);
    return { ours: at - Math.max(exited, kernel.get(line['process.pid']) ?? 0), theirs: events.get(id) - exited };
  });
  const unseen = kills - exits.length;
  const wrong = [...verdicts.values()].filter(({ line }) => line['why137.cause'] !== 'container-limit-oom').length;
  const row = (part, allowed) => {
    const [ours, theirs] = ['ours', 'theirs'].map((who) => quantile(exits.map((exit) => exit[who]), part));
    return { what: `verdict after the later of kernel line and exit, p${String(part * 100)} of ${String(exits.length)} limit kills`, ours: `${ours.toFixed(0)} ms`, reference: "containerd: from exit to 'ctr events'", theirs: `${theirs.toFixed(0)} ms`, ratio: ours / theirs, value: ours, allowed, unit: 'ms' };
  };
  return [
    row(0.5),
    row(0.99, ALLOWED_MS),
    { what: "the agent's own histogram of it, p99 at most", ours: `${(bucketOf(metrics, 0.99) * 1_000).toFixed(0)} ms` },
    { what: 'of these kills: without a verdict, with another first cause, or revised', ours: `${String(unseen)}, ${String(wrong)}, ${String(revised.size)}`, value: unseen + wrong, allowed: 0 },
  ];
}

/** The upper bound of the histogram's bucket in which that part of all lies. */
function bucketOf(metrics, part) {
  const buckets = [...metrics.matchAll(/^why137_verdict_latency_seconds_bucket\{.*?le="([^"]+)".*?\} (\d+)/gm)].map((match) => [match[1] === '+Inf' ? Infinity : Number(match[1]), Number(match[2])]);
  const all = buckets.at(-1)?.[1] ?? 0;
  return buckets.find(([, count]) => count >= part * all)?.[0] ?? Number.NaN;
}

/** When journald had the kill line of each victim, ms since 1970. */
async function kernelTimes(since) {
  const { stdout } = await execute('journalctl', ['-k', '-o', 'json', '--no-pager', `--since=@${since.toFixed(0)}`, '-g', 'Killed process'], { maxBuffer: 2 ** 28 });
  return new Map(
    stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
      .map((record) => [Number(/Killed process (\d+)/.exec(record.MESSAGE)?.[1]), Number(record.__REALTIME_TIMESTAMP) / 1_000]),
  );
}

async function until(holds) {
  const end = Date.now() + PATIENCE_MS;
  while (!holds() && Date.now() < end) await sleep(10);
}

function read(url) {
  return new Promise((resolve, reject) => {
    get(url, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (more) => (text += more)).once('end', () => resolve(text));
    }).once('error', reject);
  });
}
