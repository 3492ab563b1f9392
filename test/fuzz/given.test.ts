import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { replayRecording } from '../../src/commands/replay.ts';
import { loadConfig } from '../../src/config/load.ts';
import { explainExitCode } from '../../src/exit-codes/explain-exit-code.ts';
import { parseExitCode } from '../../src/exit-codes/parse-exit-code.ts';
import { parseDuration } from '../../src/lib/duration.ts';
import { Why137Error } from '../../src/lib/errors.ts';
import { formatTime, parseTime, SECOND } from '../../src/lib/time.ts';
import { verdictSchema } from '../../src/model/verdict.ts';
import { byTarget } from '../../src/store/find-verdicts.ts';
import { verdict } from '../store/samples.ts';
import { fuzz } from './support/fuzz.ts';
import { recorded } from './support/seeds.ts';
import { KERNEL_TOKENS } from './support/tokens.ts';

const dir = mkdtempSync(join(tmpdir(), 'w137-fuzz-'));
afterAll(() => {
  rmSync(dir, { recursive: true });
});

const JSON_TOKENS = ['{', '}', '[', ']', '"', ',', ':', 'null', 'true', '-1', '1e400', '"__proto__":', '"constructor":', '\\u0000', '\\ud800', '\uFEFF', '2026-02-30T00:00:00Z', '9999-12-31T23:59:59.999999Z', '-000001-01-01T00:00:00Z', '0'];
const text = (input: Uint8Array): string => Buffer.from(input).toString('utf8');

/** What people give is refused by one sentence with a code, or taken. */
function refusedInWords<T>(code: string, read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    expect(error).toBeInstanceOf(Why137Error);
    if (error instanceof Why137Error) {
      expect(error.code).toBe(code);
      expect(error.message.length).toBeLessThan(3_000);
    }
    return null;
  }
}

const KILL_9 = 'kill-9-6.12-containerd';
const PARTS = ['kernel.journal.json', 'units.journal.json', 'exits.ndjson', 'ledger.ndjson', 'recording.json'] as const;
const whole = Object.fromEntries(PARTS.map((file) => [file, recorded(KILL_9, file.endsWith('journal.json') ? `${file}.gz` : file)]));

for (const file of PARTS) {
  fuzz({
    name: `recording: ${file}`,
    seeds: [whole[file] ?? ''],
    tokens: [...JSON_TOKENS, ...KERNEL_TOKENS.slice(0, 40)],
    check(input) {
      for (const part of PARTS) writeFileSync(join(dir, part), part === file ? input : (whole[part] ?? ''));
      const replayed = refusedInWords('W137_RECORDING', () => replayRecording(dir, 3 * SECOND));
      for (const one of replayed?.verdicts ?? []) expect(verdictSchema.safeParse(one)).toMatchObject({ success: true });
    },
  });
}

fuzz({
  name: 'configuration file',
  seeds: [JSON.stringify({ listen: '127.0.0.1:9137', stateDir: '/var/lib/why137', lookback: '7d', runtimeEndpoint: ['unix:///run/containerd/containerd.sock'], settle: '3s' })],
  tokens: [...JSON_TOKENS, '7d', '1h30m', '-5s', '99999999999d', 'on', 'off', '127.0.0.1:0', '[::1]:99999'],
  check(input) {
    const file = join(dir, 'config.json');
    writeFileSync(file, input);
    refusedInWords('W137_CONFIG', () => loadConfig({ config: file }, {}));
  },
});

fuzz({
  name: 'exit codes, times, durations and targets',
  seeds: ['137', '-1', 'SIGKILL', '2026-11-23T17:43:25.476991Z', '1h30m', 'shop/web-0/web', `containerd://${'ab'.repeat(32)}`],
  tokens: ['0x', '1e3', '-', '+', ' ', '9'.repeat(40), '/', '//', '://', '\0', '%00', 'Z', 'T', ':', '.', 's', 'd', 'ms', '\u0661', 'SIG', '128+'],
  check(input) {
    const given = text(input);
    const code = parseExitCode(given);
    if (code !== null) {
      expect(Number.isInteger(code)).toBe(true);
      // A status is a byte: -1 is what programs give for 255.
      expect(explainExitCode(code).code & 0xff).toBe(code & 0xff);
    }
    const time = parseTime(given);
    if (time !== null) expect(parseTime(formatTime(time))).toBe(time);
    const duration = parseDuration(given);
    if (duration !== null) expect(Number.isSafeInteger(duration)).toBe(true);
    byTarget([verdict('va')], given);
  },
});
