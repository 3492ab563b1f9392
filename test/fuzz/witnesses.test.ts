import { describe, expect, it } from 'vitest';
import { JournalFacts } from '../../src/evidence/journal-facts.ts';
import { TextFacts } from '../../src/evidence/text-facts.ts';
import type { Witness } from '../../src/evidence/witness.ts';
import { WITNESSES } from '../../src/evidence/witnesses.ts';
import { readJournalRecord } from '../../src/kernel/framing/journal-json.ts';
import { WallClock } from '../../src/kernel/framing/wall-time.ts';
import type { WitnessFact } from '../../src/model/witness.ts';
import { CONTEXT } from '../kernel/reader/read.ts';
import { fuzz } from './support/fuzz.ts';
import { fixture, fromRecordings, messagesOf } from './support/seeds.ts';
import { WITNESS_TOKENS } from './support/tokens.ts';

/** What one fact may hold, in characters of JSON: words of a line are cut. */
const MAX_FACT = 24_000;

function fit(facts: readonly WitnessFact[], drops: number, lines: number): void {
  for (const fact of facts) expect(JSON.stringify(fact).length).toBeLessThan(MAX_FACT);
  // A line may name several pods of one eviction; it cannot name more than it has room for.
  expect(drops).toBeLessThanOrEqual(lines + facts.length + 1);
}

function linesOf(input: Uint8Array): readonly string[] {
  return Buffer.from(input).toString('utf8').split('\n');
}

const units = fromRecordings('units.journal.json.gz', 24_000);
const wanted = (pattern: RegExp): string[] => units.flatMap(messagesOf).filter((text) => pattern.test(text)).slice(0, 40);

fuzz({
  name: 'witnesses in the journal',
  seeds: units,
  tokens: [...WITNESS_TOKENS, '"_SYSTEMD_UNIT":"kubelet.service"', '"_TRANSPORT":"stdout"', '"_COMM":"kubelet"', '"_PID":"', '"MESSAGE":[', '\\u0000', '\\n'],
  check(input) {
    const facts: WitnessFact[] = [];
    let drops = 0;
    const reader = new JournalFacts('units', WITNESSES, { fact: (fact) => facts.push(fact), drop: () => (drops += 1) });
    const lines = linesOf(input);
    for (const line of lines) {
      const record = readJournalRecord(line);
      if (record !== null) reader.push(record);
    }
    reader.end();
    fit(facts, drops, lines.length);
  },
});

fuzz({
  name: 'witnesses in a text log',
  seeds: WITNESSES.map(({ tags, pattern }) => {
    const lines = wanted(new RegExp(pattern)).map((text) => `Nov 23 17:43:25 node ${tags[0] ?? 'kernel'}[123]: ${text.replaceAll('\n', '#012')}`);
    return `${lines.join('\n')}\n`;
  }),
  tokens: [...WITNESS_TOKENS, '\n', ...WITNESSES.flatMap(({ tags }) => tags.map((tag) => `Nov 23 17:43:25 node ${tag}[123]: `))],
  check(input) {
    const facts: WitnessFact[] = [];
    let drops = 0;
    const reader = new TextFacts('/var/log/syslog', WITNESSES, CONTEXT, { fact: (fact) => facts.push(fact), drop: () => (drops += 1) });
    reader.push(input.subarray(0, input.length >> 1));
    reader.push(input.subarray(input.length >> 1));
    reader.end();
    for (const fact of facts) expect(fact.trust).toBe('text');
    fit(facts, drops, linesOf(input).length);
  },
});

const audit = WITNESSES.find(({ name }) => name === 'audit') ?? null;
fuzz({
  name: 'audit log',
  seeds: [fixture('witness/audit-raw.log'), fixture('witness/audit-enriched.log')],
  tokens: WITNESS_TOKENS,
  check(input) {
    const facts: WitnessFact[] = [];
    let drops = 0;
    const reader = new TextFacts('audit', WITNESSES, CONTEXT, { fact: (fact) => facts.push(fact), drop: () => (drops += 1) }, audit);
    reader.push(input);
    reader.end();
    fit(facts, drops, linesOf(input).length);
  },
});

/** Thirty times what the longest line takes whose work grows with it (12 ms); work that grows faster takes seconds. */
const MAX_CPU_US = 400_000;

/** What lines begin with that a reader goes on with. */
const BEGINNINGS = ['', 'I1123 17:43:25.870158 1 a.go:1] ', '{"msg":"', 'time="2026-11-23T17:43:25Z" level=info msg="', 'type=SYSCALL msg=audit(1.000:1): arch=c000003e '];

describe.each(WITNESSES.map((witness): [string, Witness] => [witness.name, witness]))('what %s reads', (_, witness) => {
  it('takes a line that repeats itself in one go', () => {
    const read = witness.reader(new WallClock(CONTEXT));
    const pattern = new RegExp(witness.pattern);
    for (const token of WITNESS_TOKENS) {
      for (const begin of BEGINNINGS) {
        for (const times of [30, 5_000]) {
          const text = `${begin}${token.repeat(times)}`.slice(0, 64 * 1024);
          const before = process.cpuUsage().user;
          pattern.test(text);
          read({ text, timeUs: null, field: () => null });
          expect(process.cpuUsage().user - before, `${begin}${token} …`).toBeLessThan(MAX_CPU_US);
        }
      }
    }
  });
});
