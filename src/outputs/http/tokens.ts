import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { sayThrown } from '../../lib/thrown.ts';

/** Who may ask, by a secret of theirs. */
export interface Tokens {
  /** Whether the text is one of the tokens that the file holds now. Takes as long for a wrong one as for a right one. */
  has(given: string): boolean;
}

/** Letters that RFC 6750 allows in a bearer token; fewer of them could be guessed. */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;
export const SHORTEST_TOKEN = 16;
const MAX_FILE_BYTES = 65_536;

/**
 * Tokens of a file, one a line; empty lines and lines beginning with # are left out. The file is read again when it
 * has changed (a look at each question: it may be a Secret's, which kubelet swaps). What it says counts at once, so
 * a token that is taken out is refused, and an empty file refuses all; while it cannot be read, or holds a line that is
 * no token, the tokens of before stay, and `trouble` is told once why.
 * @throws {Error} when it cannot be read, or holds none, at first; the sentence shows no token.
 */
export function tokensOf(file: string, trouble: (why: string) => void): Tokens {
  let stamp = stampOf(file);
  let digests = read(file);
  if (digests.length === 0) throw new Error(`${file} holds no token`);
  let told = '';

  function refresh(): void {
    try {
      const now = stampOf(file);
      if (now === stamp) return;
      digests = read(file);
      stamp = now;
      told = '';
      if (digests.length === 0) trouble(`${file} holds no token any more: every request is refused`);
    } catch (error) {
      const why = sayThrown(error);
      if (why !== told) trouble(`${why}: the tokens of before stay`);
      told = why;
    }
  }

  return {
    has(given) {
      refresh();
      const digest = digestOf(given);
      let found = false;
      for (const one of digests) found = timingSafeEqual(one, digest) || found;
      return found;
    },
  };
}

function read(file: string): Buffer[] {
  const text = readFileSync(file);
  if (text.length > MAX_FILE_BYTES) throw new Error(`${file} is longer than ${String(MAX_FILE_BYTES)} bytes`);
  return tokensIn(text.toString(), file).map(digestOf);
}

/** The tokens in the text of such a file. Throws for a line that is none. */
export function tokensIn(text: string, file: string): string[] {
  return text.split('\n').flatMap((line, index) => {
    const token = line.trim();
    if (token === '' || token.startsWith('#')) return [];
    if (TOKEN.test(token) && token.length >= SHORTEST_TOKEN) return [token];
    throw new Error(`line ${String(index + 1)} of ${file} is no token: ${String(SHORTEST_TOKEN)} characters or more, of A-Z a-z 0-9 . _ ~ + / - and = at the end`);
  });
}

/** What tells one content from another without reading it: a swapped link leads to another inode. */
function stampOf(file: string): string {
  const { dev, ino, mtimeMs, ctimeMs, size } = statSync(file);
  return [dev, ino, mtimeMs, ctimeMs, size].join(' ');
}

// Equal lengths, whatever was given: comparing takes the same time.
const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();
