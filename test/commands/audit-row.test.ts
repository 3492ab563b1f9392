import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { auditRow, auditState } from '../../src/commands/audit-row.ts';
import { agentConfigSchema } from '../../src/config/schema.ts';
import { fakeHost } from '../host/fake-host.ts';

/** As auditd 3.0.9 wrote it on Linux 6.18. */
const ADDED = 'type=CONFIG_CHANGE msg=audit(1795888989.548:8): auid=4294967295 ses=4294967295 op=add_rule key="why137" list=4 res=1AUID="unset"';
const REMOVED = ADDED.replace('add_rule', 'remove_rule');
const OFF = 'type=CONFIG_CHANGE msg=audit(1795889219.472:18): op=set audit_enabled=0 old=1 auid=4294967295 ses=4294967295 res=1AUID="unset"';
const ON = OFF.replace('audit_enabled=0 old=1', 'audit_enabled=1 old=0');
const SIGNAL = 'type=OBJ_PID msg=audit(1795888989.572:10): opid=20876 oauid=-1 ouid=0 oses=-1 ocomm="sleep"OAUID="unset" OUID="root"';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'w137-audit-row-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const row = (lines: readonly string[] | null, journal: readonly string[] = [], printed: readonly string[] = []): Promise<string> => {
  if (lines !== null) {
    mkdirSync(join(root, 'var/log/audit'), { recursive: true });
    writeFileSync(join(root, 'var/log/audit/audit.log'), `${lines.join('\n')}\n`);
  }
  return auditRow(agentConfigSchema.parse({}), fakeHost(root, (args) => ({ lines: args.includes('_TRANSPORT=kernel') ? printed : journal })));
};

it('takes the last word for each', () => {
  expect(auditState([])).toEqual({ enabled: null, loaded: null, recorded: false });
  expect(auditState([ON, ADDED, SIGNAL])).toEqual({ enabled: true, loaded: true, recorded: true });
  expect(auditState([ON, ADDED, REMOVED, OFF])).toEqual({ enabled: false, loaded: false, recorded: false });
  expect(auditState([ADDED.replace('why137', 'other'), `type=EXECVE msg=audit(1.000:1): a0="${OFF}"`])).toEqual({ enabled: null, loaded: null, recorded: false });
  // As journald gives them.
  expect(auditState([ADDED.replace(/^type=(\w+) msg=\S+ /, '$1 ')])).toMatchObject({ loaded: true });
  expect(auditState(readFileSync(new URL('../fixtures/witness/audit-enriched.log', import.meta.url), 'utf8').split('\n'))).toMatchObject({ recorded: true });
});

it('takes what the kernel printed, where no auditd runs', async () => {
  const printed = (line: string, type: number): string => `audit: ${line.replace(/^type=\w+ msg=/, `type=${String(type)} `)}`;
  expect(await row(null, [], [printed(ADDED, 1305)])).toMatch(/^\+ audit +read: the kernel's log; the rule with the key why137 is loaded/);
  expect((await row(null, [], [printed(SIGNAL, 1318)])).replaceAll(/\n +/g, ' ')).toMatch(/^\+ audit .*by what rule is not known/);
});

it('says nothing of senders where the node’s processes can be seen', async () => {
  mkdirSync(join(root, 'proc/2'), { recursive: true });
  writeFileSync(join(root, 'proc/2/stat'), '2 (kthreadd) S 0 0 0 0 -1 2129984 0 0');
  expect((await row([ADDED])).replaceAll(/\n +/g, ' ')).toMatch(/the key why137 is loaded$/);
});

it.each([
  ['nothing is there', null, [], /^! audit +not read: the journal has no audit records, \/var\/log\/audit\/audit\.log does not exist\. .*stays not-oom.* Cure: docs\/audit\.md$/],
  ['the rule is loaded', [ADDED], [], /^\+ audit +read: \/var\/log\/audit\/audit\.log; the rule with the key why137 is loaded; the node's processes cannot be seen, .* \(overlay audit mounts \/proc\)$/],
  ['the journal tells', null, [ADDED.replace(/^type=(\w+) msg=\S+ /, '$1 ')], /^\+ audit +read: the journal; the rule/],
  ['another rule recorded a signal', [SIGNAL], [], /^\+ audit .*by what rule is not known; the node's processes cannot be seen/],
  ['no record tells', ['type=LOGIN msg=audit(1.000:1): x'], [], /^! audit .*is not known, for no record tells\. Without one: a sigkill/],
  ['it was taken away', [ADDED, REMOVED], [], /^! audit .*was taken away\. .*Cure: augenrules --load$/],
  ['audit was turned off', [ON, ADDED, OFF], [], /^! audit .*turned off \(journald does that .*Cure: auditctl -e 1$/],
] as const)('says so where %s, and what that costs', async (_, lines, journal, expected) => {
  expect((await row(lines, journal)).replaceAll(/\n +/g, ' ')).toMatch(expected);
});
