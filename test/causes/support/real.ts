import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { replayRecording, type Replayed } from '../../../src/commands/replay.ts';
import { SECOND } from '../../../src/lib/time.ts';
import { containerExitSchema, type ContainerExit } from '../../../src/model/container-exit.ts';
import type { Verdict } from '../../../src/model/verdict.ts';

const RECORDINGS = join(import.meta.dirname, '../../recordings');
const replayedBefore = new Map<string, Replayed>();

/** What a recording of a real node gives; replayed once. */
export function replayed(name: string): Replayed {
  const replay = replayedBefore.get(name) ?? replayRecording(join(RECORDINGS, name), 3 * SECOND);
  replayedBefore.set(name, replay);
  return replay;
}

/** The verdict on one container (by the beginning of its id; of a single one without) of a recording of a real node. */
export function recorded(name: string, containerId = ''): Verdict | undefined {
  return replayed(name).verdicts.find(({ container }) => container.containerId.startsWith(containerId));
}

/** What was left out of a real recording, or who died in it instead. */
export interface Change {
  /** Files that are not there. */
  readonly without?: readonly string[];
  /** Which lines of a journal stay. */
  readonly keep?: (line: string) => boolean;
  readonly exit?: Partial<ContainerExit>;
}

/** The verdict of a recording of a real node with one exit, changed. */
export function changed(name: string, { without = [], keep = () => true, exit = {} }: Change): Verdict | undefined {
  const dir = mkdtempSync(join(tmpdir(), 'w137-changed-'));
  try {
    cpSync(join(RECORDINGS, name), dir, { recursive: true });
    for (const file of readdirSync(dir)) {
      const bare = file.replace(/\.gz$/, '');
      if (without.includes(bare)) rmSync(join(dir, file));
      else if (bare === 'units.journal.json') {
        const lines = gunzipSync(readFileSync(join(dir, file))).toString().split('\n').filter((line) => line !== '' && keep(line));
        rmSync(join(dir, file));
        writeFileSync(join(dir, bare), `${lines.join('\n')}\n`);
      } else if (bare === 'exits.ndjson') {
        const told = containerExitSchema.parse(JSON.parse(readFileSync(join(dir, file), 'utf8')));
        writeFileSync(join(dir, file), `${JSON.stringify({ ...told, ...exit })}\n`);
      }
    }
    return replayRecording(dir, 3 * SECOND).verdicts[0];
  } finally {
    rmSync(dir, { recursive: true });
  }
}
