import type { IncomingMessage } from 'node:http';
import { Why137Error } from '../lib/errors.ts';
import type { AgentDoor } from './agent-door.ts';

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 64 * 1_048_576;

export interface AgentAnswer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * GET from the node's agent, JSON back. Throws Why137Error W137_NO_AGENT when nobody answers there, or something that
 * is not why137 does. node:http, because the global fetch loads undici.
 */
export async function askAgent({ url: base, token, tls }: AgentDoor, path: string): Promise<AgentAnswer> {
  const { request } = base.startsWith('https:') ? await import('node:https') : await import('node:http');
  return new Promise((resolve, reject) => {
    const failed = (why: string, cause?: unknown): void => {
      const sentence = `No why137 agent answers at ${base}: ${why}. Is it running there? (--agent-url names another place)`;
      reject(new Why137Error('W137_NO_AGENT', sentence, { cause }));
    };
    const url = URL.canParse(path, base) ? new URL(path, base) : null;
    if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
      failed('this is not an http:// or https:// URL');
      return;
    }
    const headers = { accept: 'application/json', ...(token !== null && { authorization: `Bearer ${token}` }) };
    const asked = request(url, { ...tls, agent: false, timeout: TIMEOUT_MS, headers }, (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > MAX_BYTES) asked.destroy(new Error('its answer has no end'));
      });
      response.on('error', (error) => {
        failed(error.message, error);
      });
      response.on('end', () => {
        try {
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) as unknown });
        } catch (error) {
          failed('what answers there does not speak JSON', error);
        }
      });
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${String(TIMEOUT_MS / 1_000)} s`)));
    asked.on('error', (error: NodeJS.ErrnoException) => {
      failed(whyNot(error), error);
    });
    asked.end();
  });
}

function whyNot({ code = '', message }: NodeJS.ErrnoException): string {
  if (code === 'ECONNREFUSED') return 'nothing listens there';
  if (/wrong.version.number|packet.length.too.long/i.test(message)) return 'it speaks no TLS; ask by http://';
  if (code === 'ECONNRESET') return 'it closed the connection: perhaps it speaks TLS (https://)';
  if (/SELF_SIGNED|UNABLE_TO|CERT_|_CERT/.test(code)) return `its certificate is not trusted (${message}); --ca-file names the CA`;
  return message;
}
