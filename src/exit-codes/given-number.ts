import type { ExitMeaning } from '../model/exit-code.ts';
import { signalName } from './describe-signal.ts';

/** What a number outside 0-255 is: what exit() makes of it, and other notations in which such numbers turn up. */
export function meaningsOfGiven(given: number, code: number): ExitMeaning[] {
  if (given >= 0 && given <= 255) return [];
  return [lowEightBits(given, code), ...pythonReturnCode(given), ...rawWaitStatus(given)];
}

function lowEightBits(given: number, code: number): ExitMeaning {
  const success = code === 0 ? ' The parent takes it for success.' : '';
  return {
    convention: 'exit',
    name: `exit(${given}) ends with ${code}`,
    text: `The kernel passes only the low eight bits on: ${given} becomes ${code}.${success}`,
    source: 'exit(3); _exit(2)',
  };
}

/** Python's subprocess tells of a signal as a negative number. */
function pythonReturnCode(given: number): ExitMeaning[] {
  const name = given < 0 && given >= -64 ? signalName(-given) : null;
  if (name === null) return [];
  return [
    {
      convention: 'python',
      name: `returncode ${given}`,
      text: `As a returncode of Python's subprocess it says that the child was killed by ${name}, which shells and runtimes write as ${128 - given}.`,
      source: 'Python documentation, subprocess.Popen.returncode',
    },
  ];
}

/** wait(2)'s own word: the code in the second byte, as os.system and Perl's $? show it. */
function rawWaitStatus(given: number): ExitMeaning[] {
  if (given < 256 || given > 0xff00 || given % 256 !== 0) return [];
  return [
    {
      convention: 'wait-status',
      name: `wait status ${given}`,
      text: `As a raw wait status (os.system in Python, $? in Perl) it is the exit code ${given / 256}.`,
      source: 'Python documentation, os.wait() and os.waitstatus_to_exitcode(); perlvar, $?',
    },
  ];
}
