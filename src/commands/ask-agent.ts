import { request } from 'node:http';
import { Why137Error } from '../lib/errors.ts';

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
export function askAgent(base: string, path: string): Promise<AgentAnswer> {
  return new Promise((resolve, reject) => {
    const failed = (why: string, cause?: unknown): void => {
      const sentence = `No why137 agent answers at ${base}: ${why}. Is it running there? (--agent-url names another place)`;
      reject(new Why137Error('W137_NO_AGENT', sentence, { cause }));
    };
    const url = URL.canParse(path, base) ? new URL(path, base) : null;
    if (url?.protocol !== 'http:') {
      failed('this is not an http:// URL');
      return;
    }
    const asked = request(url, { agent: false, timeout: TIMEOUT_MS, headers: { accept: 'application/json' } }, (response) => {
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
      failed(error.code === 'ECONNREFUSED' ? 'nothing listens there' : error.message, error);
    });
    asked.end();
  });
}
