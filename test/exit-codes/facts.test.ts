import { describe, expect, it } from 'vitest';
import { explainExitCode } from '../../src/exit-codes/explain-exit-code.ts';

/** Facts that were tried, or read at their source: code, convention, and what has to be said there. */
const FACTS: [code: number, convention: string, says: RegExp][] = [
  [244, 'systemd', /^EXIT_BPF: .*manual lists it as 245/],
  [245, 'systemd', /^EXIT_BPF: .*244/],
  [245, 'systemd', /^EXIT_KSM: /],
  [246, 'systemd', /^EXIT_LANDLOCK_CONFIG: /],
  [255, 'systemd', /^EXIT_EXCEPTION: /],
  [2, 'lsb', /^EXIT_INVALIDARGUMENT: /],
  [7, 'lsb', /^EXIT_NOTRUNNING: /],
  [131, 'java', /thread.*goes on; only with -Xrs/],
  [137, 'java', /no 137, unless -XX:OnOutOfMemoryError="kill -9 %p"/],
  [2, 'nodejs', /unused/],
  [3, 'nodejs', /end with 1/],
  [4, 'nodejs', /end with 1/],
  [8, 'nodejs', /formerly an uncaught exception/],
  [12, 'nodejs', /end with 9/],
  [130, 'nodejs', /SIGINT/],
];

describe('what is told of a code', () => {
  it.each(FACTS)('%i, %s: %s', (code, convention, says) => {
    const told = explainExitCode(code).meanings.filter((meaning) => meaning.convention === convention);
    expect(told.map(({ name, text }) => `${name}: ${text}`)).toContainEqual(expect.stringMatching(says));
  });
});
