import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Why no certificate can be made here; null when it can. */
export const noOpenssl = ((): string | null => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'openssl is not installed: no certificate can be made';
  }
})();

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const openssl = (...args: string[]): void => {
  execFileSync('openssl', args, { stdio: 'ignore' });
};

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** A CA; what it signs is made by `signed`. */
export function authority(dir: string, name: string): Pair {
  const pair = pairOf(dir, name);
  openssl('req', '-x509', ...KEY, '-days', '2', '-subj', `/CN=${name}`, '-keyout', pair.key, '-out', pair.cert);
  return pair;
}

/** A certificate for a name, with this name as its only alternative name. */
export function signed(dir: string, name: string, ca: Pair, alternative: string): Pair {
  const pair = pairOf(dir, name);
  const request = join(dir, `${name}.csr`);
  openssl('req', ...KEY, '-subj', `/CN=${name}`, '-addext', `subjectAltName=${alternative}`, '-keyout', pair.key, '-out', request);
  openssl('x509', '-req', '-in', request, '-CA', ca.cert, '-CAkey', ca.key, '-CAcreateserial', '-copy_extensions', 'copyall', '-days', '2', '-out', pair.cert);
  return pair;
}

const pairOf = (dir: string, name: string): Pair => ({ cert: join(dir, `${name}.pem`), key: join(dir, `${name}.key`) });
export const pem = (file: string): string => readFileSync(file, 'utf8');
