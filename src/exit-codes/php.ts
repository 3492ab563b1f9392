import type { Convention } from './convention.ts';

export const PHP: Convention = {
  id: 'php',
  title: 'PHP',
  source: 'PHP manual, exit()',
  rows: [
    {
      code: 255,
      name: 'fatal error',
      text: 'Reserved by PHP for itself: a fatal error or uncaught exception ("Allowed memory size exhausted" among them). Scripts shall use 0-254.',
    },
  ],
};
