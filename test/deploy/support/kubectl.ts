import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import * as z from 'zod/mini';
import { root } from '../../commands/run-why137.ts';

/** WHY137_TEST_KUBECTL names another kubectl than the one in the path. */
const KUBECTL = process.env['WHY137_TEST_KUBECTL'] ?? 'kubectl';
const versionSchema = z.object({ clientVersion: z.object({ minor: z.string() }) });

/** Minor version of the kubectl that is here; null: there is none. */
export const kubectlMinor = ((): number | null => {
  try {
    const said = execFileSync(KUBECTL, ['version', '--client', '-o', 'json'], { stdio: ['ignore', 'pipe', 'ignore'] });
    return Number.parseInt(z.parse(versionSchema, JSON.parse(said.toString())).clientVersion.minor, 10);
  } catch {
    return null;
  }
})();

/** Why nothing can be rendered here; null when it can. */
export const noKubectl = kubectlMinor === null ? 'kubectl is not installed (Debian: kubernetes-client)' : null;

/** Directories below deploy/overlays. */
export const OVERLAYS = readdirSync(join(root, 'deploy/overlays')).sort();

const rendered = new Map<string, readonly unknown[]>();

/** What `kubectl kustomize` makes of a directory of deploy/, as documents. It is asked once: each time costs half a second. */
export function render(directory: string): readonly unknown[] {
  const documents = rendered.get(directory) ?? kustomize(directory);
  rendered.set(directory, documents);
  return documents;
}

function kustomize(directory: string): readonly unknown[] {
  const dir = mkdtempSync(join(tmpdir(), 'why137-render-'));
  try {
    cpSync(join(root, 'deploy'), join(dir, 'deploy'), { recursive: true });
    if (kubectlMinor !== null && kubectlMinor < 21) {
      // One overlay is made of another, so all of them.
      for (const file of readdirSync(dir, { recursive: true, encoding: 'utf8' })) if (basename(file) === 'kustomization.yaml') inOldWords(join(dir, file));
    }
    return documentsOf(execFileSync(KUBECTL, ['kustomize', join(dir, 'deploy', directory)], { encoding: 'utf8' }));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** The documents of a YAML text; throws on one that is no valid YAML. */
export function documentsOf(text: string): unknown[] {
  const documents: unknown[] = parseAllDocuments(text, { strict: true, uniqueKeys: true }).map((document): unknown => {
    if (document.errors[0]) throw document.errors[0];
    return document.toJS() as unknown;
  });
  return documents;
}

/** kubectl before 1.21 (Debian 12 has 1.20) calls a directory a base, and knows patches by their kind only. */
function inOldWords(file: string): void {
  const said = readFileSync(file, 'utf8');
  const [, listed = ''] = /^resources: \[(.*)\]$/m.exec(said) ?? [];
  const resources = listed.split(', ');
  const named = (key: string, values: readonly string[]): string => (values.length > 0 ? `${key}: [${values.join(', ')}]` : '');
  const isDirectory = (path: string): boolean => !path.endsWith('.yaml');
  const old = said
    .replace(/^resources: .*$/m, [named('bases', resources.filter(isDirectory)), named('resources', resources.filter((path) => !isDirectory(path)))].join('\n'))
    .replace(/^patches: \[\{ path: (.*) \}\]$/m, 'patchesStrategicMerge: [$1]');
  writeFileSync(file, old);
}
