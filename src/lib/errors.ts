/**
 * Every error that a person can meet has a stable code here; docs/errors.md is the same table with advice, and a test
 * holds the two equal. `exit` is the exit status of a command that ends with it.
 */
export const ERRORS = {
  W137_CONFIG: { exit: 2, title: 'A configuration value is not allowed' },
  W137_USAGE: { exit: 2, title: 'The command line is not understood' },
  W137_INPUT: { exit: 2, title: 'The input cannot be read' },
  W137_OUTPUT: { exit: 1, title: 'The output cannot be written' },
  W137_RECORDING: { exit: 2, title: 'The recording is not valid' },
  W137_NOT_INTEGER: { exit: 2, title: 'The exit code is not an integer' },
  W137_LISTEN: { exit: 1, title: 'The HTTP endpoint cannot be opened' },
  W137_KUBERNETES: { exit: 2, title: 'Kubernetes Events cannot be written from here' },
  W137_NO_AGENT: { exit: 1, title: 'The agent does not answer' },
  W137_CLUSTER: { exit: 1, title: 'The cluster cannot be asked' },
  W137_NOT_FOUND: { exit: 3, title: 'Nothing is known of it' },
  W137_BAD_REQUEST: { exit: 2, title: 'A request parameter is not allowed' },
  W137_METHOD: { exit: 2, title: 'Only GET and HEAD are served' },
  W137_BUSY: { exit: 1, title: 'As many readers or connections as are allowed' },
  W137_UNAUTHORIZED: { exit: 1, title: 'A token is asked for' },
  W137_STATE_UNWRITABLE: { exit: 1, title: 'The state cannot be written' },
  W137_STATE_IN_USE: { exit: 1, title: 'Another agent has the state directory' },
  W137_STATE_DAMAGED: { exit: 1, title: 'The state was damaged' },
  W137_INTERNAL: { exit: 1, title: 'why137 failed' },
} as const satisfies Record<string, { exit: number; title: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** An error with one clear sentence for the person who meets it. */
export class Why137Error extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.name = 'Why137Error';
    this.code = code;
  }

  get exitStatus(): number {
    return ERRORS[this.code].exit;
  }
}
