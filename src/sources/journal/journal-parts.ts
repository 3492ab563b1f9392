import type { JournalPart } from './journal-options.ts';
import { isKernelRecord } from './journal-record.ts';

/** The kernel's own records. */
export const KERNEL_PART: JournalPart = {
  name: 'journal',
  kind: 'kernel-log',
  what: 'kernel records',
  oldest: ['_TRANSPORT=kernel'],
  none: {
    why: 'the journal holds no kernel message',
    cure: "See that journald.conf does not say ReadKMsg=no, and that the mounted journal is the host's",
  },
  isPart: isKernelRecord,
  atOnce: true,
  ofKernel: true,
};

/** What kubelet, runtimes and other witnesses wrote. `oldest` are matches of all of them, joined by "or". */
export function unitsPart(oldest: readonly string[]): JournalPart {
  return {
    name: 'units',
    kind: 'witness',
    what: 'records of kubelet, runtimes and other witnesses',
    oldest,
    none: {
      why: 'the journal holds no record of kubelet, of a container runtime or of another witness',
      cure: 'Nothing, if they log elsewhere: name the file of kubelet by --kubelet-log',
    },
    isPart: () => true,
    // They speak before the end, or are read when it comes.
    atOnce: false,
    ofKernel: false,
  };
}
