import { expect, inject, it } from 'vitest';
import { torture } from '../torture/torture.ts';
import { whyNoContainerd } from './support/containerd.ts';
import { noJournalRemote } from './support/node-logs.ts';

const why = whyNoContainerd() ?? noJournalRemote();
if (why !== null) console.log(`skipped: ${why}`);

// The short form of `npm run torture`.
it.skipIf(why !== null)('an agent that is killed over and over in a storm says what one says that is left alone', async () => {
  const figures = await torture({ program: inject('why137'), seed: 137, seconds: 75, kills: 12, say: (line) => { console.log(line); } });
  console.log(JSON.stringify(figures));
  expect(figures).toMatchObject({ lost: [], duplicates: [], wrong: [] });
  expect(Math.min(figures.exits, figures.kernelKills, figures.rotations, figures.copytruncates, figures.agentKills)).toBeGreaterThan(0);
}, 240_000);
