import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { envName, loadConfig } from '../../src/config/load.ts';
import { AGENT_OPTIONS, type AgentConfigKey } from '../../src/config/schema.ts';
import { parseEndpoint } from '../../src/sources/runtime-endpoints.ts';
import { ROUTES } from '../../src/outputs/http/routes.ts';
import { root } from '../commands/run-why137.ts';
import { anyKind, daemonSet, service, type DaemonSet } from './support/kinds.ts';
import { documentsOf, noKubectl, OVERLAYS, render } from './support/kubectl.ts';

const STATE = '/var/lib/why137';
const kindSchema = z.looseObject({ kind: z.string(), metadata: z.looseObject({ name: z.string(), namespace: z.optional(z.string()) }) });
const KEYS = Object.keys(AGENT_OPTIONS).filter((key): key is AgentConfigKey => key in AGENT_OPTIONS);

const top = readFileSync(join(root, 'daemonset.yaml'), 'utf8');

function theDaemonSet(documents: readonly unknown[]): DaemonSet {
  const [found, ...more] = documents.filter((document) => z.parse(kindSchema, document).kind === 'DaemonSet');
  expect(more).toEqual([]);
  return z.parse(daemonSet, found);
}

/** Every object is one that is known here, in its place. */
function checkKinds(documents: readonly unknown[]): void {
  const objects = documents.map((document) => z.parse(kindSchema, document));
  for (const [index, { kind, metadata }] of objects.entries()) {
    expect(z.safeParse(anyKind, documents[index]).error?.issues, `${kind} ${metadata.name}`).toBeUndefined();
    if (!/^(Namespace|ClusterRole|ClusterRoleBinding)$/.test(kind)) expect(metadata.namespace, kind).toBe('why137');
  }
}

/** What must hold of every manifest, whichever overlay made it. */
function check(documents: readonly unknown[]): void {
  checkKinds(documents);
  const set = theDaemonSet(documents);
  const { spec } = set.spec.template;
  const [container] = spec.containers;

  // No privilege.
  expect(container.securityContext).toMatchObject({ privileged: false, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] }, seccompProfile: { type: 'RuntimeDefault' } });
  expect(container.securityContext.capabilities.add).toBeUndefined();

  // Every volume is mounted, every mount has a volume, and only the state can be written.
  const volumes = new Map(spec.volumes.map((volume) => [volume.name, volume]));
  expect([...volumes.keys()].sort()).toEqual([...new Set(container.volumeMounts.map(({ name }) => name))].sort());
  for (const { name, mountPath, readOnly } of container.volumeMounts) {
    const volume = volumes.get(name);
    expect(readOnly === true, mountPath).toBe(mountPath !== STATE);
    if (volume && 'hostPath' in volume && mountPath !== STATE) expect(mountPath).toBe(`/host${volume.hostPath.path}`);
  }

  // Every option is one of the agent's, with a value that it takes, in the arguments or the environment.
  const known = new Set(Object.values(AGENT_OPTIONS).map(({ flag }) => `--${flag}`));
  expect(container.args[0]).toBe('agent');
  const flags = container.args.slice(1).map((argument) => argument.split('='));
  expect(flags.filter(([flag = '']) => !known.has(flag))).toEqual([]);
  const names = new Set(KEYS.map((key) => envName(key)));
  const env = Object.fromEntries(container.env.map((one) => [one.name, 'value' in one ? one.value : 'node-1']));
  expect(Object.keys(env).filter((name) => name.startsWith('WHY137_') && !names.has(name))).toEqual([]);
  const config = loadConfig(Object.fromEntries(flags.map(([flag = '', value]) => [KEYS.find((key) => `--${AGENT_OPTIONS[key].flag}` === flag) ?? flag, value])), env);
  expect(config).toMatchObject({ root: '/host', stateDir: STATE, nodeName: 'node-1', kmsg: 'off' });

  // What the options name is mounted.
  const under = (path: string): boolean => container.volumeMounts.some(({ mountPath }) => `/host${path}/`.startsWith(`${mountPath}/`));
  for (const endpoint of config.runtimeEndpoint) if (endpoint !== 'none') expect(under(parseEndpoint(endpoint).socket), endpoint).toBe(true);
  for (const file of config.kernelLogFile) if (file !== 'none') expect(under(file), file).toBe(true);
  if (config.runtimeEndpoint.length === 0) expect(under('/run/containerd/containerd.sock')).toBe(true);

  // Secrets are mounted where the options look for their files, for root alone.
  for (const file of [config.tokenFile, config.tlsCertFile, config.tlsKeyFile, config.tlsClientCaFile]) {
    if (file !== null) expect(container.volumeMounts.some(({ mountPath }) => file.startsWith(`${mountPath}/`)), file).toBe(true);
  }
  for (const volume of spec.volumes) if ('secret' in volume) expect(volume.secret.defaultMode).toBe(0o400);

  // Probes and scrapes reach something that is served, on the port where it is.
  const paths = new Set(ROUTES.map(({ path }) => path));
  const port = Number(config.listen.slice(config.listen.lastIndexOf(':') + 1));
  const scheme = config.tlsCertFile === null ? 'http' : 'https';
  expect(container.ports).toEqual([{ name: scheme, containerPort: port }]);
  for (const { httpGet } of [container.readinessProbe, container.livenessProbe]) {
    expect(paths).toContain(httpGet.path);
    expect(httpGet.port).toBe(scheme);
    expect(httpGet.scheme ?? 'HTTP').toBe(scheme.toUpperCase());
  }
  expect(set.spec.template.metadata.annotations['prometheus.io/scheme'] ?? 'http').toBe(scheme);
  expect(set.spec.template.metadata.annotations).toMatchObject({ 'prometheus.io/scrape': 'true', 'prometheus.io/port': String(port) });

  // Selectors choose the agents.
  const { labels } = set.spec.template.metadata;
  const headless = z.parse(service, documents.find((document) => z.parse(kindSchema, document).kind === 'Service'));
  for (const chosen of [set.spec.selector.matchLabels, headless.spec.selector]) expect(labels).toMatchObject(chosen);
  expect(headless.spec.ports).toEqual([{ name: scheme, port, targetPort: scheme }]);

  expect(spec.priorityClassName).toBe('system-node-critical');
}

