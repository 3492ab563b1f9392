import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { TOKEN_HEADER } from '../outputs/http/access.ts';
import { answerFailure } from './answer-failure.ts';
import { type Failure, failureOf, KubectlError } from './failure.ts';
import type { Kubectl } from './kubectl.ts';

/** A way to the agents on which a token goes along; it is open until it is closed. */
export interface TokenDoor extends Pick<Kubectl, 'get'> {
  close(): void;
}

interface DoorOptions {
  readonly binary: string;
  /** As they were given to the plugin. */
  readonly flags: readonly string[];
  readonly token: string;
}

const START_MS = 15_000;
const MAX_BYTES = 64 * 1_048_576;

/**
 * `kubectl get --raw` sends no header of one's own, so the user's kubectl is run as a proxy instead. It listens on a
 * socket in a directory that nobody else may enter: whoever could reach it would act with the user's rights.
 * Throws KubectlError.
 */
export async function openTokenDoor({ binary, flags, token }: DoorOptions): Promise<TokenDoor> {
  const dir = mkdtempSync(join(tmpdir(), 'kubectl-why137-'));
  const socketPath = join(dir, 's');
  const child = execa(binary, ['proxy', `--unix-socket=${socketPath}`, ...flags], { reject: false, stdin: 'ignore', env: { LC_ALL: 'C' } });
  const close = (): void => {
    child.kill();
    rmSync(dir, { recursive: true, force: true });
  };
  // Whatever ends the plugin ends the proxy.
  process.once('exit', close);
  try {
    await serving(child.stdout, child);
  } catch (error) {
    close();
    throw error;
  }
  return {
    get: (path, { signal } = {}) => get({ socketPath, path, headers: { host: 'localhost', accept: 'application/json', [TOKEN_HEADER]: token }, ...(signal && { signal }) }),
    close() {
      process.off('exit', close);
      close();
    },
  };
}

async function serving(stdout: Readable, end: PromiseLike<{ readonly code?: string | undefined; readonly stderr: string }>): Promise<void> {
  let waited: NodeJS.Timeout | undefined;
  const late = new Promise<Failure>((resolve) => {
    waited = setTimeout(() => { resolve({ kind: 'timeout', said: '' }); }, START_MS);
  });
  const ready = new Promise<null>((resolve) => {
    stdout.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('Starting to serve')) resolve(null);
    });
  });
  const ended = end.then(({ code, stderr }): Failure => (code === 'ENOENT' || code === 'EACCES' ? { kind: 'no-kubectl', said: code } : failureOf(stderr)));
  const failure = await Promise.race([ready, ended, late]);
  clearTimeout(waited);
  if (failure !== null) throw new KubectlError(failure);
}

function get(options: { readonly socketPath: string; readonly path: string; readonly headers: Readonly<Record<string, string>>; readonly signal?: AbortSignal }): Promise<string> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      reject(new KubectlError(options.signal?.aborted === true ? { kind: 'timeout', said: '' } : { kind: 'other', said: error.message }));
    };
    const asked = request({ ...options, agent: false }, (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > MAX_BYTES) asked.destroy(new Error('its answer has no end'));
      });
      response.on('error', failed);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const status = response.statusCode ?? 0;
        if (status < 300) resolve(text);
        else reject(new KubectlError(answerFailure(status, text)));
      });
    });
    asked.on('error', failed);
    asked.end();
  });
}
