import { UNKNOWN_SENDER } from '../../model/witness.ts';
import { signalName } from '../signal-name.ts';
import type { Said } from '../witness.ts';
import { idOf, untrustedText, type AuditRecord } from './record.ts';
import { signalCall } from './signal-calls.ts';

/** Events whose other records have not come yet. */
const MAX_OPEN = 256;

interface Event {
  call: AuditRecord | null;
  readonly targets: AuditRecord[];
}

/**
 * Reads the records of one stream, whoever carried them: a SYSCALL record tells the sender of a signal, an OBJ_PID record
 * of the same event who got it, as the host numbers it.
 */
export function auditEvents(): (record: AuditRecord) => readonly Said[] {
  const open = new Map<string, Event>();
  return (record) => {
    const fault = faultOf(record);
    if (fault !== null) return [fault];
    const isCall = record.type === 'SYSCALL';
    if (!isCall && record.type !== 'OBJ_PID') return [];
    const event = open.get(record.serial) ?? { call: null, targets: [] };
    open.set(record.serial, event);
    const [oldest] = open.keys();
    if (open.size > MAX_OPEN && oldest !== undefined) open.delete(oldest);
    if (isCall) event.call = record;
    else event.targets.push(record);
    const { call } = event;
    return call === null ? [] : (isCall ? event.targets : [record]).flatMap((target) => sentOf(call, target) ?? []);
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
      ...UNKNOWN_SENDER,
      pid: idOf(fields.get('pid')),
      ppid: idOf(fields.get('ppid')),
      comm: untrustedText(fields.get('comm')),
      exe: untrustedText(fields.get('exe')),
      uid: idOf(fields.get('uid')),
      auid: idOf(fields.get('auid')),
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
function faultOf({ type, fields, timeUs }: AuditRecord): Said | null {
  if (type !== 'SECCOMP' && type !== 'ANOM_ABEND') return null;
  const pid = idOf(fields.get('pid'));
  const signal = signalName(Number(fields.get('sig')));
  // Without a signal the call was refused or only noted.
  if (pid === null || signal === null) return null;
  const comm = untrustedText(fields.get('comm'));
  const text = type === 'SECCOMP' ? `seccomp: system call ${fields.get('syscall') ?? '?'} is forbidden` : `ended by ${signal}`;
  return { kind: 'fault', comm, signal, ownFault: type === 'SECCOMP', text, about: { pid }, atUs: timeUs };
}