describe('daemonset.yaml', () => {
  it('is what a cluster takes, and asks for nothing that it does not need', () => {
    check(documentsOf(top));
  });

  it('is the base of the overlays (node scripts/generate-docs.js copies it)', () => {
    expect(readFileSync(join(root, 'deploy/base/daemonset.yaml'), 'utf8')).toBe(top);
  });
});

describe('overlays', () => {
  it.skipIf(noKubectl !== null)(`base and daemonset.yaml are the same objects${noKubectl === null ? '' : ` (skipped: ${noKubectl})`}`, () => {
    const sorted = (documents: readonly unknown[]): unknown[] =>
      [...documents].sort((a, b) => z.parse(kindSchema, a).kind.localeCompare(z.parse(kindSchema, b).kind));
    expect(sorted(render('base'))).toEqual(sorted(documentsOf(top)));
  });

  it.skipIf(noKubectl !== null).each(OVERLAYS)(`%s renders to a valid manifest${noKubectl === null ? '' : ` (skipped: ${noKubectl})`}`, (overlay) => {
    const documents = render(`overlays/${overlay}`);
    check(documents);
    expect(documents).not.toEqual(render('base'));
  });

  it.skipIf(noKubectl !== null)(`each changes what it is for${noKubectl === null ? '' : ` (skipped: ${noKubectl})`}`, () => {
    const paths = (overlay: string): string[] =>
      theDaemonSet(render(`overlays/${overlay}`)).spec.template.spec.volumes.flatMap((volume) => ('hostPath' in volume ? volume.hostPath.path : [])).sort();
    expect(paths('no-runtime-socket')).toEqual(['/run/log/journal', '/var/lib/why137', '/var/log']);
    expect(paths('non-root')).toEqual(['/run/log/journal', '/var/log']);
    const nonRoot = theDaemonSet(render('overlays/non-root')).spec.template.spec;
    expect(nonRoot.securityContext).toMatchObject({ runAsNonRoot: true, fsGroup: 65_532, supplementalGroups: [4] });
    expect(nonRoot.containers[0].securityContext.runAsUser).toBe(65_532);
    expect(paths('crio')).toEqual(['/run/crio', '/run/log/journal', '/sys/fs/cgroup', '/var/lib/why137', '/var/log']);
    expect(paths('docker')).toEqual(['/run/docker.sock', '/run/log/journal', '/sys/fs/cgroup', '/var/lib/why137', '/var/log']);
    expect(paths('k3s')).toEqual(['/run/k3s/containerd', '/run/log/journal', '/sys/fs/cgroup', '/var/lib/why137', '/var/log']);
    expect(paths('kind')).toEqual(['/run/containerd', '/sys/fs/cgroup', '/var/lib/why137', '/var/log']);
    expect(paths('syslog-only')).toEqual(['/run/containerd', '/sys/fs/cgroup', '/var/lib/why137', '/var/log']);
    expect(paths('audit')).toEqual([...paths('gke'), '/proc'].sort());
    expect(paths('token-tls')).toEqual(paths('gke'));
    const { volumes } = theDaemonSet(render('overlays/token-tls')).spec.template.spec;
    expect(volumes.flatMap((volume) => ('secret' in volume ? volume.secret.secretName : []))).toEqual(['why137-token', 'why137-tls']);
    expect(render('overlays/gke').map((document) => z.parse(kindSchema, document).kind)).toContain('ResourceQuota');
  });
});

it('docs/operations.md tells of every overlay, option and mount', () => {
  const told = readFileSync(join(root, 'docs/operations.md'), 'utf8');
  for (const overlay of OVERLAYS) expect(told).toContain(`| \`${overlay}\` |`);
  for (const { flag } of Object.values(AGENT_OPTIONS)) expect(told).toContain(`| \`--${flag}\` |`);
  const { volumes } = theDaemonSet(documentsOf(top)).spec.template.spec;
  for (const volume of volumes) if ('hostPath' in volume) expect(told).toContain(`| \`${volume.hostPath.path}\` |`);
});
