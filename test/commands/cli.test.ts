import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { SCHEMAS } from '../../src/commands/schema.ts';
import { oomKillSchema } from '../../src/model/oom-kill.ts';
import { verdictSchema } from '../../src/model/verdict.ts';
import { bash, root, why137, why137IntoHead, type Ran } from './run-why137.ts';

const JOURNAL = 'demo/recording/kernel.journal.json';
const NODE = 'test/recordings/6.12-v2-syslog';
const dir = mkdtempSync(join(tmpdir(), 'why137-cli-'));
afterAll(() => { rmSync(dir, { recursive: true }); });

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function json(line: string): unknown {
  return JSON.parse(line);
}

/** pids of the killed, of a run that printed kills. */
function victims({ code, stdout }: Ran): (number | null)[] {
  expect(code).toBe(0);
  return lines(stdout).map((line) => z.parse(oomKillSchema, json(line)).victim.pid);
}

/** The line that a bad call gets: exit status 2, nothing on stdout, one sentence (perhaps two) on one line, and its code. */
function refusal({ code, stdout, stderr }: Ran): string {
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^why137: [^\n]+\. \(W137_[A-Z_]+\)\n$/);
  return stderr;
}

function file(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

describe('parse', () => {
  const recordSchema = z.object({ MESSAGE: z.string(), PRIORITY: z.string(), _SOURCE_MONOTONIC_TIMESTAMP: z.string() });
  const records = lines(readFileSync(join(root, JOURNAL), 'utf8')).map((line) => z.parse(recordSchema, json(line)));
  const micros = records.map(({ _SOURCE_MONOTONIC_TIMESTAMP: us }) => Number(us));
  const texts = {
    'journal-json': readFileSync(join(root, JOURNAL), 'utf8'),
    syslog: records.map(({ MESSAGE }) => `Nov 23 17:43:25 node1 kernel: ${MESSAGE}\n`).join(''),
    dmesg: records.map(({ MESSAGE }, i) => `[${((micros[i] ?? 0) / 1e6).toFixed(6).padStart(12)}] ${MESSAGE}\n`).join(''),
    kmsg: records.map(({ MESSAGE, PRIORITY }, i) => `${PRIORITY},${String(i)},${String(micros[i])},-;${MESSAGE}\n`).join(''),
  };

  it('prints a kill a line, and the sum on stderr', async () => {
    const ran = await why137(['parse', JOURNAL]);
    expect(victims(ran)).toHaveLength(46);
    expect(ran.stderr).toBe(`${JOURNAL}: 46 OOM kills\n`);
  });

  it.each(Object.entries(texts))('reads %s by --format and by itself, from files and stdin, with the same kills', async (format, text) => {
    const expected = records.flatMap(({ MESSAGE }) => /: Killed process (\d+) /.exec(MESSAGE)?.[1] ?? []).map(Number);
    const [named, found] = await Promise.all([
      why137(['parse', '--format', format, file(`log.${format}`, text)]),
      why137(['parse', '-'], { stdin: text }),
    ]);
    // A group kill prints its first victim twice.
    expect(new Set(victims(named))).toEqual(new Set(expected));
    expect(victims(found)).toEqual(victims(named));
  });

  it('reads several files in turn', async () => {
    const ran = await why137(['parse', file('one.log', texts.dmesg), file('two.log', texts.dmesg)]);
    expect(victims(ran)).toHaveLength(92);
    expect(lines(ran.stderr)).toHaveLength(2);
  });

  it('keeps the memory tables with --raw full only', async () => {
    const [few, all] = await Promise.all([why137(['parse', JOURNAL]), why137(['parse', '--raw', 'full', JOURNAL])]);
    expect(few.stdout).not.toContain('Tasks state (memory values in pages)');
    expect(all.stdout).toContain('Tasks state (memory values in pages)');
    expect(victims(all)).toEqual(victims(few));
  });

  it('finds nothing in text without kills', async () => {
    expect(await why137(['parse'], { stdin: 'nothing of the kind\n\0\xff' })).toMatchObject({ code: 0, stdout: '' });
  });

  it('refuses what it cannot read, naming it', async () => {
    expect(refusal(await why137(['parse', '/nowhere/kern.log']))).toContain('/nowhere/kern.log: there is no such file');
    expect(refusal(await why137(['parse', dir]))).toContain(`${dir}: it is a directory`);
  });

  it.each([
    [['--format', 'xml'], ["'xml'", 'auto, journal-json, syslog, dmesg, kmsg']],
    [['--raw', 'some'], ["'some'", 'lines, full']],
    [['--year', '26'], ["'26'", 'four digits']],
    [['--timezone', 'Mars/Olympus'], ["'Mars/Olympus'", 'IANA']],
  ])('refuses %j, saying what is allowed', async (args, said) => {
    const { code, stdout, stderr } = await why137(['parse', ...args, JOURNAL]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    for (const part of said) expect(stderr).toContain(part);
  });

  it('ends well when its reader has seen enough', async () => {
    const { code, stdout, stderr } = await why137IntoHead(['parse', ...Array.from({ length: 8 }, () => JOURNAL)]);
    expect(code).toBe(0);
    expect(lines(stdout)).toHaveLength(1);
    expect(stderr).not.toMatch(/EPIPE|\n\s+at /);
  });

  it('ends when its reader has seen enough, though its input goes on', async () => {
    const endless = `(while cat ${JOURNAL}; do sleep 0.1; done) 2>/dev/null | "$@" - | head -1`;
    const { code, stdout } = await bash(endless, ['parse']);
    expect([code, lines(stdout).length]).toEqual([0, 1]);
  });

  it('says that its output cannot be written', async () => {
    const { code, stderr } = await bash('"$@" > /dev/full', ['parse', JOURNAL]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^why137: Cannot write to standard output: ENOSPC.*\(W137_OUTPUT\)$/m);
  });
});

describe('replay', () => {
  it('prints a verdict a line', async () => {
    const { code, stdout, stderr } = await why137(['replay', NODE]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const ids = lines(stdout).map((line) => z.parse(verdictSchema, json(line)).id);
    expect(ids.length).toBeGreaterThan(50);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('refuses a recording that is not there, or not valid, naming file and line', async () => {
    expect(refusal(await why137(['replay', '/nowhere']))).toContain('/nowhere');
    const text = gunzipSync(readFileSync(join(root, NODE, 'syslog.gz'))).toString('latin1').slice(0, 10_000);
    file('syslog', text);
    const good = lines(readFileSync(join(root, NODE, 'exits.ndjson'), 'utf8')).slice(0, 2).join('\n');
    file('exits.ndjson', `${good}\n{"containerId":7}\n`);
    expect(refusal(await why137(['replay', dir]))).toContain(`${join(dir, 'exits.ndjson')}:3: containerId cannot be 7: give a string. (W137_RECORDING)`);
    file('exits.ndjson', `${good}\n\n{"containerId":\n`);
    expect(refusal(await why137(['replay', dir]))).toContain(`${join(dir, 'exits.ndjson')}:4: not valid JSON`);
  });
});

describe('exit-code', () => {
  it.each([
    ['0', '0: Success'],
    ['137', '137: '],
    ['-1', '255: exit(-1) ends with 255.'],
  ])('says what %s means', async (given, said) => {
    const { code, stdout, stderr } = await why137(['exit-code', given]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.startsWith(said)).toBe(true);
  });

  it('prints it for programs, and refuses what is no number', async () => {
    const { code, stdout } = await why137(['exit-code', '137', '--json']);
    expect(code).toBe(0);
    expect(json(stdout)).toMatchObject({ given: 137, code: 137, range: 'signal', signal: { number: 9, name: 'SIGKILL' } });
    expect(refusal(await why137(['exit-code', 'abc']))).toContain('"abc" is not an exit code');
  });
});

describe('schema', () => {
  it('lists the names, and prints each as JSON', async () => {
    const { code, stdout } = await why137(['schema']);
    expect(code).toBe(0);
    expect(lines(stdout)).toEqual(Object.keys(SCHEMAS));
    const all = await Promise.all(lines(stdout).map(async (name) => json((await why137(['schema', name])).stdout)));
    expect(all).toMatchObject(lines(stdout).map((title) => ({ title, $schema: 'https://json-schema.org/draft/2020-12/schema' })));
  });

  it('refuses a name that there is not', async () => {
    expect(refusal(await why137(['schema', 'kill']))).toMatch(/"kill".*oom-kill/);
  });
});

it('demo prints its table and ends by itself without a terminal', async () => {
  const { code, stdout, stderr } = await why137(['demo']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^A recording of a real node .*: 20 exits/);
  expect(stdout).toMatch(/default\/app-1 main +137 +Error .*container-limit-oom/);
  expect(stdout).toMatch(/The agent serves http:\/\/127\.0\.0\.1:\d+/);
});

describe('agent refuses', () => {
  it.each([
    ['--listen', 'somewhere', 'host:port'],
    ['--listen', '127.0.0.1:99999', '65535'],
    ['--journal', 'maybe', 'auto, on or off'],
    ['--state-dir', 'relative', 'absolute path'],
    ['--runtime-endpoint', 'tcp://1.2.3.4:5', 'unix:///'],
  ])('%s %s, naming option, value and what is allowed', async (flag, value, allowed) => {
    const said = refusal(await why137(['agent', flag, value]));
    for (const part of [flag, value, allowed]) expect(said).toContain(part);
  });

  it('a value of the environment, naming the variable', async () => {
    expect(refusal(await why137(['agent'], { env: { WHY137_SETTLE: 'soon' } }))).toMatch(/WHY137_SETTLE.*"soon".*500ms or 3s/);
  });

  it.each([
    ['missing', null, /cannot be read/],
    ['not JSON', '{\n"journal":\n off}', /not JSON\.json:3 is not JSON/],
    ['no object', '[]', /not a JSON object/],
    ['of an unknown option', '{"lisen":"127.0.0.1:0"}', /unknown option: lisen.*\blisten\b/],
    ['of a bad value', '{"logLevel":"loud"}', /logLevel in the configuration file .*of a bad value\.json cannot be "loud".*\bdebug\b/],
    ['of no list', '{"kernelLogFile":"/var/log/syslog"}', /kernelLogFile in .* cannot be "\/var\/log\/syslog": give a list/],
    ['of a bad item', '{"kernelLogFile":["/var/log/syslog","kern.log"]}', /kernelLogFile in .* cannot be "kern\.log": give an absolute path/],
  ])('a configuration file that is %s', async (what, text, said) => {
    const config = text === null ? join(dir, 'nowhere.json') : file(`${what}.json`, text);
    expect(refusal(await why137(['agent', '--config', config]))).toMatch(said);
  });
});

it('explain says that there is no agent', async () => {
  const { code, stdout, stderr } = await why137(['explain', 'shop/cart', '--agent-url', 'http://127.0.0.1:1']);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^why137: No why137 agent answers at http:\/\/127\.0\.0\.1:1: [^\n]+\n$/);
});

it('tells its version and its commands, and refuses what it does not know', async () => {
  const [version, help, unknown, none] = await Promise.all([['--version'], ['--help'], ['explode'], []].map((args) => why137(args)));
  expect(version).toMatchObject({ code: 0, stderr: '' });
  expect(version?.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(help?.code).toBe(0);
  for (const command of ['agent', 'parse', 'replay', 'explain', 'exit-code', 'doctor', 'demo', 'schema']) expect(help?.stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
  expect(unknown).toMatchObject({ code: 2, stdout: '' });
  expect(unknown?.stderr).toMatch(/^why137: unknown command 'explode'.* \(W137_USAGE\)\n/);
  expect(none).toMatchObject({ code: 2, stdout: '' });
});
