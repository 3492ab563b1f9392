import type { LineReader, Witness } from '../witness.ts';
import { auditEvents } from './events.ts';
import { readAuditRecord } from './record.ts';
import { SIGNAL_CALL_NUMBERS } from './signal-calls.ts';

/**
 * The kernel's audit of who sent which signal, from journald (`_TRANSPORT=audit`), or from auditd's file. What the kernel
 * prints into its own log where no auditd runs is read with its other words (../kernel/fault.ts).
 */
export const audit: Witness = {
  name: 'audit',
  units: [],
  transports: ['audit'],
  comms: [],
  tags: [],
  needles: ['type=SYSCALL ', 'type=OBJ_PID ', 'type=SECCOMP ', 'type=ANOM_ABEND '],
  // Of all that may be audited, calls that send signals, and whom they hit.
  pattern: `(?:SYSCALL (?:msg=audit\\([0-9.:]+\\): ?)?|<audit-1300> )arch=[0-9a-f]+ syscall=(?:${SIGNAL_CALL_NUMBERS}) |OBJ_PID|<audit-1318>|^SECCOMP |<audit-1326>|ANOM_ABEND|<audit-1701>|type=SECCOMP `,
  reader: () => auditReader(),
};

function auditReader(): LineReader {
  const hear = auditEvents();
  return ({ text, timeUs, field }) => {
    const record = readAuditRecord(text, timeUs, field);
    const said = record === null ? [] : hear(record);
    return said.length === 0 ? { drop: 'no-fact' } : said;
  };
}
