import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeSyslog } from '../data/syslog.js';
import { inTurn, measure, median, ratio } from '../lib/measure.js';

const GREP = ['-c', '-F', 'Killed process'];

/** `why137 parse` of a large syslog: its CPU time against grep's, and whether its memory grows with the file. */
export async function parse({ dir, program, node, sizes, say }) {
  const large = join(dir, 'syslog');
  const small = join(dir, 'syslog.quarter');
  say(`writing a syslog of ${String(sizes.syslogBytes / 2 ** 20)} MiB`);
  const made = writeSyslog(large, { bytes: sizes.syslogBytes, linesPerKill: sizes.linesPerKill });
  writeSyslog(small, { bytes: sizes.syslogBytes / 4, linesPerKill: sizes.linesPerKill });
  const found = join(dir, 'kills.ndjson');
  const ours = (file) => measure(dir, node, [program, 'parse', file], { stdout: found });
  // Not to /dev/null: grep would stop at the first line found.
  const grep = () => measure(dir, 'grep', [...GREP, large], { stdout: join(dir, 'count.txt') });

  await grep(); // the file is in the page cache from now on, for both
  const pairs = await inTurn(sizes.pairs, () => ours(large), grep);
  const pids = readFileSync(found, 'utf8').trim().split('\n').filter(Boolean).map((line) => JSON.parse(line).victim.pid);
  const missed = made.pids.filter((pid) => !pids.includes(pid)).length;
  const flat = await inTurn(sizes.pairs, () => ours(large), () => ours(small));
  for (const file of [large, small]) rmSync(file);

  const size = `${(made.bytes / 2 ** 30).toFixed(2)} GiB, ${(made.lines / 1e6).toFixed(1)} M lines, ${String(made.pids.length)} kills`;
  return [
    {
      what: `parse a syslog (${size}): CPU`,
      ours: `${median(pairs.map(([a]) => a.cpu)).toFixed(2)} s`,
      reference: `grep ${GREP.slice(0, 2).join(' ')} '${GREP[2]}'`,
      theirs: `${median(pairs.map(([, b]) => b.cpu)).toFixed(2)} s`,
      ratio: ratio(pairs, 'cpu'),
      allowed: 2,
    },
    { what: 'kills in it that parse missed, or that are none', ours: String(missed + pids.length - (made.pids.length - missed)), reference: 'what was written', theirs: String(made.pids.length), value: missed + pids.length - (made.pids.length - missed), allowed: 0 },
    {
      what: 'peak memory of parse: whole file',
      ours: `${median(flat.map(([a]) => a.rss)).toFixed(1)} MiB`,
      reference: 'a quarter of it',
      theirs: `${median(flat.map(([, b]) => b.rss)).toFixed(1)} MiB`,
      ratio: ratio(flat, 'rss'),
      allowed: 1.1,
    },
  ];
}
