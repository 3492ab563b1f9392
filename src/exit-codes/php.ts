import type { Convention } from './convention.ts';

const FPM = 'php-src sapi/fpm/fpm/fpm.h (FPM_EXIT_USAGE, FPM_EXIT_SOFTWARE, FPM_EXIT_CONFIG)';

export const PHP: Convention = {
  id: 'php',
  title: 'PHP',
  source: 'PHP manual, exit()',
  rows: [
    { code: 64, name: 'php-fpm: wrong use', text: 'php-fpm got wrong command-line options.', source: FPM },
    { code: 70, name: 'php-fpm: internal error', text: 'php-fpm could not go on, for instance because a worker could not be set up.', source: FPM },
    { code: 78, name: 'php-fpm: wrong configuration', text: 'php-fpm could not start with its configuration; its log says why.', source: FPM },
    {
      code: 255,
      name: 'fatal error',
      text: 'Reserved by PHP for itself: a fatal error or uncaught exception ("Allowed memory size exhausted" among them). Scripts shall use 0-254.',
    },
  ],
};
