import { readFileSync } from 'node:fs';
import type { RequestListener, Server, ServerOptions } from 'node:http';
import { createServer } from 'node:https';
import { createSecureContext, type SecureContextOptions, type TlsOptions } from 'node:tls';
import { sayThrown } from '../../lib/thrown.ts';

// Loaded only where TLS is wanted: node:https and node:tls cost memory.

/** Files of PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** CA whose clients need no token; null: a client is not asked for a certificate. */
  readonly clientCa: string | null;
}

const LOOK_MS = 10_000;

/**
 * An HTTPS server, of TLS 1.2 at least, that takes new files as they come (they are read every ten seconds). Where the
 * new ones do not fit each other, as in the middle of a renewal, it keeps those of before and tells `trouble` once.
 * @throws {Error} when the files cannot be read or do not fit, at first.
 */
export function createTlsServer(files: TlsFiles, options: ServerOptions, listener: RequestListener, trouble: (why: string) => void, lookMs = LOOK_MS): Server {
  let current = contentOf(files);
  createSecureContext(current);
  const tls: TlsOptions = {
    ...current,
    minVersion: 'TLSv1.2',
    // A client without a certificate is answered, too: kubelet's probes have none. Its token decides (access.ts).
    requestCert: files.clientCa !== null,
    rejectUnauthorized: false,
    handshakeTimeout: 10_000,
  };
  const server = createServer({ ...options, ...tls }, listener);

  let told = '';
  const look = setInterval(() => {
    try {
      const now = contentOf(files);
      if (now.cert === current.cert && now.key === current.key && now.ca === current.ca) return;
      server.setSecureContext({ ...now, minVersion: 'TLSv1.2' });
      current = now;
      told = '';
    } catch (error) {
      const why = sayThrown(error);
      if (why !== told) trouble(`the certificate is not renewed: ${why}`);
      told = why;
    }
  }, lookMs);
  look.unref();
  server.on('close', () => {
    clearInterval(look);
  });
  return server;
}

function contentOf({ cert, key, clientCa }: TlsFiles): SecureContextOptions & { readonly cert: string; readonly key: string; readonly ca?: string } {
  const pem = (file: string): string => readFileSync(file, 'utf8');
  const content = { cert: pem(cert), key: pem(key), ...(clientCa !== null && { ca: pem(clientCa) }) };
  createSecureContext(content);
  return content;
}
