import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  explainExitCode,
  exitStatusOf,
  meaningOf,
  signalNameOf,
} from '../../src/exit-codes/explain-exit-code.ts';
import { parseExitCode } from '../../src/exit-codes/parse-exit-code.ts';
import { exitCodeSchema } from '../../src/model/exit-code.ts';

const ALL = Array.from({ length: 256 }, (_, code) => code);

describe('explainExitCode', () => {
  it('maps every safe integer to its low eight bits, in a valid shape', () => {
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -1024, max: 1024 })), (given) => {
        const e = explainExitCode(given);
        expect(exitCodeSchema.parse(e)).toEqual(e);
        expect(e.given).toBe(given);
        expect(e.code).toBe(Number(BigInt.asUintN(8, BigInt(given))));
        expect(e.rangeDetail.from).toBeLessThanOrEqual(e.code);
        expect(e.rangeDetail.to).toBeGreaterThanOrEqual(e.code);
        expect(e.range).toBe(e.code === 0 ? 'success' : e.code >= 129 && e.code <= 192 ? 'signal' : 'program');
        expect(e.signal === null).toBe(e.range !== 'signal');
      }),
    );
  });

  it.each([
    [0, 0],
    [256, 0],
    [-256, 0],
    [-1, 255],
    [257, 1],
    [-9, 247],
    [35072, 0],
    [Number.MAX_SAFE_INTEGER, 255],
    [Number.MIN_SAFE_INTEGER, 1],
  ])('exit(%i) ends with %i', (given, code) => {
    expect(exitStatusOf(given)).toBe(code);
    expect(Object.is(exitStatusOf(given), -0)).toBe(false);
  });

  it.each([1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('refuses %d with a sentence', (given) => {
    expect(() => explainExitCode(given)).toThrow(/is not an exit code: give an integer of at most 15 digits/);
  });

  it('says of every number outside 0-255 what becomes of it, and of none inside', () => {
    for (const given of [-1, -256, 256, 300]) expect(explainExitCode(given).meanings[0]?.convention).toBe('exit');
    for (const code of ALL) expect(explainExitCode(code).meanings.map((m) => m.convention)).not.toContain('exit');
  });

  it("knows Python's returncode and a raw wait status", () => {
    expect(explainExitCode(-9).meanings).toContainEqual(expect.objectContaining({ name: 'returncode -9' }));
    expect(explainExitCode(35072).meanings).toContainEqual(expect.objectContaining({ name: 'wait status 35072' }));
  });

  it('names a source for every meaning and every range', () => {
    for (const code of ALL) {
      const e = explainExitCode(code);
      expect(e.rangeDetail.source).not.toBe('');
      for (const meaning of e.meanings) {
        for (const field of [meaning.convention, meaning.name, meaning.text, meaning.source]) {
          expect(field.trim(), JSON.stringify(meaning)).not.toBe('');
        }
      }
    }
  });

  it('leads from 137, and only from there, to telling its causes apart', () => {
    expect(ALL.filter((code) => explainExitCode(code).tellApart.length > 0)).toEqual([137]);
    expect(explainExitCode(137).meanings.some((m) => m.text.includes('why137 explain'))).toBe(true);
  });

  it('tells of 137 what ran out: the node, or only the memory nodes that the process is bound to', () => {
    const how = new Map(explainExitCode(137).tellApart.map((each) => [each.cause, each.how]));
    expect(how.get('node-oom')).toContain('CONSTRAINT_NONE');
    for (const says of ['global_oom', 'CONSTRAINT_CPUSET', 'CONSTRAINT_MEMORY_POLICY']) expect(how.get('numa-oom')).toContain(says);
    for (const cause of ['ancestor-limit-oom', 'cgroup-limit-oom', 'not-oom']) expect([...how.keys()]).toContain(cause);
  });

  it.each([
    [1, ['shell', 'java', 'nodejs', 'python', 'go']],
    [2, ['shell', 'python', 'go']],
    [125, ['container', 'tools']],
    [126, ['container', 'shell']],
    [127, ['container', 'shell']],
    [128, ['container', 'shell']],
    [130, ['signal', 'shell', 'java', 'python']],
    [134, ['signal', 'container', 'java', 'nodejs', 'go', 'dotnet']],
    [137, ['signal', 'container', 'java', 'nodejs', 'dotnet']],
    [139, ['signal', 'container', 'java']],
    [143, ['signal', 'container', 'java', 'nodejs', 'go', 'dotnet']],
    [255, ['container', 'shell', 'python', 'php']],
  ])('knows %i by %j', (code, conventions) => {
    const known = explainExitCode(code).meanings.map((m) => m.convention);
    expect(known).toEqual(expect.arrayContaining(conventions));
  });

  it('knows every sysexit', () => {
    for (let code = 64; code <= 78; code += 1) {
      expect(explainExitCode(code).meanings.map((m) => m.convention)).toContain('sysexits');
    }
  });
});

describe('meaningOf and signalNameOf', () => {
  it('give one short sentence for every code', () => {
    for (const code of ALL) expect(meaningOf(code)).toMatch(/^[A-Z1e].{5,89}\.$/);
  });

  it.each([
    [0, null],
    [1, null],
    [128, null],
    [129, 'SIGHUP'],
    [137, 'SIGKILL'],
    [138, 'SIGUSR1'],
    [139, 'SIGSEGV'],
    [143, 'SIGTERM'],
    [160, 'SIG32'],
    [162, 'SIGRTMIN'],
    [192, 'SIGRTMAX'],
    [193, null],
    [255, null],
  ])('%i names %s', (code, name) => {
    expect(signalNameOf(code)).toBe(name);
  });

  it('names the signal in the sentence, and says where it ends no process', () => {
    expect(meaningOf(137)).toBe('Ended by SIGKILL (128 + 9), or the program returned 137 itself.');
    expect(meaningOf(124)).toContain('timeout');
    expect(meaningOf(145)).toContain('SIGCHLD, which ends no process');
    expect(meaningOf(-1)).toBe(meaningOf(255));
  });
});

describe('parseExitCode', () => {
  it.each([
    ['137', 137],
    ['-1', -1],
    ['+1', 1],
    [' 0 ', 0],
    ['-0', 0],
    ['007', 7],
  ])('reads %j', (text, value) => {
    expect(parseExitCode(text)).toBe(value);
  });

  it.each(['', ' ', 'abc', '1.5', '0x89', '1e3', '--1', '+', '１３７', '9007199254740993', '1 2'])('refuses %j', (text) => {
    expect(parseExitCode(text)).toBeNull();
  });

  it('reads back what it is given', () => {
    fc.assert(fc.property(fc.maxSafeInteger(), (n) => parseExitCode(String(n)) === n));
  });
});
