import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { Why137Error } from '../lib/errors.ts';
import { sayThrown } from '../lib/thrown.ts';
import { tokensIn } from '../outputs/http/tokens.ts';

/** How to get in to an agent that is protected. */
export interface AgentDoor {
  readonly url: string;
  /** Null: none is sent. */
  readonly token: string | null;
  /** What is trusted besides Node's own list of CAs; empty for http. */
  readonly tls: Pick<RequestOptions, 'ca' | 'checkServerIdentity' | 'allowPartialTrustChain'>;
}

/** As the command line gives it; what is left out, the environment says. */
export interface DoorOptions {
  readonly url?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly caFile?: string | undefined;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The agent of this node, by the agent's own environment (WHY137_LISTEN, WHY137_TOKEN_FILE, WHY137_TLS_CERT_FILE), so
 * that in its pod nothing need be said. A certificate of its own is seldom one for 127.0.0.1: there the very
 * certificate of the agent's file must be shown, and no other. Throws Why137Error W137_INPUT.
 */
export function agentDoor(options: DoorOptions, env: Env): AgentDoor {
  const own = env['WHY137_TLS_CERT_FILE'] ?? '';
  const url = options.url ?? defaultAgentUrl(env['WHY137_LISTEN'], own !== '');
  const tokenFile = options.tokenFile ?? env['WHY137_TOKEN_FILE'] ?? '';
  const caFile = options.caFile ?? env['WHY137_CA_FILE'] ?? '';
  const token = tokenFile === '' ? null : firstToken(tokenFile);
  if (!url.startsWith('https:')) return { url, token, tls: {} };
  if (caFile !== '') return { url, token, tls: { ca: read(caFile, 'CA') } };
  return { url, token, tls: options.url === undefined && own !== '' ? pinned(read(own, 'certificate')) : {} };
}

/** Where the agent serves unless told otherwise: what it was told to listen on (WHY137_LISTEN), or its default. */
export function defaultAgentUrl(listen: string | undefined, tls = false): string {
  const scheme = tls ? 'https' : 'http';
  return `${scheme}://${listen === undefined || listen === '' ? '127.0.0.1:9137' : listen.replace(/^(0\.0\.0\.0|\[::\]|(?=:))/, '127.0.0.1')}`;
}

function pinned(pem: string): AgentDoor['tls'] {
  const leaf = new X509Certificate(pem).raw;
  return {
    ca: pem,
    allowPartialTrustChain: true,
    checkServerIdentity: (_host, { raw }) => (leaf.equals(raw) ? undefined : new Error('it shows another certificate than the one of WHY137_TLS_CERT_FILE')),
  };
}

/** Throws Why137Error W137_INPUT. */
export function firstToken(file: string): string {
  let found: string | undefined;
  try {
    [found] = tokensIn(read(file, 'token'), file);
  } catch (error) {
    throw error instanceof Why137Error ? error : new Why137Error('W137_INPUT', `${sayThrown(error)}.`, { cause: error });
  }
  if (found === undefined) throw new Why137Error('W137_INPUT', `The token file ${file} holds no token.`);
  return found;
}

function read(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Why137Error('W137_INPUT', `The ${what} file ${file} cannot be read.`, { cause });
  }
}
