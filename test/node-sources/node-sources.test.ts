import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Agent } from '../../src/agent.ts';
import { doctor } from '../../src/commands/doctor.ts';
import { loadConfig } from '../../src/config/load.ts';
import { systemHost } from '../../src/host/system-host.ts';
import type { SourceEvent } from '../../src/model/source-event.ts';
import { nodeSources } from '../../src/node-sources/node-sources.ts';
import { createLog } from '../../src/outputs/log/log.ts';
import { sayUntil } from '../e2e/support/until.ts';
import { fakeHost } from '../host/fake-host.ts';

const AUDIT_LOG = '/var/log/audit/audit.log';
const LINE = 'type=OBJ_PID msg=audit(1700000000.123:456): opid=100 ocomm="app"\n';
/** Nothing but the kernel's count, and audit. */
const bare = { journal: 'off', kmsg: 'off', kernelLogFile: ['none'], runtimeEndpoint: ['none'] };

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'w137-sources-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

function writeAuditLog(): void {
  mkdirSync(join(root, 'var/log/audit'), { recursive: true });
  writeFileSync(join(root, AUDIT_LOG), LINE);
}

describe("auditd's file", () => {
  it('is read from its beginning when audit is turned on after the agent has started, and is not missed before', async () => {
    const host = fakeHost(root, () => ({}));
    const sources = await nodeSources(loadConfig(bare, {}), host, host.clock.now());
    const log = createLog({ write: { write: () => true }, level: 'error', nodeName: 'node1', now: () => host.clock.now() });
    const agent = new Agent({ clock: host.clock, log, version: '1', settleMs: 3_000, sources, time: { timezone: null, year: null, before: null, bootTimeUs: null }, podMetrics: false, history: null });
    const names = (): string[] => agent.sources().sources.map(({ name }) => name);
    const events: SourceEvent[] = [];
    const read: string[] = [];
    for (const { source } of sources) {
      await source.start((event) => {
        if (event.source === AUDIT_LOG) events.push(event);
        if (event.type === 'text') read.push(Buffer.from(event.chunk).toString());
        agent.hear(event);
      });
    }
    await host.clock.turn(20_000);
    expect(events).toEqual([]);
    expect(names()).not.toContain(AUDIT_LOG);
    expect(agent.ready().ready).toBe(true);
    writeAuditLog();
    await sayUntil('the file to be read', async () => {
      await host.clock.turn(1_000);
      return names().includes(AUDIT_LOG);
    });
    expect(read.join('')).toBe(LINE);
    expect(agent.sources().sources.find(({ name }) => name === AUDIT_LOG)).toMatchObject({ up: true, kind: 'witness' });
    await Promise.all(sources.map(({ source }) => source.stop()));
    await agent.close();
  });

  it('is down where it was asked for by name and is not there', async () => {
    const host = fakeHost(root, () => ({}));
    const sources = await nodeSources(loadConfig({ ...bare, auditLog: [AUDIT_LOG] }, {}), host, host.clock.now());
    expect(sources.find(({ name }) => name === AUDIT_LOG)?.optional).toBeUndefined();
  });

  it.each([true, false])('is in the list of the doctor where it is there (%s)', async (there) => {
    if (there) writeAuditLog();
    mkdirSync(join(root, 'proc'));
    writeFileSync(join(root, 'proc/vmstat'), 'oom_kill 0\n');
    const { text } = await doctor(loadConfig(bare, {}), systemHost(root));
    expect(text.split('\n').some((line) => /^[+-] /.test(line) && line.includes(AUDIT_LOG))).toBe(there);
    expect(text).toMatch(there ? /^[+!] audit +read: \/var\/log\/audit/m : /^! audit +not read: /m);
  });
});
