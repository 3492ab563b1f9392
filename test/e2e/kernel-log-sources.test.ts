import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemHost } from '../../src/host/system-host.ts';
import type { SourceEvent } from '../../src/model/source-event.ts';
import { kmsgSource, type KmsgPosition } from '../../src/sources/kmsg/kmsg-source.ts';
import { textFileSource } from '../../src/sources/text-file/text-file-source.ts';
import { noRsyslog, startRsyslog } from './support/rsyslog.ts';
import { sayUntil } from './support/until.ts';

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.log('kernel-log-sources e2e is skipped: only root may write and read /dev/kmsg');
const rsyslogWhy = noRsyslog();
if (rsyslogWhy !== null) console.log(`rsyslog e2e is skipped: ${rsyslogWhy}`);

/** Opened anew each time: the kernel limits how fast one opener may write. */
const say = (text: string) => {
  appendFileSync('/dev/kmsg', `<13>${text}\n`);
};
const run = `w137k${String(process.pid)}`;

describe.skipIf(!isRoot)('kmsgSource on the real ring buffer', () => {
  it('reads records soon after they were written, and goes on where it stopped', async () => {
    const events: SourceEvent[] = [];
    let position: KmsgPosition | null = null;
    const begin = async () => {
      const source = kmsgSource({ host: systemHost('/'), position, onPosition: (next) => (position = next) });
      await source.start((event) => events.push(event));
      return source;
    };
    const texts = () =>
      events.flatMap((event) => {
        if (event.type !== 'kmsg') return [];
        const record = typeof event.record === 'string' ? event.record : Buffer.from(event.record).toString();
        const text = /;(.*)/.exec(record)?.[1] ?? '';
        return text.startsWith(run) ? [text] : [];
      });
    const source = await begin();
    const delays: number[] = [];
    for (let i = 0; i < 20; i += 1) {
      const written = performance.now();
      say(`${run} ${String(i)}`);
      await new Promise<void>((resolve) => {
        const look = () => {
          if (texts().length > i) resolve();
          else setTimeout(look, 2);
        };
        look();
      });
      delays.push(performance.now() - written);
    }
    delays.sort((a, b) => a - b);
    console.log(`kmsg → emit: median ${String(delays[10]?.toFixed(0))} ms, worst ${String(delays[19]?.toFixed(0))} ms`);
    await source.stop();
    say(`${run} away`);
    const again = await begin();
    await sayUntil('the record written meanwhile', () => texts().length === 21);
    await again.stop();
    expect(texts()).toEqual([...Array.from({ length: 20 }, (_, i) => `${run} ${String(i)}`), `${run} away`]);
  });
});

describe.skipIf(rsyslogWhy !== null)('textFileSource on what rsyslog writes', () => {
  it('reads kernel lines over a rotation by rename', async () => {
    const root = mkdtempSync(join(tmpdir(), 'w137-syslog-'));
    mkdirSync(join(root, 'var/log'), { recursive: true });
    const log = join(root, 'var/log/syslog');
    const rsyslog = await startRsyslog({ logFile: log });
    let text = '';
    const source = textFileSource({
      host: systemHost(root),
      file: '/var/log/syslog',
      position: null,
      onPosition: () => undefined,
      lookbackBytes: 1 << 24,
    });
    await source.start((event) => {
      if (event.type === 'text') text += Buffer.from(event.chunk).toString();
    });
    try {
      say(`${run}-rsyslog one`);
      await sayUntil('the first line', () => text.includes(`${run}-rsyslog one\n`));
      renameSync(log, `${log}.1`);
      say(`${run}-rsyslog two`);
      await sayUntil('the line in the renamed file', () => text.includes(`${run}-rsyslog two\n`));
      rsyslog.reopen();
      say(`${run}-rsyslog three`);
      await sayUntil('the line in the new file', () => text.includes(`${run}-rsyslog three\n`));
      const lines = text.split('\n').filter((line) => line.includes(`${run}-rsyslog`));
      expect(lines.map((line) => line.split(' ').at(-1))).toEqual(['one', 'two', 'three']);
      expect(lines[0]).toMatch(/^\w{3} [ \d]\d \d\d:\d\d:\d\d \S+ \S+: /);
    } finally {
      await source.stop();
      await rsyslog.stop();
      rmSync(root, { recursive: true, force: true });
    }
  });
});
