const MIB = 2 ** 20;

const FULL = { syslogBytes: 1024 * MIB, linesPerKill: 1_000_000, pairs: 5, journalPairs: 3, journalRecords: 1_000_000, journalReports: 120, idleSeconds: 30, requests: 5_000, limitKills: 40, noisyLinesPerSecond: 1_000 };
const QUICK = { syslogBytes: 4 * MIB, linesPerKill: 5_000, pairs: 1, journalPairs: 1, journalRecords: 5_000, journalReports: 12, idleSeconds: 1, requests: 200, limitKills: 3, noisyLinesPerSecond: 1_000 };

/** Sizes of a run; each also by the environment: `BENCH_SYSLOG_BYTES`, `BENCH_PAIRS` … */
export function sizesOf(quick, env) {
  return Object.fromEntries(
    Object.entries(quick ? QUICK : FULL).map(([name, size]) => {
      const given = env[`BENCH_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`];
      return [name, given === undefined ? size : Number(given)];
    }),
  );
}
