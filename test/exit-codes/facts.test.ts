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
  [2, 'shell', /dash and BusyBox sh also for a script file that does not exist/],
  [127, 'shell', /in bash, a script file/],
  [137, 'shell', /nothing killed the shell itself/],
  [255, 'shell', /in dash and BusyBox sh with 2/],
  [-1, 'exit', /dash and BusyBox sh it refuses a negative number and ends with 2/],
  [265, 'shell', /^256 \+ 9 in ksh93: .*SIGKILL.* as 137/],
  [0xe0434352, 'dotnet', /unhandled exception on Windows/],
  [-532462766, 'dotnet', /unhandled exception on Windows/],
  [124, 'tools', /--preserve-status/],
  [126, 'tools', /cannot be run/],
  [127, 'tools', /not found/],
  [128, 'tools', /git/],
  [129, 'tools', /git/],
  [126, 'container', /StartError/],
  [127, 'container', /StartError/],
  [130, 'go', /SIGINT/],
  [137, 'go', /GOMEMLIMIT is a soft limit/],
  [134, 'python', /Fatal Python error/],
  [64, 'php', /php-fpm/],
  [70, 'php', /php-fpm/],
  [78, 'php', /php-fpm: wrong configuration/],
  [1, 'rust', /returned Err/],
  [134, 'rust', /abort/],
  [134, 'cpp', /std::bad_alloc/],
  [1, 'ruby', /uncaught exception/],
];

it('does not take a code for what only ksh93 or Windows writes so', () => {
  for (const given of [0, 9, 137, 256, 321]) {
    expect(explainExitCode(given).meanings.filter(({ name }) => /ksh93|Windows/.test(name))).toEqual([]);
  }
});

it('says only of the range where it is so that commands could not be run', () => {
  expect(explainExitCode(124).rangeDetail.text).toContain('or what became of it');
});

describe('what is told of a code', () => {
  it.each(FACTS)('%i, %s: %s', (code, convention, says) => {
    const told = explainExitCode(code).meanings.filter((meaning) => meaning.convention === convention);
    expect(told.map(({ name, text }) => `${name}: ${text}`)).toContainEqual(expect.stringMatching(says));
  });
});
