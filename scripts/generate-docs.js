// Writes the pages of docs/ that are made from tables in the code, and the files of deploy/ that are made from others;
// tests hold them fresh.
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Page, module, and the function in it that gives the text. */
const PAGES = [
  ['docs/metrics.md', 'src/outputs/metrics/table.ts', 'metricsDocument'],
  ['docs/rules.md', 'src/judge/rules-document.ts', 'rulesDocument'],
];

const require = createRequire(import.meta.url);
const dir = await mkdtemp(join(tmpdir(), 'why137-docs-'));
for (const [page, module, name] of PAGES) {
  const outfile = join(dir, `${name}.cjs`);
  await build({ entryPoints: [module], outfile, bundle: true, platform: 'node', format: 'cjs', loader: { '.proto': 'text' } });
  await writeFile(page, require(outfile)[name]());
  process.stdout.write(`${page}\n`);
}
await rm(dir, { recursive: true });

// kustomize reads no file outside of its directory.
await copyFile('daemonset.yaml', 'deploy/base/daemonset.yaml');
// The same rules, as the object that the Prometheus Operator takes.
const rules = await readFile('deploy/prometheus-rules.yaml', 'utf8');
await writeFile('deploy/prometheus-operator/prometheus-rule.yaml', asPrometheusRule(rules));
process.stdout.write('deploy/base/daemonset.yaml\ndeploy/prometheus-operator/prometheus-rule.yaml\n');

function asPrometheusRule(rules) {
  const head = `# Made of deploy/prometheus-rules.yaml by \`node scripts/generate-docs.js\`.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: why137
  namespace: why137
  labels: { app.kubernetes.io/name: why137 }
spec:
`;
  const groups = rules.slice(rules.indexOf('groups:'));
  return head + groups.replace(/^(?=.)/gm, '  ');
}
