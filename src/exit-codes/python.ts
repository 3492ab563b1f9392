import type { Convention } from './convention.ts';

const SYS_EXIT = 'Python documentation, sys.exit()';

export const PYTHON: Convention = {
  id: 'python',
  title: 'Python',
  source: SYS_EXIT,
  rows: [
    { code: 1, name: 'uncaught exception', text: 'An exception that nothing handled (MemoryError among them), or sys.exit() with a message.' },
    { code: 2, name: 'command line error', text: 'Wrong options for python or for a program that uses argparse; also a script file that cannot be opened.' },
    {
      code: 120,
      name: 'error while cleaning up',
      text: 'The interpreter could not finish in order, such as to flush standard output when the disk is full or the pipe closed.',
      source: `${SYS_EXIT}; C API, Py_FinalizeEx()`,
    },
    {
      code: 130,
      name: 'KeyboardInterrupt',
      text: 'SIGINT raised KeyboardInterrupt and nothing handled it; since Python 3.8 the process then ends by SIGINT.',
      source: "Python 3.8, What's New, and documentation, KeyboardInterrupt",
    },
    {
      code: 134,
      name: 'fatal error of the interpreter',
      text: 'The interpreter printed "Fatal Python error" and aborted (SIGABRT, 128 + 6).',
      source: 'Python documentation, C API, Py_FatalError()',
    },
    { code: 255, name: 'sys.exit(-1)', text: 'Python passes the number on, and its low eight bits are 255.' },
  ],
};
