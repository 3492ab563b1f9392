// Builds dist/: one CommonJS bundle for the whole program, one for the kubectl plugin, so that the agent does not carry
// it, and the licences of the libraries in them. CommonJS, because
// an ES module that imports node:http makes Node read every export of it, which loads undici and http2 (about 10 MiB
// of resident memory).
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { licencesOf } from './licences.js';

const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));

const { metafile } = await build({
  entryPoints: { why137: 'src/main.ts', 'kubectl-why137': 'src/kubectl/main.ts' },
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'cjs',
  // The text of a program stays in memory for as long as it runs.
  minify: true,
  legalComments: 'none',
  loader: { '.proto': 'text' },
  banner: { js: '#!/usr/bin/env node' },
  define: { __VERSION__: JSON.stringify(version) },
  metafile: true,
  logLevel: 'warning',
});
for (const program of ['why137', 'kubectl-why137']) await chmod(`dist/${program}.cjs`, 0o755);
await writeFile('dist/THIRD-PARTY-LICENSES.txt', await licencesOf(Object.keys(metafile.inputs)));
