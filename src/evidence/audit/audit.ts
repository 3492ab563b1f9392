import { signalName } from '../signal-name.ts';
import type { LineReader, Said, Witness } from '../witness.ts';
import { idOf, readAuditRecord, untrustedText, type AuditRecord } from './record.ts';
import { signalCall } from './signal-calls.ts';

/** Events whose other records have not come yet. */
const MAX_OPEN = 256;

/**
 * The kernel's audit of who sent which signal: a SYSCALL record tells the sender, an OBJ_PID record of the same event who
 * got it, as the host numbers it. From journald (`_TRANSPORT=audit`), or from auditd's file.
 */
export const audit: Witness = {
  name: 'audit',
  units: [],
  transports: ['audit'],
  comms: [],
  tags: [],
  needles: ['type=SYSCALL ', 'type=OBJ_PID ', 'type=SECCOMP ', 'type=ANOM_ABEND '],
  // Of all that may be audited, calls that send signals, and whom they hit.
  pattern: '(?:SYSCALL (?:msg=audit\\([0-9.:]+\\): ?)?|<audit-1300> )arch=[0-9a-f]+ syscall=(?:62|200|234|424|129|130|131|37|238|268|270|208|250|237|241) |OBJ_PID|<audit-1318>|^SECCOMP |<audit-1326>|ANOM_ABEND|<audit-1701>|type=SECCOMP ',
  reader: () => auditReader(),
};

interface Event {
  call: AuditRecord | null;
  readonly targets: AuditRecord[];
}

function auditReader(): LineReader {
  const open = new Map<string, Event>();
  return ({ text, timeUs, field }) => {
    const record = readAuditRecord(text, timeUs, field);
    if (record === null) return { drop: 'no-fact' };
    const fault = faultOf(record);
    if (fault !== null) return [fault];
    const isCall = record.type === 'SYSCALL';
    if (!isCall && record.type !== 'OBJ_PID') return { drop: 'no-fact' };
    const event = open.get(record.serial) ?? { call: null, targets: [] };
    open.set(record.serial, event);
    const [oldest] = open.keys();
    if (open.size > MAX_OPEN && oldest !== undefined) open.delete(oldest);
    if (isCall) event.call = record;
    else event.targets.push(record);
    const { call } = event;
    const said = call === null ? [] : (isCall ? event.targets : [record]).flatMap((target) => sentOf(call, target) ?? []);
    return said.length === 0 ? { drop: 'no-fact' } : said;
  };
}

function sentOf({ fields, timeUs }: AuditRecord, target: AuditRecord): Said | null {
  const call = signalCall(fields.get('arch'), fields.get('syscall'));
  const pid = idOf(target.fields.get('opid'));
  const signal = call === null ? null : signalName(Number.parseInt(fields.get(call.signalArgument) ?? '', 16));
  if (call === null || pid === null || signal === null) return null;
  return {
    kind: 'signal-sent',
    signal,
    success: fields.get('success') === 'yes',
    sender: {
      pid: idOf(fields.get('pid')),
      comm: untrustedText(fields.get('comm')),
      exe: untrustedText(fields.get('exe')),
      uid: idOf(fields.get('uid')),
      containerId: null,
    },
    named: call.names === 'descriptor' ? null : signed(fields.get('a0')),
    about: { pid },
    atUs: timeUs,
  };
}

/** An argument of a call: a C int, in hexadecimal digits. */
function signed(value: string | undefined): number | null {
  return value !== undefined && /^[0-9a-f]{1,16}$/i.test(value) ? Number(BigInt.asIntN(32, BigInt(`0x${value}`))) : null;
}

/** SECCOMP: the kernel ended it for a forbidden system call. ANOM_ABEND: it ended by a signal of its own fault. */
export function faultOf({ type, fields, timeUs }: AuditRecord): Said | null {
  if (type !== 'SECCOMP' && type !== 'ANOM_ABEND') return null;
  const pid = idOf(fields.get('pid'));
  const signal = signalName(Number(fields.get('sig')));
  // Without a signal the call was refused or only noted.
  if (pid === null || signal === null) return null;
  const comm = untrustedText(fields.get('comm'));
  const text = type === 'SECCOMP' ? `seccomp: system call ${fields.get('syscall') ?? '?'} is forbidden` : `ended by ${signal}`;
  return { kind: 'fault', comm, signal, ownFault: type === 'SECCOMP', text, about: { pid }, atUs: timeUs };
}
