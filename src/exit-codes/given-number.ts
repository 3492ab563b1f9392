import type { ExitMeaning } from '../model/exit-code.ts';
import { signalName } from './describe-signal.ts';

const KSH_OFFSET = 256;
/** What Windows reports for an unhandled .NET exception, as an unsigned and as a signed number. */
const CLR_EXCEPTION = [0xe0434352, 0xe0434352 - 2 ** 32];

/** What a number outside 0-255 is: what exit() makes of it, and other notations in which such numbers turn up. */
export function meaningsOfGiven(given: number, code: number): ExitMeaning[] {
  if (given >= 0 && given <= 255) return [];
  return [lowEightBits(given, code), ...pythonReturnCode(given), ...kshStatus(given), ...rawWaitStatus(given), ...clrException(given)];
}

function lowEightBits(given: number, code: number): ExitMeaning {
  const success = code === 0 ? ' The parent takes it for success.' : '';
  const shells = given < 0 ? ' So does "exit" in bash; in dash and BusyBox sh it refuses a negative number and ends with 2.' : '';
  return {
    convention: 'exit',
    name: `exit(${given}) ends with ${code}`,
    text: `The kernel passes only the low eight bits on: ${given} becomes ${code}.${success}${shells}`,
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

/** ksh93 keeps signals apart from codes in its $?. */
function kshStatus(given: number): ExitMeaning[] {
  const name = signalName(given - KSH_OFFSET);
  if (name === null) return [];
  const number = given - KSH_OFFSET;
  return [
    {
      convention: 'shell',
      name: `256 + ${number} in ksh93`,
      text: `As $? in ksh93 it says that the command was killed by ${name}, which other shells and runtimes write as ${128 + number}.`,
      source: 'ksh93 manual, "Commands"; POSIX.1, Shell Command Language, 2.8.2 (any number above 128)',
    },
  ];
}

function clrException(given: number): ExitMeaning[] {
  if (!CLR_EXCEPTION.includes(given)) return [];
  return [
    {
      convention: 'dotnet',
      name: 'unhandled exception on Windows',
      text: 'On Windows, a .NET program ends with 0xE0434352 at an unhandled exception; on Linux it ends with 134 (SIGABRT).',
      source: 'Microsoft documentation, "CLR Exception E0434352"; dotnet/runtime issue #21523',
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
