import { stripPrintk } from '../../kernel/framing/printk-prefix.ts';
import type { Micros } from '../../lib/time.ts';
import { auditEvents } from '../audit/events.ts';
import { readPrintedRecord } from '../audit/record.ts';
import { SIGNAL_CALL_NUMBERS } from '../audit/signal-calls.ts';
import type { LineReader, Said, Witness } from '../witness.ts';
import { readTrapLine } from './trap-line.ts';

/**
 * The kernel's own words on a process that it ends for a fault (of memory, of an instruction, of a forbidden call), and,
 * where no auditd takes them, its records of audit: of seccomp, and of who sent which signal to whom.
 */
export const kernelFaults: Witness = {
  name: 'kernel',
  units: [],
  transports: ['kernel'],
  comms: [],
  tags: ['kernel'],
  needles: [': segfault at ', 'traps: ', '] control protection ip:', ': unhandled ', ': pc=', 'type=13', 'type=1701 '],
  pattern: [
    '\\]: segfault at ',
    '^(?:\\[.*\\] )?traps: ',
    '\\] control protection ip:',
    '\\]: unhandled ',
    '\\]: [A-Za-z ]{3,40}: pc=',
    `^(?:\\[.*\\] )?(?:audit: )?type=1(?:318|326|701|300 audit\\([0-9.:]+\\): ?arch=[0-9a-f]+ syscall=(?:${SIGNAL_CALL_NUMBERS})) `,
  ].join('|'),
  reader: () => kernelReader(),
};

function kernelReader(): LineReader {
  const hear = auditEvents();
  return ({ text, timeUs }) => {
    const line = stripPrintk(text).text;
    const record = readPrintedRecord(line);
    const said = record === null ? readTrapLine(line) : hear(record).map((one) => withTime(one, timeUs));
    return said.length === 0 ? { drop: 'no-fact' } : said;
  };
}

/**
 * The kernel's clock and audit's are one; of a fault the carrier's time is what kills are compared by. When a signal was
 * sent only the record tells: it is printed when its turn comes.
 */
function withTime(said: Said, timeUs: Micros | null): Said {
  return said.kind !== 'fault' || timeUs === null ? said : { ...said, atUs: timeUs };
}
