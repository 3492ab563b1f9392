import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig } from '../src/config/load.ts';
import { AGENT_OPTIONS, type AgentConfigKey } from '../src/config/schema.ts';
import { USUAL_ENDPOINTS } from '../src/sources/runtime-endpoints.ts';

const yaml = readFileSync(join(import.meta.dirname, '../daemonset.yaml'), 'utf8');
const listOf = (key: string): string[] => (new RegExp(`^ +${key}: \\[(.*)\\]$`, 'm').exec(yaml)?.[1] ?? '').split(', ').map((item) => item.replace(/^'|'$/g, ''));
const [command, ...args] = listOf('args');
const keys = Object.keys(AGENT_OPTIONS).filter((key): key is AgentConfigKey => key in AGENT_OPTIONS);

const flags = Object.fromEntries(
  args.map((arg) => {
    const [flag = '', value] = arg.replace(/^--/, '').split(/=(.*)/);
    return [keys.find((key) => AGENT_OPTIONS[key].flag === flag) ?? flag, value];
  }),
);

it('gives the agent options that there are, the same on nodes of either IP family', () => {
  expect(command).toBe('agent');
  expect(loadConfig(flags, {})).toMatchObject({ listen: ':9137', root: '/host', stateDir: '/var/lib/why137' });
  for (const [, name] of yaml.matchAll(/name: (WHY137_\w+)/g)) expect(keys.map((key) => `WHY137_${AGENT_OPTIONS[key].flag.replaceAll('-', '_').toUpperCase()}`)).toContain(name);
  expect(yaml).toContain('containerPort: 9137');
});

it('mounts below the root what the sources read', () => {
  const mounts = [...yaml.matchAll(/mountPath: (\/host\S*),/g)].map(([, path]) => path?.replace('/host', '') ?? '');
  const read = ['/var/log/journal', '/run/log/journal', ...loadConfig({}, {}).kernelLogFile, USUAL_ENDPOINTS[0]?.socket ?? ''];
  for (const path of read) expect(mounts.some((mount) => path === mount || path.startsWith(`${mount}/`)), path).toBe(true);
});
