import type { Convention } from './convention.ts';

/** Codes that init scripts give when a service does not start; systemd names them in a unit's status. */
export const LSB: Convention = {
  id: 'lsb',
  title: 'Services (LSB)',
  source: 'systemd.exec(5), "LSB service exit codes"',
  rows: [
    { code: 2, name: 'EXIT_INVALIDARGUMENT', text: 'Of a service on the node: invalid or too many arguments.' },
    { code: 3, name: 'EXIT_NOTIMPLEMENTED', text: 'Of a service on the node: it does not have the feature asked for.' },
    { code: 4, name: 'EXIT_NOPERMISSION', text: 'Of a service on the node: the user lacks the permission.' },
    { code: 5, name: 'EXIT_NOTINSTALLED', text: 'Of a service on the node: the program is not installed.' },
    { code: 6, name: 'EXIT_NOTCONFIGURED', text: 'Of a service on the node: the program is not configured.' },
    { code: 7, name: 'EXIT_NOTRUNNING', text: 'Of a service on the node: the program does not run.' },
  ],
};
