import type { Convention } from './convention.ts';

const DOCUMENTATION = 'Node.js documentation, process, "Exit codes"';
const SIGNAL_EVENTS = 'Node.js documentation, process, "Signal events"';
const HEADER = 'node src/node_exit_code.h';
const BOTH = `${DOCUMENTATION}; ${HEADER}`;

export const NODEJS: Convention = {
  id: 'nodejs',
  title: 'Node.js',
  source: DOCUMENTATION,
  rows: [
    { code: 1, name: 'uncaught fatal exception', text: 'An exception or rejection that nothing handled; also other general errors.' },
    { code: 2, name: 'unused', text: 'Node.js itself does not use it, because Bash does.' },
    {
      code: 3,
      name: 'internal JavaScript parse error',
      text: "Node's own start-up code did not parse. Current versions end with 1 for that.",
      source: BOTH,
    },
    {
      code: 4,
      name: 'internal JavaScript evaluation failure',
      text: "Node's own start-up code failed. Current versions end with 1 for that.",
      source: BOTH,
    },
    {
      code: 5,
      name: 'fatal error in V8',
      text: 'Documented for fatal errors of V8; in practice such a process ends with 133 or 134.',
      source: BOTH,
    },
    { code: 6, name: 'non-function internal exception handler', text: 'The internal handler of fatal exceptions was no function.' },
    { code: 7, name: 'internal exception handler failed', text: "An 'uncaughtException' handler threw an error itself." },
    { code: 8, name: 'unused, formerly an uncaught exception', text: 'Early versions of Node.js ended with it for some exceptions that nothing handled.' },
    { code: 9, name: 'invalid argument', text: 'An unknown option, or an option without the value that it needs.' },
    { code: 10, name: 'internal JavaScript run-time failure', text: "Node's own start-up code threw an error. Extremely rare." },
    {
      code: 12,
      name: 'invalid debug argument',
      text: 'The port of --inspect is invalid or taken. Current versions end with 9 for an invalid one.',
      source: BOTH,
    },
    { code: 13, name: 'unsettled top-level await', text: 'The event loop ran empty while a top-level await was still waiting.' },
    { code: 14, name: 'snapshot failure', text: 'Building a V8 start-up snapshot failed.' },
    { code: 130, name: 'ended by SIGINT', text: 'Node.js ends with 130 at SIGINT unless the program handles it.', source: SIGNAL_EVENTS },
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
      text: 'A full JavaScript heap ends with 134; 137 is a SIGKILL, or the program returned it.',
      source: BOTH,
    },
    { code: 143, name: 'ended by SIGTERM', text: 'Node.js ends with 143 at SIGTERM unless the program handles it.', source: SIGNAL_EVENTS },
  ],
};
