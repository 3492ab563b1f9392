import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { replay, replayRecording } from '../../src/commands/replay.ts';
import { SECOND } from '../../src/lib/time.ts';
import { oomKillSchema } from '../../src/model/oom-kill.ts';
import { verdictSchema, type Verdict } from '../../src/model/verdict.ts';
import { replayed } from '../causes/support/real.ts';

const SETTLE_US = 3 * SECOND;
const ours = join(import.meta.dirname, '../recordings');
/** More recordings (other kernels, cgroup v1, NUMA) are kept outside the repository: judged where they stand. */
const shared = process.env['WHY137_RECORDINGS'] ?? join(import.meta.dirname, '../../../shared/recordings');

function recordings(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir).filter((name) => existsSync(join(dir, name, 'truth.ndjson'))).sort();
}

const truthSchema = z.object({ scenario: z.string(), containerId: z.string(), accept: z.array(z.string()), exitCode: z.int() });

/** Every exit that was judged otherwise than it happened. `none`: no verdict is right; `unknown` is never wrong. */
function wrong(dir: string, verdicts: readonly Verdict[]): { misses: string[]; unknown: number; judged: number } {
  const lines = readFileSync(join(dir, 'truth.ndjson'), 'utf8').split('\n').filter((line) => line !== '');
  const misses: string[] = [];
  let unknown = 0;
  for (const line of lines) {
    const { scenario, containerId, accept, exitCode } = truthSchema.parse(JSON.parse(line));
    const [verdict, ...more] = verdicts.filter(({ container }) => container.containerId === containerId);
    const said = verdict?.cause ?? 'none';
    if (verdict?.cause === 'unknown' && !accept.includes('unknown')) unknown += 1;
    if (more.length > 0) misses.push(`${scenario}: more than one verdict`);
    if (verdict && verdict.exit.code !== exitCode) misses.push(`${scenario}: exit ${verdict.exit.code}, was ${exitCode}`);
    if (!accept.includes(said)) misses.push(`${scenario}: ${said} (${verdict?.confidence ?? ''}, ${verdict?.rule ?? ''}), was ${accept.join(' or ')}`);
  }
  return { misses, unknown, judged: lines.length };
}

/** What a golden file holds: every verdict, without the kernel's raw lines, which the recording has. */
function golden(verdicts: readonly Verdict[]): string {
  return `${verdicts.map((verdict) => JSON.stringify(verdict)).join('\n')}\n`;
}

describe('recordings in the repository', () => {
  it.each(recordings(ours))('%s: every exit is judged as it happened', (name) => {
    const { verdicts } = replayed(name);
    expect(wrong(join(ours, name), verdicts)).toMatchObject({ misses: [], unknown: 0 });
  });

  it.each(recordings(ours))('%s: the verdicts are the golden ones', async (name) => {
    const { verdicts, oomKills } = replayed(name);
    for (const verdict of verdicts) verdictSchema.parse(verdict);
    for (const kill of oomKills) oomKillSchema.parse(kill);
    await expect(golden(verdicts)).toMatchFileSnapshot(join(ours, name, 'golden', 'verdicts.ndjson'));
  });

  it('a text log gives the same causes as the journal, and is never certain of a kill', () => {
    const [journal, syslog] = ['6.12-v2-journal', '6.12-v2-syslog'].map((name) => replayed(name).verdicts);
    const causes = (verdicts: readonly Verdict[] | undefined) => verdicts?.map(({ container, cause, victimRole }) => [container.containerId, cause, victimRole]);
    expect(causes(syslog)).toEqual(causes(journal));
    expect(syslog?.filter(({ confidence, evidence }) => confidence === 'certain' && evidence.some(({ kind, weight }) => kind === 'kernel' && weight === 'decisive'))).toEqual([]);
  });

  it('prints one verdict a line', () => {
    const lines: string[] = [];
    replay(join(ours, '6.12-v2-syslog'), SETTLE_US, (text) => lines.push(text));
    expect(lines.every((line) => line.endsWith('}\n') && line.indexOf('\n') === line.length - 1)).toBe(true);
    expect(lines.map((line) => verdictSchema.parse(JSON.parse(line)).kind)).toEqual(lines.map(() => 'verdict'));
  });
});

describe('recordings in the repository, as if no runtime had a socket', () => {
  // Those of the lab: others have no kubelet.
  const logged = recordings(ours).filter((name) => name.endsWith('-containerd') && existsSync(join(ours, name, 'units.journal.json.gz')));

  it.each(logged)('%s: who ended, and why, is told by the logs of kubelet and containerd', (name) => {
    const dir = mkdtempSync(join(tmpdir(), 'w137-no-socket-'));
    try {
      for (const file of readdirSync(join(ours, name))) if (!['exits.ndjson', 'containers.ndjson'].includes(file)) symlinkSync(join(ours, name, file), join(dir, file));
      const { verdicts } = replayRecording(dir, SETTLE_US);
      expect(wrong(dir, verdicts)).toMatchObject({ misses: [], unknown: 0 });
      for (const { container } of verdicts) expect(container).toMatchObject({ podNamespace: expect.any(String) as unknown, podName: expect.any(String) as unknown, podUid: expect.any(String) as unknown, containerName: expect.any(String) as unknown });
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

describe('recordings outside the repository', () => {
  const names = recordings(shared);
  if (names.length === 0) console.log(`recordings: skipped, none with a truth.ndjson at ${shared}`);
  if (names.length === 0) {
    it('are not at hand', ({ skip }) => {
      skip(`none with a truth.ndjson at ${shared}`);
    });
  }

  it.each(names)('%s: no exit is judged wrong', (name) => {
    const found = wrong(join(shared, name), replayRecording(join(shared, name), SETTLE_US).verdicts);
    expect(found.misses.filter((miss) => !miss.includes(': unknown ('))).toEqual([]);
    // An honest "unknown" is no error, but it must stay the exception.
    expect(found.unknown).toBeLessThanOrEqual(found.judged * 0.05);
  });
});
