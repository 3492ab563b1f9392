import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import { OPTIONS } from '../../src/kubectl/options.ts';
import { serve } from '../outputs/http/serve.ts';
import { verdict } from '../store/samples.ts';
import { startCluster } from './cluster.ts';
import { inside, REAL } from './kubectls.ts';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/kubectl.md'), 'utf8');

it('docs/kubectl.md names every option', () => {
  expect(OPTIONS.filter(({ long }) => !page.includes(`\`${String(long)}\``)).map(({ long }) => long)).toEqual([]);
});

it('docs/kubectl.md shows commands that the plugin understands', async () => {
  const commands = [...page.matchAll(/^kubectl why137 ([^|\n]+)/gm)].map(([, args]) => (args ?? '').trim().split(' '));
  expect(commands.length).toBeGreaterThan(5);
  const agent = await serve();
  agent.store.putVerdict(verdict('v1', { cause: 'node-oom', family: 'node-wide' }));
  const cluster = await startCluster({ agents: [{ node: 'worker-3', url: agent.url }] });
  for (const args of commands) {
    const { code, stdout } = await inside(cluster, args);
    expect({ args, code }).toEqual({ args, code: 0 });
    expect(stdout).toContain('node-oom');
  }
  await Promise.all([cluster.close(), agent.http.close()]);
});

/** The objects of a YAML file, read by kubectl, which needs no cluster for this. */
function objectsOf(path: string): unknown[] {
  const text = execFileSync('kubectl', ['label', '--local', '-f', resolve(root, path), 'read=yes', '-o', 'json'], { encoding: 'utf8' });
  return z.parse(z.array(z.unknown()), JSON.parse(`[${text.replaceAll(/^\}\n\{/gm, '},{')}]`));
}

it.skipIf(REAL === null)('deploy/kubectl-users.yaml allows what docs/kubectl.md says, and nothing else', () => {
  const rules = z.array(z.object({ apiGroups: z.array(z.string()), resources: z.array(z.string()), verbs: z.array(z.string()) }));
  const schema = z.object({ kind: z.string(), metadata: z.object({ name: z.string(), namespace: z.optional(z.string()) }), rules: z.optional(rules) });
  const objects = objectsOf('deploy/kubectl-users.yaml').map((object) => z.parse(schema, object));
  const allowed = objects.flatMap(({ kind, rules: some }) => (some ?? []).map(({ resources, verbs }) => `${kind}: ${verbs.join(' ')} ${resources.join(' ')}`));
  expect(allowed).toEqual(['ClusterRole: get list pods', 'ClusterRole: list nodes', 'Role: get pods/proxy']);
  expect(objects.map(({ kind, metadata }) => [kind, metadata.namespace])).toEqual([
    ['ClusterRole', undefined],
    ['Role', 'why137'],
    ['ClusterRoleBinding', undefined],
    ['RoleBinding', 'why137'],
  ]);
});

it.skipIf(REAL === null)("deploy/krew/why137.yaml takes from the package what is in it, and leaves to a release what only that knows", () => {
  const platform = z.object({
    uri: z.literal('<ARCHIVE_URL>'),
    sha256: z.literal('<SHA256>'),
    bin: z.literal('kubectl-why137.cjs'),
    files: z.array(z.object({ from: z.string(), to: z.string() })),
    selector: z.object({ matchExpressions: z.array(z.object({ key: z.literal('os'), operator: z.literal('In'), values: z.array(z.string()) })) }),
  });
  const schema = z.object({
    apiVersion: z.literal('krew.googlecontainertools.github.com/v1alpha2'),
    kind: z.literal('Plugin'),
    metadata: z.object({ name: z.literal('why137') }),
    spec: z.object({ version: z.literal('<VERSION>'), homepage: z.string(), shortDescription: z.string().check(z.maxLength(50)), platforms: z.array(platform) }),
  });
  const [plugin] = objectsOf('deploy/krew/why137.yaml').map((object) => z.parse(schema, object));
  expect(plugin?.spec.platforms.flatMap(({ files }) => files.map(({ from }) => from))).toEqual([
    'package/dist/kubectl-why137.cjs',
    'package/dist/THIRD-PARTY-LICENSES.txt',
    'package/LICENSE',
  ]);
});

it.skipIf(REAL === null)('scripts/krew-manifest.js fills in what a release knows', () => {
  const dir = mkdtempSync(join(tmpdir(), 'w137-krew-'));
  const [archive, manifest] = [join(dir, 'why137-0.1.0.tgz'), join(dir, 'why137.yaml')];
  writeFileSync(archive, 'of npm pack');
  const script = (...args: string[]): string => execFileSync(process.execPath, [join(root, 'scripts/krew-manifest.js'), ...args], { encoding: 'utf8', stdio: 'pipe' });
  writeFileSync(manifest, script(archive, 'https://example.com/why137-0.1.0.tgz', 'https://example.com/why137'));
  const platform = z.object({ uri: z.literal('https://example.com/why137-0.1.0.tgz'), sha256: z.literal(createHash('sha256').update('of npm pack').digest('hex')) });
  const schema = z.object({ spec: z.object({ version: z.string().check(z.regex(/^v\d+\.\d+\.\d+$/)), homepage: z.literal('https://example.com/why137'), platforms: z.array(platform) }) });
  expect(objectsOf(manifest).map((object) => z.parse(schema, object))).toHaveLength(1);
  expect(readFileSync(manifest, 'utf8')).not.toMatch(/[<>]/);
  expect(() => script(archive, 'somewhere', 'https://example.com')).toThrow('usage:');
  rmSync(dir, { recursive: true });
});
