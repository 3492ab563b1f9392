#!/usr/bin/env node
// Performance as ratios against a named reference of the same run. `npm run bench -- [case…] [--quick] [--markdown]`.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CASES } from './cases.js';
import { machine } from './lib/machine.js';
import { sizesOf } from './lib/sizes.js';
import { markdown, met, table } from './lib/table.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    program: { type: 'string', default: fileURLToPath(new URL('../dist/why137.cjs', import.meta.url)) },
    node: { type: 'string', default: process.execPath },
  },
});
const unknown = positionals.filter((name) => !(name in CASES));
if (unknown.length > 0) {
  console.error(`bench: there is no case ${unknown.join(', ')}; there are ${Object.keys(CASES).join(', ')}`);
  process.exit(2);
}

const dir = mkdtempSync(join(tmpdir(), 'why137-bench-'));
const say = (text) => console.error(`# ${text}`);
const clean = () => rmSync(dir, { recursive: true, force: true });
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => { clean(); process.exit(130); });

console.log(await machine(values.node));
const rows = [];
try {
  for (const name of positionals.length > 0 ? positionals : Object.keys(CASES)) {
    say(name);
    const more = await CASES[name]({ dir, program: values.program, node: values.node, sizes: sizesOf(values.quick, process.env), say });
    rows.push(...more);
  }
} finally {
  clean();
}
console.log(values.markdown ? markdown(rows) : table(rows));
// Small sizes show that the bench runs, not how fast anything is.
process.exitCode = values.quick || rows.every(met) ? 0 : 1;
