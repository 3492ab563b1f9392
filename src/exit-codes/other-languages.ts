import type { Convention } from './convention.ts';

export const RUST: Convention = {
  id: 'rust',
  title: 'Rust',
  source: 'Command Line Applications in Rust, "Exit codes"; std::rt',
  rows: [{ code: 101, name: 'panic', text: 'The main thread panicked; the message went to standard error.' }],
};

export const PERL: Convention = {
  id: 'perl',
  title: 'Perl',
  source: 'perldoc -f die',
  rows: [
    {
      code: 255,
      name: 'die',
      text: 'die ends with the number of the last system error ($!), else with the status of the last child, else with 255.',
    },
  ],
};
