import type { ExitRange } from '../model/exit-code.ts';

const SIGNAL_SOURCE = 'bash manual, 3.7.5 Exit Status; containerd pkg/sys/reaper; signal(7)';

/** Where each code comes from: together all of 0-255, without gap or overlap. */
export const RANGES: readonly ExitRange[] = [
  { from: 0, to: 0, text: 'Success, by the convention of every Unix program.', source: 'exit(3), EXIT_SUCCESS' },
  {
    from: 1,
    to: 63,
    text: "The program's own codes. Only 1 (error) and 2 (wrong use) mean much the same in many programs.",
    source: 'exit(3); bash manual, 3.7.5 Exit Status',
  },
  {
    from: 64,
    to: 78,
    text: "The program's own codes, which BSD's sysexits give names to. Few programs use them.",
    source: 'sysexits.h(3head)',
  },
  { from: 79, to: 122, text: "The program's own codes.", source: 'exit(3)' },
  {
    from: 123,
    to: 128,
    text: 'What runs a command (a shell, timeout, xargs, docker) says by these that it could not be run, or what became of it.',
    source: 'POSIX.1, Shell Command Language, 2.8.2; timeout(1); xargs(1); docker run reference, "Exit status"',
  },
  {
    from: 129,
    to: 159,
    text: '128 + the number of the signal that ended the process. A program may also return such a number itself; the number does not tell.',
    source: SIGNAL_SOURCE,
  },
  {
    from: 160,
    to: 192,
    text: '128 + the number of a real-time signal. As hardly anybody sends one, it may well be a code of the program itself.',
    source: SIGNAL_SOURCE,
  },
  {
    from: 193,
    to: 254,
    text: "The program's own codes; no signal outside MIPS is numbered so high. systemd uses 200-246 for units it cannot start.",
    source: 'exit(3); signal(7); systemd.exec(5), "Process Exit Codes"',
  },
  {
    from: 255,
    to: 255,
    text: 'exit(-1), or the number that runtimes give where they do not know the code.',
    source: 'exit(3); containerd client/task.go (UnknownExitStatus)',
  },
];
