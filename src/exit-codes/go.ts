import type { Convention } from './convention.ts';

const SIGNAL = 'Go documentation, os/signal, "Default behavior of signals in Go programs"';

export const GO: Convention = {
  id: 'go',
  title: 'Go',
  source: 'Go documentation, package runtime',
  rows: [
    { code: 1, name: 'log.Fatal', text: 'log.Fatal prints a message and calls os.Exit(1).', source: 'Go documentation, package log' },
    {
      code: 2,
      name: 'panic, fatal error, or wrong flags',
      text: 'An unrecovered panic or a fatal error of the runtime ("out of memory" among them), after a trace of goroutines; also wrong command-line flags (flag.ExitOnError) and SIGQUIT.',
      source: `Go documentation, package flag; golang/go issue #45508; ${SIGNAL}`,
    },
    { code: 130, name: 'SIGINT not handled', text: 'By default SIGINT ends a Go program at once; deferred functions do not run.', source: SIGNAL },
    {
      code: 134,
      name: 'panic with GOTRACEBACK=crash',
      text: 'With GOTRACEBACK=crash, a panic ends by SIGABRT in place of code 2.',
      source: 'Go documentation, package runtime, "Environment Variables"',
    },
    {
      code: 137,
      name: 'killed by SIGKILL',
      text: 'GOMEMLIMIT is a soft limit: a Go program that needs more goes on until something kills it.',
      source: 'Go documentation, package runtime/debug, SetMemoryLimit',
    },
    { code: 143, name: 'SIGTERM not handled', text: 'By default SIGTERM ends a Go program at once; deferred functions do not run.', source: SIGNAL },
  ],
};
