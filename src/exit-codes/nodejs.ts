import type { Convention } from './convention.ts';

const HEADER = 'node src/node_exit_code.h';

export const NODEJS: Convention = {
  id: 'nodejs',
  title: 'Node.js',
  source: 'Node.js documentation, process, "Exit codes"',
  rows: [
    { code: 1, name: 'uncaught fatal exception', text: 'An exception or rejection that nothing handled; also other general errors.' },
    { code: 3, name: 'internal JavaScript parse error', text: "Node's own start-up code did not parse. Extremely rare." },
    { code: 4, name: 'internal JavaScript evaluation failure', text: "Node's own start-up code failed. Extremely rare." },
    {
      code: 5,
      name: 'fatal error in V8',
      text: 'Documented for fatal errors of V8; in practice such a process ends with 133 or 134.',
      source: `Node.js documentation, process, "Exit codes"; ${HEADER}`,
    },
    { code: 6, name: 'non-function internal exception handler', text: 'The internal handler of fatal exceptions was no function.' },
    { code: 7, name: 'internal exception handler failed', text: "An 'uncaughtException' handler threw an error itself." },
    { code: 9, name: 'invalid argument', text: 'An unknown option, or an option without the value that it needs.' },
    { code: 10, name: 'internal JavaScript run-time failure', text: "Node's own start-up code threw an error. Extremely rare." },
    { code: 12, name: 'invalid debug argument', text: 'The port of --inspect is invalid or taken.' },
    { code: 13, name: 'unsettled top-level await', text: 'The event loop ran empty while a top-level await was still waiting.' },
    { code: 14, name: 'snapshot failure', text: 'Building a V8 start-up snapshot failed.' },
    { code: 133, name: 'fatal error of V8 by SIGTRAP', text: 'V8 crashed on purpose, as with --abort-on-uncaught-exception.', source: HEADER },
    {
      code: 134,
      name: 'fatal error of V8 by abort',
      text: 'Most often "JavaScript heap out of memory": the heap limit of V8 (--max-old-space-size) was full, not the container.',
      source: HEADER,
    },
    {
      code: 137,
      name: 'killed by SIGKILL',
      text: 'A full JavaScript heap ends with 134; 137 comes from outside the program.',
      source: `Node.js documentation, process, "Exit codes" (>128); ${HEADER}`,
    },
    { code: 143, name: 'ended by SIGTERM', text: 'Node.js ends with 143 at SIGTERM unless the program handles it.' },
  ],
};
