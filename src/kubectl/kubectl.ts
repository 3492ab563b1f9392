import { execa } from 'execa';
import { failureOf, KubectlError } from './failure.ts';

export interface Kubectl {
  /**
   * GET from the API server with the user's own credentials, text back. Throws KubectlError. `mayPrompt`: a credential
   * plugin may talk to the user (the first request of all; later ones find its answer cached).
   */
  get(path: string, options?: { readonly signal?: AbortSignal; readonly mayPrompt?: boolean }): Promise<string>;
  /** Namespace of the current context; `default` where it names none. */
  namespace(): Promise<string>;
}

interface KubectlOptions {
  readonly binary: string;
  /** `--context=…` and the like, handed on as they were given. */
  readonly flags: readonly string[];
  /** Where a credential plugin's words go. */
  readonly err: (text: string) => void;
}

/** kubectl says within this time what it has to say; what waits longer waits for the user. */
const PROMPT_AFTER_MS = 1_000;
/** How kubectl begins to say what went wrong: told in our own words. */
const ERROR = /^(error: |Error from server|Unable to connect|The connection to the server)/;

/** The user's kubectl: it knows every kubeconfig and every way to log in. */
export function createKubectl({ binary, flags, err }: KubectlOptions): Kubectl {
  async function run(args: readonly string[], signal: AbortSignal | undefined, mayPrompt: boolean): Promise<string> {
    const child = execa(binary, [...args, ...flags], {
      reject: false,
      stripFinalNewline: false,
      stdin: mayPrompt ? 'inherit' : 'ignore',
      // Its words are read below, and it speaks many languages.
      env: { LC_ALL: 'C' },
      ...(signal && { cancelSignal: signal }),
    });
    let held = '';
    let live = false;
    const show = (text: string): void => {
      if (!ERROR.test(text)) err(text);
    };
    const waits = setTimeout(() => {
      live = mayPrompt;
      if (live) show(held);
    }, PROMPT_AFTER_MS);
    child.stderr.on('data', (chunk: Buffer) => {
      if (live) show(chunk.toString());
      else held += chunk.toString();
    });
    const { exitCode, code, isCanceled, stdout, stderr } = await child;
    clearTimeout(waits);
    if (isCanceled) throw new KubectlError({ kind: 'timeout', said: '' });
    if (code === 'ENOENT' || code === 'EACCES') throw new KubectlError({ kind: 'no-kubectl', said: `${binary}: ${code}` });
    if (exitCode !== 0) throw new KubectlError(failureOf(stderr));
    return stdout;
  }

  return {
    // No --request-timeout: kubectl would add it to the path's query, where the agent does not know it.
    get: (path, { signal, mayPrompt = false } = {}) => run(['get', '--raw', path], signal, mayPrompt),
    async namespace() {
      try {
        const found = await run(['config', 'view', '--minify', '--output=jsonpath={.contexts[0].context.namespace}'], undefined, false);
        return found.trim() || 'default';
      } catch (error) {
        // Without a current context (in a pod, say) there is nothing to look at; what is wrong for good is said by the first request.
        if (error instanceof KubectlError && error.failure.kind !== 'no-kubectl') return 'default';
        throw error;
      }
    },
  };
}
