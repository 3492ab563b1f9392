import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { noJournalRemote, writeJournal } from '../data/journal.js';
import { startAgent } from '../lib/agent.js';
import { inTurn, measure, median, ratio } from '../lib/measure.js';

/** Catching up with a journal of kernel records: wall time of the whole agent against journalctl printing them all. */
export async function journal(bench) {
  const { dir, program, node, sizes, say } = bench;
  const why = noJournalRemote();
  if (why !== null) {
    say(`journal is left out: ${why}`);
    return [];
  }
  say(`building a journal of ${String(sizes.journalRecords)} kernel records`);
  const made = await writeJournal(dir, { records: sizes.journalRecords, reports: sizes.journalReports });
  const reading = ['-D', made.dir, '-k', '-o', 'json', '--no-pager'];

  let ids = [];
  const ready = [];
  const ours = async () => {
    const agent = startAgent(bench, ['--journal-dir', made.dir, '--runtime-endpoint', 'none', '--kernel-log-file', 'none', '--kmsg', 'off', '--lookback', '3650d']);
    try {
      const kernelLog = await agent.when((line) => line.event === 'source.up' && line['why137.source'] === 'journal', 'the journal is up');
      ready.push((await agent.when((line) => line.event === 'agent.ready', 'agent.ready')).line);
      ids = agent.lines.filter((line) => line.event === 'oom.kill').map((line) => line['why137.oom_kill.id']);
      const started = Date.parse(agent.lines.find((line) => line.event === 'agent.start').time);
      return { wall: kernelLog.seconds, start: (Date.parse(ready.at(-1).time) - started) / 1_000 };
    } finally {
      await agent.stop();
    }
  };
  const theirs = () => measure(dir, 'journalctl', reading);
  await ours(); // both find the files in the page cache
  const pairs = await inTurn(sizes.journalPairs, ours, theirs);

  say('reading all of it without a selection, to see that none was missed');
  const all = join(dir, 'all.ndjson');
  const counted = join(dir, 'count.txt');
  const fifo = join(dir, 'copy');
  const script = 'mkfifo "$FIFO"; wc -l < "$FIFO" > "$COUNTED" & journalctl "$@" | tee "$FIFO" | "$NODE" "$PROGRAM" parse --format journal-json -; wait';
  await measure(dir, 'sh', ['-c', script, 'sh', ...reading], { stdout: all, env: { FIFO: fifo, COUNTED: counted, NODE: node, PROGRAM: program } });
  const unselected = readFileSync(all, 'utf8').trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
  const printed = Number(readFileSync(counted, 'utf8'));
  rmSync(made.dir, { recursive: true });
  if (printed !== made.records) throw new Error(`journalctl -k printed ${String(printed)} of ${String(made.records)} records: this is no reference`);

  const unfound = made.pids.filter((pid) => !unselected.some(({ victim }) => victim.pid === pid)).length;
  const differing = symmetricDifference(ids, unselected.map(({ id }) => id));
  return [
    {
      what: `catch up with a journal (${String(made.records)} kernel records, ${String(made.pids.length)} kills): wall`,
      ours: `${median(pairs.map(([a]) => a.wall)).toFixed(2)} s`,
      reference: 'journalctl -k -o json > /dev/null',
      theirs: `${median(pairs.map(([, b]) => b.wall)).toFixed(2)} s`,
      ratio: ratio(pairs, 'wall'),
      allowed: 0.5,
    },
    { what: 'of which from agent.start to agent.ready', ours: `${median(pairs.map(([a]) => a.start)).toFixed(2)} s` },
    { what: 'kills whose id differs from all records parsed, or that neither found', ours: String(differing + unfound), reference: 'journalctl -k -o json | why137 parse', theirs: String(unselected.length), value: differing + unfound, allowed: 0 },
  ];
}

function symmetricDifference(some, others) {
  const a = new Set(some);
  const b = new Set(others);
  return [...a].filter((id) => !b.has(id)).length + [...b].filter((id) => !a.has(id)).length;
}
