import * as z from 'zod/mini';
import { bytesOrNull, doc, intOrNull, textOrNull } from './doc.ts';

/** A process that the kernel listed, with what it held when the kernel looked. */
export const holderSchema = z.object({
  pid: doc(z.int(), 'Its pid as the host numbers it'),
  comm: doc(z.string(), "The kernel's 15-byte name of it"),
  uid: intOrNull('Its user id'),
  containerId: textOrNull('Its container, where that is known: PID 1s of known containers, and everybody below the limit of one'),
  podUid: textOrNull('Its pod, where that is known'),
  podNamespace: textOrNull("Its pod's namespace"),
  podName: textOrNull("Its pod's name"),
  containerName: textOrNull("Its container's name"),
  heldBytes: bytesOrNull('What the kernel counts when it chooses: resident memory, swap and page tables'),
  rssBytes: bytesOrNull('Resident memory'),
  anonRssBytes: bytesOrNull('Resident anonymous memory (kernels from 6.8)'),
  fileRssBytes: bytesOrNull('Resident file pages (kernels from 6.8)'),
  shmemRssBytes: bytesOrNull('Resident shared memory (kernels from 6.8)'),
  swapBytes: bytesOrNull('What it has in swap'),
  pageTablesBytes: bytesOrNull('Its page tables'),
  oomScoreAdj: intOrNull('oom_score_adj of it'),
  share: doc(z.nullable(z.number()), 'Its part of what all listed processes held, 0 to 1; shared pages count with each that maps them'),
  killed: doc(z.boolean(), 'It was the victim'),
});
export type Holder = z.infer<typeof holderSchema>;

/** Memory that belongs to no process: it goes neither up nor down with a kill. */
export const unownedSchema = z.object({
  what: doc(z.enum(['shmem', 'kernel', 'huge-pages']), 'shmem: files in memory (tmpfs, memory-backed emptyDir) beyond what processes map; kernel: slab and the like; huge-pages: set aside'),
  bytes: doc(z.number(), 'At least so much (bytes)'),
});
export type Unowned = z.infer<typeof unownedSchema>;

/** What the report says of memory as a whole: of the cgroup whose limit was hit, or of the node. */
export const heldMemorySchema = z.object({
  totalBytes: bytesOrNull("The node's memory"),
  freeBytes: bytesOrNull('Free memory of the node'),
  anonBytes: bytesOrNull('Anonymous memory of the cgroup'),
  fileBytes: bytesOrNull('Page cache without shared memory'),
  shmemBytes: bytesOrNull('Shared memory and files in memory (tmpfs)'),
  slabBytes: bytesOrNull("The kernel's slab"),
  kernelBytes: bytesOrNull('All kernel memory of the cgroup (from 5.18)'),
  pageTablesBytes: bytesOrNull('Page tables'),
  unevictableBytes: bytesOrNull('Memory that cannot be reclaimed'),
  hugePagesBytes: bytesOrNull('Huge pages that the node has set aside'),
  swapTotalBytes: bytesOrNull("The node's swap"),
  swapFreeBytes: bytesOrNull('Free swap'),
});
export type HeldMemory = z.infer<typeof heldMemorySchema>;

export const victimWasSchema = z.enum(['eater', 'bystander', 'one-of-many']);
export type VictimWas = z.infer<typeof victimWasSchema>;

/** Who held the memory when the kernel killed, from the report's table of tasks and its memory lines. */
export const culpritsSchema = doc(
  z.object({
    listed: doc(z.nullable(z.enum(['cgroup', 'node', 'memory-nodes'])), 'Whose processes the kernel listed: those below the limit, all of the node but init and kernel threads, or those bound to the memory nodes that ran out'),
    cgroup: textOrNull('The cgroup, where it is one'),
    tasks: doc(z.int(), 'Processes listed'),
    unread: doc(z.int(), 'Rows of the list that could not be read'),
    complete: doc(z.boolean(), "The list holds the victim and has no unreadable row: false where rows are known to be missing"),
    pageBytes: intOrNull("Size of the machine's pages, as the report tells it; null: sizes are not known either"),
    heldBytes: bytesOrNull('What all listed processes held'),
    holders: doc(z.array(holderSchema), 'Those that held most, and the victim'),
    victimShare: doc(z.nullable(z.number()), "The victim's share, 0 to 1"),
    victimWas: doc(
      z.nullable(victimWasSchema),
      'eater: the process that was killed held the most, and half of all at least; bystander: another, or what no process owns, held twice as much; null: not known, or a group was killed',
    ),
    unowned: doc(z.array(unownedSchema), 'What no process owns, where it is a large part'),
    memory: doc(z.nullable(heldMemorySchema), 'What the memory lines say'),
  }),
  'Who held the memory',
);
export type Culprits = z.infer<typeof culpritsSchema>;
