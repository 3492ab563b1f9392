import { spawnSync } from 'node:child_process';

/** `npm run soak -- --minutes 10`: a real agent beside real daemons under load; prints what it holds over time. */
const at = process.argv.indexOf('--minutes');
const minutes = at === -1 ? '20' : process.argv[at + 1];
if (minutes === undefined || !(Number(minutes) > 0)) {
  console.error('soak: --minutes takes a number above 0');
  process.exit(2);
}
const { status } = spawnSync('npx', ['vitest', 'run', '--project', 'soak'], { stdio: 'inherit', env: { ...process.env, WHY137_SOAK_MINUTES: minutes } });
process.exit(status ?? 1);
