// `npm run fuzz -- [--seconds 300] [part of a target's name]`: gives every parser hostile input, for so long each.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({ options: { seconds: { type: 'string', default: '60' } }, allowPositionals: true });
const seconds = Number(values.seconds);
if (!Number.isInteger(seconds) || seconds < 1 || positionals.length > 1) {
  console.error('Give --seconds a whole number from 1 on, and at most one name: npm run fuzz -- --seconds 300 kubelet');
  process.exit(2);
}
const names = positionals.length === 0 ? ['-t', 'fuzz: '] : ['-t', `fuzz: .*${positionals[0]}`];
const { status } = spawnSync('npx', ['vitest', 'run', 'test/fuzz', '--project', 'fast', ...names], {
  stdio: 'inherit',
  env: { ...process.env, WHY137_FUZZ_SECONDS: String(seconds) },
});
process.exit(status ?? 1);
