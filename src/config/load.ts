import { readFileSync } from 'node:fs';
import { Why137Error } from '../lib/errors.ts';
import { AGENT_OPTIONS, agentConfigSchema, type AgentConfig, type AgentConfigKey } from './schema.ts';

type Given = Readonly<Record<string, unknown>>;

const KEYS = Object.keys(AGENT_OPTIONS).filter((key): key is AgentConfigKey => key in AGENT_OPTIONS);

/**
 * Flags over environment over the --config file over defaults. Throws W137_CONFIG with one sentence that names the
 * option, the value and what is allowed.
 */
export function loadConfig(flags: Given, env: Readonly<Record<string, string | undefined>>): AgentConfig {
  const file = typeof flags['config'] === 'string' ? flags['config'] : env['WHY137_CONFIG'];
  const given = { ...(file === undefined ? {} : fromFile(file)), ...fromEnv(env), ...fromFlags(flags) };
  const parsed = agentConfigSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const key = KEYS.find((name) => name === issue?.path[0]);
  if (key === undefined) {
    const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : 'a value';
    throw new Why137Error('W137_CONFIG', `The configuration file ${file ?? ''} has an unknown option: ${unknown}. Known are: ${KEYS.join(', ')}.`);
  }
  const { flag, expected } = AGENT_OPTIONS[key];
  throw new Why137Error('W137_CONFIG', `--${flag} (${envName(key)}) cannot be ${JSON.stringify(given[key])}: give ${expected}.`);
}

/** `WHY137_STATE_DIR` for `--state-dir`. */
export function envName(key: AgentConfigKey): string {
  return `WHY137_${AGENT_OPTIONS[key].flag.replaceAll('-', '_').toUpperCase()}`;
}

function fromFlags(flags: Given): Given {
  return Object.fromEntries(KEYS.filter((key) => flags[key] !== undefined).map((key) => [key, flags[key]]));
}

function fromEnv(env: Readonly<Record<string, string | undefined>>): Given {
  const entries = KEYS.flatMap((key) => {
    const value = env[envName(key)];
    if (value === undefined || value === '') return [];
    return [[key, AGENT_OPTIONS[key].repeatable ? value.split(',').map((part) => part.trim()) : value] as const];
  });
  return Object.fromEntries(entries);
}

function fromFile(file: string): Given {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Why137Error('W137_CONFIG', `The configuration file ${file} cannot be read. Give a JSON file that this user may read.`, { cause });
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Said below.
  }
  throw new Why137Error('W137_CONFIG', `The configuration file ${file} is not a JSON object. Keys are the options in camelCase, such as {"stateDir": "/var/lib/why137"}.`);
}
