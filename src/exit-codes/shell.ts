import type { Convention } from './convention.ts';

const BASH = 'bash manual, 3.7.5 Exit Status';
const ABS = 'Advanced Bash-Scripting Guide, appendix E "Exit Codes With Special Meanings"';
/** Where the shells differ and no manual says it. */
const TRIED = 'bash 5.2, dash 0.5.12 and BusyBox 1.35, as they do';
const POSIX = 'POSIX.1, Shell Command Language, 2.8.2 Exit Status for Commands';

export const SHELL: Convention = {
  id: 'shell',
  title: 'Shells (bash, dash, BusyBox sh)',
  source: POSIX,
  rows: [
    { code: 0, name: 'success', text: 'The command succeeded.' },
    { code: 1, name: 'general error', text: 'Catch-all for errors; which one, only its output tells.', source: ABS },
    {
      code: 2,
      name: 'wrong use of a builtin, or a syntax error',
      text: 'Builtins of bash return 2 for wrong options or missing arguments. Bash, dash and BusyBox sh end with 2 at a syntax error; dash and BusyBox sh also for a script file that does not exist.',
      source: `${BASH}; ${TRIED}`,
    },
    {
      code: 126,
      name: 'command found, but it cannot be run',
      text: 'Not executable, no permission, a directory, or the wrong format.',
    },
    {
      code: 127,
      name: 'command not found',
      text: 'A misspelt name, a missing package or a wrong PATH; also, in bash, a script file that does not exist.',
      source: `${POSIX}; ${TRIED}`,
    },
    {
      code: 128,
      name: 'invalid argument to exit',
      text: 'Listed as reserved for "exit" with an argument that is no integer; today bash, dash and BusyBox sh end with 2 for that.',
      source: `${ABS}; ${TRIED}`,
    },
    {
      code: 130,
      name: 'interrupted by Ctrl-C',
      text: 'A script or command ended by SIGINT (128 + 2).',
      source: `${ABS}; ${BASH}`,
    },
    {
      code: 137,
      name: 'a child killed by SIGKILL',
      text: 'A shell ends with 137 when its last command was killed by SIGKILL, though nothing killed the shell itself.',
      source: BASH,
    },
    {
      code: 255,
      name: 'exit status out of range',
      text: 'Listed as reserved for "exit" with a number outside 0-255; in bash, "exit -1" ends with 255, in dash and BusyBox sh with 2.',
      source: `${ABS}; ${TRIED}`,
    },
  ],
};
