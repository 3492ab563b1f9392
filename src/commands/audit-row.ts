import { open } from 'node:fs/promises';
import type { AgentConfig } from '../config/schema.ts';
import type { Host } from '../host/host.ts';
import { hang, safe } from './render/text.ts';
import { seesProcesses } from '../host/process-cgroups.ts';
import { errno, sayThrown } from '../lib/thrown.ts';

const USUAL = '/var/log/audit/audit.log';
/** The key of the rules in docs/audit.md. */
const KEY = 'why137';
const TAIL_BYTES = 1024 * 1024;
const JOURNAL_RECORDS = '1000';
/** CONFIG_CHANGE and OBJ_PID as the kernel prints them. */
const PRINTED = '^(audit: )?type=(1305|1318) audit\\(';
const COST = 'A SIGKILL that nobody else tells of stays not-oom, without its sender';
const UNPLACED = "; the node's processes cannot be seen, so a sender's container is known only where it was its PID 1 or started by that (overlay audit mounts /proc)";

/** What audit's own records say of it: the last word counts, and null is none. */
export interface AuditState {
  readonly enabled: boolean | null;
  /** Rules with our key. */
  readonly loaded: boolean | null;
  /** A signal was recorded, by whatever rule. */
  readonly recorded: boolean;
}

export function auditState(lines: readonly string[]): AuditState {
  let state: AuditState = { enabled: null, loaded: null, recorded: false };
  for (const line of lines) {
    const change = /^(?:(?:type=)?CONFIG_CHANGE|(?:audit: )?type=1305) .*?\bop=(?:(set) audit_enabled=(\d)|(add|remove)_rule key="?([\w.-]+)"? )/.exec(line);
    if (change?.[1] !== undefined) state = { ...state, enabled: change[2] !== '0' };
    else if (change?.[4] === KEY) state = { ...state, loaded: change[3] === 'add' };
    else if (/^(?:(?:type=)?OBJ_PID|(?:audit: )?type=1318) /.test(line)) state = { ...state, recorded: true };
  }
  return state;
}

/** Whether audit can tell who sent a SIGKILL. A node without it is not blind for that: no other source depends on it. */
export async function auditRow(config: AgentConfig, host: Host): Promise<string> {
  const files = config.auditLog.length > 0 ? config.auditLog.filter((file) => file !== 'none') : [USUAL];
  const texts = await Promise.all(files.map(async (file) => ({ name: file, ...(await tail(host.path(file))) })));
  const journal = { name: 'the journal', ...(config.journal === 'off' ? NONE : await journaled(config, host, ['_TRANSPORT=audit'])) };
  // Without an auditd the kernel prints them. That it prints none is the rule, and nothing to complain of.
  const printed = { name: 'the kernel\'s log', ...(config.journal === 'off' ? NONE : await journaled(config, host, ['-b', '-g', PRINTED, '_TRANSPORT=kernel'])) };
  const all = [journal, ...(printed.lines === null ? [] : [printed]), ...texts];
  const read = all.filter(({ lines }) => lines !== null);
  const [good, words] = read.length === 0 ? [false, `not read: ${all.map(({ name, why }) => `${name} ${why}`).join(', ')}. ${COST}. Cure: docs/audit.md`] : judged(read.map(({ name }) => name), auditState(read.flatMap(({ lines }) => lines ?? [])), seesProcesses(host) ? '' : UNPLACED);
  return hang(`${good ? '+' : '!'} ${'audit'.padEnd(12)} `, safe(words), 100).join('\n');
}

function judged(names: readonly string[], { enabled, loaded, recorded }: AuditState, unplaced: string): readonly [boolean, string] {
  const where = `read: ${names.join(' and ')}`;
  if (enabled === false) return [false, `${where}; by its last word the kernel's audit was turned off (journald does that when it starts, where journald.conf says Audit=no). ${COST}. Cure: auditctl -e 1`];
  if (loaded === false) return [false, `${where}; the rule with the key ${KEY} was taken away. ${COST}. Cure: augenrules --load`];
  if (loaded === true) return [true, `${where}; the rule with the key ${KEY} is loaded${unplaced}`];
  if (recorded) return [true, `${where}; signals were recorded, by what rule is not known${unplaced}`];
  return [false, `${where}; whether a rule for kill is loaded is not known, for no record tells. Without one: ${COST.toLowerCase()}. Cure: docs/audit.md`];
}

interface Found {
  readonly lines: readonly string[] | null;
  readonly why: string;
}

const NONE: Found = { lines: null, why: 'is not read' };

async function tail(path: string): Promise<Found> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const from = Math.max(0, size - TAIL_BYTES);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
      return { lines: buffer.subarray(0, bytesRead).toString('utf8').split('\n'), why: '' };
    } finally {
      await file.close();
    }
  } catch (error) {
    const missing = errno(error) === 'ENOENT';
    return { lines: null, why: missing ? 'does not exist' : `cannot be read (${sayThrown(error)})` };
  }
}

async function journaled(config: AgentConfig, host: Host, what: readonly string[]): Promise<Found> {
  const dir = config.journalDir === null ? [] : ['-D', config.journalDir];
  const child = host.spawn('journalctl', [...dir, '-q', '--no-pager', '-o', 'cat', '-n', JOURNAL_RECORDS, ...what]);
  const lines: string[] = [];
  for await (const line of child.lines) lines.push(Buffer.from(line).toString('utf8'));
  if ((await child.ended).notFound) return { lines: null, why: 'cannot be read (there is no journalctl)' };
  return lines.length === 0 ? { lines: null, why: 'has no audit records' } : { lines, why: '' };
}
