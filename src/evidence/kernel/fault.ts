import { stripPrintk } from '../../kernel/framing/printk-prefix.ts';
import type { Micros } from '../../lib/time.ts';
import { faultOf } from '../audit/audit.ts';
import { readAuditRecord } from '../audit/record.ts';
import type { Field } from '../origin.ts';
import { signalName } from '../signal-name.ts';
import type { Said, Witness } from '../witness.ts';

/**
 * A name has 15 bytes of the user's choosing; what the kernel prints behind it is longer, so that a name cannot hold
 * it. The number is the thread's that failed, which is the process's for its first thread.
 */
const SEGFAULT = /^(.{0,15}?)\[(\d{1,10})\]: segfault at [0-9a-f]+ ip [0-9a-f]+ sp [0-9a-f]+ error /s;
/** `traps: app[7] general protection fault ip:…`, `traps: app[7] trap divide error ip:… sp:… error:0`. */
const TRAP = /^traps: (.{0,15}?)\[(\d{1,10})\] (general protection(?: fault)?|trap [a-z0-9 -]{2,40}) ip:[0-9a-f]+ sp:[0-9a-f]+ error:/s;
/** arm64: `app[7]: unhandled level 2 translation fault (11) at 0x…`; since 4.18 `app[7]: unhandled exception: DABT (lower EL), ESR 0x…, level 2 translation fault`. */
const ARM_NUMBERED = /^(.{0,15}?)\[(\d{1,10})\]: unhandled ([a-z0-9 -]{3,60}) \((\d{1,2})\) at 0x[0-9a-f]+/s;
const ARM = /^(.{0,15}?)\[(\d{1,10})\]: unhandled exception: .{0,60}?, ESR 0x[0-9a-f]+, ([^[]{3,60}?)(?: in |$)/s;

/** What the kernel sends for a trap, by its words. */
const TRAP_SIGNALS: readonly (readonly [RegExp, string])[] = [
  [/^general protection/, 'SIGSEGV'],
  [/^trap invalid opcode/, 'SIGILL'],
  [/^trap divide error|^trap (?:simd|fpu|coprocessor|x87)/, 'SIGFPE'],
  [/^trap int3|^trap debug/, 'SIGTRAP'],
  [/^trap (?:stack segment|segment not present|alignment check)/, 'SIGBUS'],
  [/^trap (?:bounds|overflow|control protection|invalid TSS)/, 'SIGSEGV'],
];
const ARM_SIGNALS: readonly (readonly [RegExp, string])[] = [
  [/translation fault|permission fault|access flag fault|address size fault/, 'SIGSEGV'],
  [/alignment fault|external abort|synchronous/, 'SIGBUS'],
  [/undefined instruction/, 'SIGILL'],
];

/** The kernel's own words on a process that it ends for a fault: of memory, of an instruction, of a forbidden call. */
export const kernelFaults: Witness = {
  name: 'kernel',
  units: [],
  transports: ['kernel'],
  comms: [],
  tags: ['kernel'],
  needles: [': segfault at ', 'traps: ', ': unhandled ', 'type=1326 ', 'type=1701 '],
  pattern: '\\]: segfault at |^(?:\\[.*\\] )?traps: |\\]: unhandled |^(?:\\[.*\\] )?audit: type=1(?:326|701) ',
  reader: () => ({ text, timeUs, field }) => {
    const said = readFault(stripPrintk(text).text, timeUs, field);
    return said === null ? { drop: 'no-fact' } : [said];
  },
};

function readFault(text: string, timeUs: Micros | null, field: Field): Said | null {
  const record = readAuditRecord(text, timeUs, field);
  // The kernel's clock and audit's are one; the carrier's time is what kills are compared by.
  if (record !== null) return text.startsWith('audit: ') ? withTime(faultOf(record), timeUs) : null;
  const segfault = SEGFAULT.exec(text);
  if (segfault) return fault(segfault, 'SIGSEGV', text);
  const trap = TRAP.exec(text);
  if (trap) return fault(trap, signalOf(TRAP_SIGNALS, trap[3] ?? ''), text);
  const numbered = ARM_NUMBERED.exec(text);
  if (numbered) return fault(numbered, signalName(Number(numbered[4])), text);
  const arm = ARM.exec(text);
  return arm ? fault(arm, signalOf(ARM_SIGNALS, arm[3] ?? ''), text) : null;
}

function fault([, comm = '', pid]: RegExpExecArray, signal: string | null, text: string): Said {
  return { kind: 'fault', comm, signal, ownFault: true, text: text.slice(comm.length + (text.startsWith('traps: ') ? 7 : 0)).replace(/^\[\d+\]:? /, ''), about: { pid: Number(pid) } };
}

function signalOf(table: readonly (readonly [RegExp, string])[], words: string): string | null {
  return table.find(([pattern]) => pattern.test(words))?.[1] ?? null;
}

function withTime(said: Said | null, timeUs: Micros | null): Said | null {
  return said === null || timeUs === null ? said : { ...said, atUs: timeUs };
}
