import { sayBytes } from '../../lib/bytes.ts';
import type { Culprits, Holder, Unowned } from '../../model/culprits.ts';
import { hang, length, pad, safe } from './text.ts';

interface Row {
  readonly who: string;
  readonly held: string;
  /** Of the largest row. */
  readonly part: number | null;
  readonly note: string;
}

const INDENT = '    ';
const MAX_BAR = 16;
const MIN_BAR = 6;
const MIN_WHO = 20;

const UNOWNED: Readonly<Record<Unowned['what'], string>> = {
  shmem: 'files in memory (tmpfs)',
  kernel: 'the kernel (slab and the like)',
  'huge-pages': 'huge pages set aside',
};

const LISTED = { cgroup: 'below the limit', node: 'node', 'memory-nodes': 'bound to its memory nodes' } as const;

/** `Who held the memory (node, 15.6 GiB)` and its rows; null where the report names nobody. */
export function renderHolders(culprits: Culprits, ownContainer: string, width: number): { title: string; lines: string[] } | null {
  const { holders, unowned, heldBytes, listed, memory } = culprits;
  if (holders.length + unowned.length === 0) return null;
  const total = listed === 'node' ? memory?.totalBytes : heldBytes;
  const about = [listed === null ? null : LISTED[listed], total == null ? null : sayBytes(total)].filter((part) => part !== null).join(', ');
  return { title: `Who held the memory${about === '' ? '' : ` (${about})`}`, lines: laid(rowsOf(culprits, ownContainer), width) };
}

function rowsOf(culprits: Culprits, ownContainer: string): readonly Row[] {
  const { holders, unowned } = culprits;
  const most = Math.max(0, ...holders.map(({ heldBytes }) => heldBytes ?? 0), ...unowned.map(({ bytes }) => bytes));
  const part = (bytes: number | null): number | null => (bytes === null || most === 0 ? null : bytes / most);
  const rows = [
    ...holders.map((holder) => ({ bytes: holder.heldBytes ?? 0, row: { who: whoIs(holder, ownContainer), held: sayHeld(holder.heldBytes), part: part(holder.heldBytes), note: noteOn(holder) } })),
    ...unowned.map(({ what, bytes }) => ({ bytes, row: { who: UNOWNED[what], held: sayBytes(bytes), part: part(bytes), note: 'of no process' } })),
  ];
  // Where sizes are not known the kernel's order stands.
  return [...rows.sort((a, b) => b.bytes - a.bytes).map(({ row }) => row), ...othersRow(culprits)];
}

function othersRow({ holders, tasks, heldBytes, unread }: Culprits): readonly Row[] {
  const others = tasks - holders.length;
  const rest = heldBytes === null ? null : holders.reduce((left, holder) => left - (holder.heldBytes ?? 0), heldBytes);
  return [
    ...(others > 0 ? [{ who: `${String(others)} other process${others === 1 ? '' : 'es'}`, held: sayHeld(rest), part: null, note: '' }] : []),
    ...(unread > 0 ? [{ who: `${String(unread)} that could not be read`, held: '?', part: null, note: '' }] : []),
  ];
}

/** `ml/train-0 · python`, or the process alone where its container is not known or is the one asked about. */
function whoIs({ containerId, podNamespace, podName, containerName, comm, pid }: Holder, ownContainer: string): string {
  const process = `${safe(comm)} (${String(pid)})`;
  if (containerId === ownContainer) return process;
  const where = podName === null ? containerName : [podNamespace, podName].filter((name) => name !== null).join('/');
  return where === null ? process : `${safe(where)} · ${safe(comm)}`;
}

function sayHeld(bytes: number | null): string {
  return bytes === null ? '?' : sayBytes(bytes);
}

function noteOn({ killed, share, swapBytes, heldBytes, oomScoreAdj }: Holder): string {
  const swapped = swapBytes !== null && heldBytes !== null && swapBytes >= heldBytes * 0.1 ? `${sayBytes(swapBytes)} of it in swap` : null;
  const score = oomScoreAdj === -1_000 ? 'oom_score_adj -1000' : null;
  return [share === null ? null : percent(share), killed ? 'killed' : score, swapped].filter((part) => part !== null).join(', ');
}

function percent(share: number): string {
  return share > 0 && share < 0.01 ? '<1 %' : `${String(Math.round(share * 100))} %`;
}

/** Names give way to the numbers, and bars to names. */
function laid(rows: readonly Row[], width: number): string[] {
  const held = Math.max(...rows.map((row) => length(row.held)));
  const note = Math.max(...rows.map((row) => length(row.note)));
  const forNames = Math.max(MIN_WHO, width - INDENT.length - held - note - 4);
  const cut = rows.map((row) => ({ ...row, who: shortened(row.who, forNames) }));
  const who = Math.max(...cut.map((row) => length(row.who)));
  const free = width - INDENT.length - who - held - note - 6;
  const bars = free < MIN_BAR ? null : Math.min(MAX_BAR, free);
  return cut.flatMap((row) => {
    const head = `${INDENT}${pad(row.who, who)}  ${' '.repeat(held - length(row.held))}${row.held}  `;
    const bar = bars === null ? '' : `${pad('█'.repeat(Math.round((row.part ?? 0) * bars)), bars)}  `;
    return hang(`${head}${bar}`, row.note, width).map((line) => line.trimEnd());
  });
}

function shortened(text: string, columns: number): string {
  return length(text) <= columns ? text : `${Array.from(text).slice(0, columns - 1).join('')}…`;
}
