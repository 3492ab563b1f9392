import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig } from '../src/config/load.ts';
import { USUAL_ENDPOINTS } from '../src/sources/runtime-endpoints.ts';

const yaml = readFileSync(join(import.meta.dirname, '../daemonset.yaml'), 'utf8');

it('gives the agent options that it takes, the same on nodes of either IP family', () => {
  const env: Record<string, string | undefined> = Object.fromEntries([...yaml.matchAll(/^ +- \{ name: (WHY137_\w+), value: '?([^' ]+)'? \}/gm)].map(([, name = '', value = '']): [string, string] => [name, value]));
  expect(loadConfig({}, env)).toMatchObject({ listen: ':9137', root: '/host', stateDir: '/var/lib/why137', kmsg: 'off', kubernetesEvents: 'on', metricsPodLabels: 'on' });
});

it('mounts below the root what the sources read', () => {
  const mounts = [...yaml.matchAll(/mountPath: (\/host\S*),/g)].map(([, path]) => path?.replace('/host', '') ?? '');
  const read = ['/var/log/journal', '/run/log/journal', ...loadConfig({}, {}).kernelLogFile, USUAL_ENDPOINTS[0]?.socket ?? ''];
  for (const path of read) expect(mounts.some((mount) => path === mount || path.startsWith(`${mount}/`)), path).toBe(true);
});
