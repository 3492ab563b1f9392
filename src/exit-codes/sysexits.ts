import type { Convention } from './convention.ts';

export const SYSEXITS: Convention = {
  id: 'sysexits',
  title: 'BSD sysexits',
  source: 'sysexits.h(3head)',
  rows: [
    { code: 64, name: 'EX_USAGE', text: 'The command was used wrongly: bad arguments or options.' },
    { code: 65, name: 'EX_DATAERR', text: "The user's input data was wrong." },
    { code: 66, name: 'EX_NOINPUT', text: 'An input file does not exist or cannot be read.' },
    { code: 67, name: 'EX_NOUSER', text: 'The user named does not exist.' },
    { code: 68, name: 'EX_NOHOST', text: 'The host named does not exist.' },
    { code: 69, name: 'EX_UNAVAILABLE', text: 'A service or something that the program needs is not available.' },
    { code: 70, name: 'EX_SOFTWARE', text: 'An internal error of the program.' },
    { code: 71, name: 'EX_OSERR', text: 'An error of the operating system, such as that it cannot fork.' },
    { code: 72, name: 'EX_OSFILE', text: 'A system file is missing, unreadable or malformed.' },
    { code: 73, name: 'EX_CANTCREAT', text: 'An output file cannot be created.' },
    { code: 74, name: 'EX_IOERR', text: 'An error while reading or writing a file.' },
    { code: 75, name: 'EX_TEMPFAIL', text: 'A temporary failure: trying again later may help.' },
    { code: 76, name: 'EX_PROTOCOL', text: 'The other side broke the protocol.' },
    { code: 77, name: 'EX_NOPERM', text: 'Permission is missing for the operation.' },
    { code: 78, name: 'EX_CONFIG', text: 'Something is wrong in the configuration.' },
  ],
};
