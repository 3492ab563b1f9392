import { expect, inject, it } from 'vitest';
import { whyNoContainerd } from '../e2e/support/containerd.ts';
import { noJournalRemote } from '../e2e/support/node-logs.ts';
import { torture } from './torture.ts';

const why = whyNoContainerd() ?? noJournalRemote();
if (why !== null) console.log(`skipped: ${why}`);

/** WHY137_TORTURE_SECONDS and WHY137_TORTURE_SEED choose another length and another run. */
const seconds = Number(process.env['WHY137_TORTURE_SECONDS'] ?? 960);
const seed = Number(process.env['WHY137_TORTURE_SEED'] ?? Date.now() % 1_000_000);

it.skipIf(why !== null)('an agent that is killed 200 times in a storm says what one says that is left alone', async () => {
  const kills = Math.floor((seconds * 200) / 960);
  const figures = await torture({ program: inject('why137'), seed, seconds, kills, say: (line) => { console.log(line); } });
  console.log(JSON.stringify({ ...figures, lost: figures.lost.length, duplicates: figures.duplicates.length, wrong: figures.wrong.length }, null, 2));
  expect({ lost: figures.lost, duplicates: figures.duplicates, wrong: figures.wrong }).toEqual({ lost: [], duplicates: [], wrong: [] });
  expect(figures.agentKills).toBeGreaterThanOrEqual(kills);
}, 1_200_000);
