import type { Convention } from './convention.ts';

export const RUST: Convention = {
  id: 'rust',
  title: 'Rust',
  source: 'Command Line Applications in Rust, "Exit codes"; std::rt',
  rows: [
    { code: 1, name: 'main returned an error', text: 'The main function returned Err; what it was went to standard error.', source: 'Rust documentation, std::process::Termination' },
    { code: 101, name: 'panic', text: 'The main thread panicked; the message went to standard error.' },
    {
      code: 134,
      name: 'abort',
      text: 'A stack overflow, memory that could not be had, a panic with panic=abort, or std::process::abort (SIGABRT, 128 + 6).',
      source: 'Rust documentation, std::process::abort; std::alloc::handle_alloc_error',
    },
  ],
};

export const CPP: Convention = {
  id: 'cpp',
  title: 'C and C++',
  source: 'C++ standard, [except.terminate]; abort(3); assert(3)',
  rows: [
    {
      code: 134,
      name: 'abort',
      text: 'An exception that nothing caught (std::bad_alloc among them), a failed assert, or damage to the heap that the C library found.',
    },
  ],
};

export const RUBY: Convention = {
  id: 'ruby',
  title: 'Ruby',
  source: 'Ruby documentation, Kernel#exit and Kernel#abort',
  rows: [{ code: 1, name: 'uncaught exception', text: 'An exception that nothing rescued, or abort, or exit(false).' }],
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
