/**
 * What lets a reader pass over everything else without decoding it. Every kill has a line with the first needle, or,
 * where its end was not seen, the second; all else that belongs to a report is found from there, going back.
 */
export const KILL_NEEDLES: readonly Buffer[] = ['Killed process ', 'oom-kill:constraint=CONSTRAINT_'].map((text) => Buffer.from(text));

/**
 * OpenVZ's and Virtuozzo's word on 2.6.32. To look for it costs as much as for the two others, so it is looked for in so
 * many first bytes of a log, and further on only where it was found there.
 */
export const OPENVZ_NEEDLE: Buffer = Buffer.from('OOM killed process ');
export const OPENVZ_BYTES = 64 * 1024 * 1024;

/** The same in journal JSON that writes a message as an array of bytes (a name that is not UTF-8). */
export const KILL_NEEDLES_AS_ARRAYS: readonly Buffer[] = [',', ', '].flatMap((separator) =>
  KILL_NEEDLES.map((needle) => Buffer.from([...needle].join(separator))),
);

/** Where a report begins. */
export const BEGIN_NEEDLE: Buffer = Buffer.from(' invoked oom-killer');

/** Facts of a report whose beginning was lost. */
export const FACT_NEEDLES: readonly Buffer[] = [
  'ill process ',
  ' killed as a result of limit of',
  'kB, failcnt ',
  'Memory cgroup stats for ',
  ' due to memory.oom.group',
].map((text) => Buffer.from(text));

export const LONGEST_NEEDLE = 160;

/**
 * What `journalctl -g` is to select: every kernel line that the assembler uses, and journald's word that it lost some.
 * Case matters. Call traces are left out, and of Mem-Info and the cgroup's statistics all that names nobody who held
 * memory (report/memory-lines.ts).
 */
export const JOURNAL_PATTERN = [
  'invoked oom-killer',
  '^oom-kill:',
  ',task=',
  '^[/,]',
  '[Kk]ill(ed)? process ',
  '^Task in ',
  '^Tasks in ',
  ': usage \\d+kB, limit ',
  '^Memory cgroup stats for ',
  '^(anon|file|kernel|kernel_stack|pagetables|percpu|shmem|unevictable|slab_(un)?reclaimable) \\d',
  '^active_anon:\\d',
  '^\\d+ pages RAM',
  '^(Free|Total) swap ',
  '^Node \\d+ hugepages_total=',
  '^CPU: ?\\d+ .*PID: ?\\d+ Comm: ',
  '^Pid: \\d+, comm: ',
  '^\\[ *(pid|\\d+) *\\]',
  'no killable processes',
  ' is already exiting\\. Skip killing',
  'Missed \\d+ kernel messages',
].join('|');
