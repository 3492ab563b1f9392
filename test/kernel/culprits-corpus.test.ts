import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { VictimWas } from '../../src/model/culprits.ts';
import type { OomKill } from '../../src/model/oom-kill.ts';
import { readPlain } from './reader/read.ts';

/** Public reports kept outside the repository: read where they stand, skipped where they are absent. */
const corpus = process.env['WHY137_CORPUS'] ?? join(import.meta.dirname, '../../../shared/corpus');
const present = existsSync(corpus);
if (!present) console.log(`culprits of the corpus: skipped, no reports at ${corpus}`);

interface Expected {
  readonly file: string;
  readonly victim: number;
  /** Rows of the table, counted by hand. */
  readonly tasks: number;
  readonly pageBytes: number | null;
  /** Who held most (resident, swap and page tables), and the pages of its `rss` column. */
  readonly most: readonly [pid: number, comm: string, rssPages: number] | null;
  readonly was: VictimWas | null;
  readonly unowned?: readonly string[];
}

const P = 4_096;
const EXPECTED: readonly Expected[] = [
  { file: '001', victim: 7788, tasks: 28, pageBytes: P, most: [7788, 'bash', 1_791_695], was: null },
  { file: '003', victim: 183960, tasks: 9, pageBytes: P, most: [183960, 'stress-ng-vm', 23_376], was: 'eater' },
  { file: '004', victim: 473206, tasks: 112, pageBytes: P, most: [473206, 'doxygen', 2_308_581], was: 'eater', unowned: ['kernel'] },
  { file: '005', victim: 3902942, tasks: 73, pageBytes: P, most: [3902942, 'php-fpm', 3_195_335], was: 'one-of-many' },
  { file: '006', victim: 6576, tasks: 85, pageBytes: P, most: [6576, 'mysqld', 5_157_063], was: 'eater' },
  { file: '007', victim: 651, tasks: 23, pageBytes: P, most: [611, 'snapd', 8_248], was: 'one-of-many' },
  { file: '009', victim: 1532, tasks: 28, pageBytes: P, most: [1532, 'badsysprogram', 398_810], was: 'eater' },
  { file: '010', victim: 1667, tasks: 1, pageBytes: P, most: [1667, 'gunpowder-memho', 62_557], was: 'eater' },
  { file: '012', victim: 14420, tasks: 930, pageBytes: P, most: [15597, 'savscand', 59_784], was: 'one-of-many' },
  { file: '013', victim: 3117813, tasks: 35, pageBytes: P, most: [3117813, 'cache-main', 1_214_746], was: 'eater' },
  { file: '014', victim: 13550, tasks: 80, pageBytes: P, most: [13550, 'java', 1_906_906], was: 'one-of-many' },
  { file: '015', victim: 23793, tasks: 2, pageBytes: P, most: [23793, 'leaker', 126_942], was: 'eater' },
  // Its kill line has no sizes.
  { file: '016', victim: 13432, tasks: 2, pageBytes: null, most: [13432, 'mem_on_node1', 786_745], was: 'eater' },
  { file: '024', victim: 177372, tasks: 1, pageBytes: 65_536, most: [177372, 'test_zswap', 0], was: 'eater' },
  // Most of it in swap.
  { file: '025', victim: 15307, tasks: 61, pageBytes: P, most: [14746, 'syz-execprog', 0], was: 'bystander' },
  // 8 GiB of slab, 25 MiB of processes.
  { file: '027', victim: 4257, tasks: 3, pageBytes: P, most: [4257, 'afl-fuzz', 2_944], was: 'bystander', unowned: ['kernel'] },
  { file: '033', victim: 2102, tasks: 44, pageBytes: P, most: [916, 'exim4', 2_708], was: 'bystander', unowned: ['kernel'] },
  { file: '039', victim: 5740, tasks: 21, pageBytes: P, most: [58406, 'data_sim', 3_967_322], was: 'bystander' },
  { file: '040', victim: 1155, tasks: 32, pageBytes: P, most: [1769, 'random', 26_568_800], was: 'bystander' },
  // The heading was wrapped by hand: its rows are not believed.
  { file: '045', victim: 5646, tasks: 0, pageBytes: P, most: null, was: null },
];

function culpritsOf({ file, victim }: Expected): OomKill['culprits'] {
  const kill = readPlain([readFileSync(join(corpus, `${file}.txt`))]).find(({ victim: { pid } }) => pid === victim);
  if (!kill) throw new Error(`${file}: no kill of ${victim}`);
  return kill.culprits;
}

describe.skipIf(!present)('who held the memory, in public reports', () => {
  it.each(EXPECTED)('$file', (expected) => {
    const culprits = culpritsOf(expected);
    const [most] = culprits?.holders ?? [];
    expect(culprits).toMatchObject({ tasks: expected.tasks, pageBytes: expected.pageBytes, victimWas: expected.was, complete: expected.tasks > 0 });
    expect(most === undefined ? null : [most.pid, most.comm]).toEqual(expected.most?.slice(0, 2) ?? null);
    expect(most?.rssBytes ?? null).toBe(expected.pageBytes === null || expected.most === null ? null : expected.most[2] * expected.pageBytes);
    expect(culprits?.unowned.map(({ what }) => what)).toEqual(expected.unowned ?? []);
    // Nobody holds more than all, and shares are of all.
    expect(culprits?.holders.reduce((sum, { share }) => sum + (share ?? 0), 0) ?? 0).toBeLessThanOrEqual(1.001);
  });
});
