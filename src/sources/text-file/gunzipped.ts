import { createReadStream } from 'node:fs';

/** The text of a gzip file, piece by piece. Throws where it is none. */
export async function* gunzipped(path: string): AsyncGenerator<Buffer, void> {
  // Loaded where it is needed: a compressed file is read at most once, after a start.
  const { createGunzip } = await import('node:zlib');
  const text: AsyncIterable<Buffer> = createReadStream(path).pipe(createGunzip());
  yield* text;
}
