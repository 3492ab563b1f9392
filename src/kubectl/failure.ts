/** What went wrong with a request, by kubectl's own words. */
export type FailureKind =
  | 'no-kubectl'
  | 'no-cluster'
  | 'timeout'
  | 'unauthorized'
  | 'forbidden'
  | 'pod-gone'
  | 'not-found'
  | 'pod-unreachable'
  | 'bad-request'
  | 'other';

export interface Failure {
  readonly kind: FailureKind;
  /** What kubectl, the API server or its proxy said, on one line. */
  readonly said: string;
}

export class KubectlError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(`kubectl: ${failure.said || failure.kind}`);
    this.name = 'KubectlError';
    this.failure = failure;
  }
}

/** The first that fits. `get --raw` gives words and one exit status, whatever the status of the answer was. */
const WORDS: readonly (readonly [pattern: RegExp, kind: FailureKind])[] = [
  [/error trying to reach service: (.*)/s, 'pod-unreachable'],
  [/\(Forbidden\): (.*)/s, 'forbidden'],
  [/You must be logged in to the server \((.*)\)/s, 'unauthorized'],
  [/\(NotFound\): (pods ".*" not found)/s, 'pod-gone'],
  [/\(NotFound\): (.*)/s, 'not-found'],
  [/\(BadRequest\): (.*)/s, 'bad-request'],
  [/(Unable to connect to the server.*|The connection to the server .*)/s, 'no-cluster'],
];

export function failureOf(stderr: string): Failure {
  for (const [pattern, kind] of WORDS) {
    const said = pattern.exec(stderr)?.[1];
    if (said !== undefined) return { kind, said: oneLine(said) };
  }
  return { kind: 'other', said: oneLine(stderr.replace(/^(error: |Error from server \(\w+\): )/, '')) };
}

function oneLine(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '').join('; ').slice(0, 500);
}
