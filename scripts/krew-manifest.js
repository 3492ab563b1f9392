// Prints deploy/krew/why137.yaml as a release wants it:
// node scripts/krew-manifest.js ARCHIVE ARCHIVE_URL HOMEPAGE (ARCHIVE: the file of `npm pack`, as it is put at ARCHIVE_URL).
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

const [archive, url, homepage] = process.argv.slice(2);
const root = new URL('../', import.meta.url);
const isHttps = (text) => URL.canParse(text) && new URL(text).protocol === 'https:';

try {
  if (archive === undefined || !isHttps(url) || !isHttps(homepage)) throw new Error('usage: node scripts/krew-manifest.js ARCHIVE ARCHIVE_URL HOMEPAGE; both addresses begin with https://');
  const [manifest, { version }] = [await readFile(new URL('deploy/krew/why137.yaml', root), 'utf8'), JSON.parse(await readFile(new URL('package.json', root), 'utf8'))];
  const sha256 = createHash('sha256').update(await readFile(archive)).digest('hex');
  const filled = { '<VERSION>': `v${version}`, '<HOMEPAGE>': homepage, '<ARCHIVE_URL>': url, '<SHA256>': sha256 };
  const object = manifest.slice(manifest.indexOf('apiVersion:'));
  process.stdout.write(object.replace(/<[A-Z0-9_]+>/g, (place) => filled[place] ?? place));
} catch (error) {
  console.error(error.message);
  process.exitCode = 2;
}
