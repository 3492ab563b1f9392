import { readFileSync } from 'node:fs';
import { Why137Error } from '../lib/errors.ts';
import { lineOfError } from '../lib/json-error.ts';
import { AGENT_OPTIONS, agentConfigSchema, type AgentConfig, type AgentConfigKey } from './schema.ts';

type Given = Readonly<Record<string, unknown>>;

const MAX_SHOWN = 200;
const KEYS = Object.keys(AGENT_OPTIONS).filter((key): key is AgentConfigKey => key in AGENT_OPTIONS);

/**
 * Flags over environment over the --config file over defaults. Throws W137_CONFIG with one sentence that names where the
 * value stands, the value and what is allowed.
 */
export function loadConfig(flags: Given, env: Readonly<Record<string, string | undefined>>): AgentConfig {
  const file = typeof flags['config'] === 'string' ? flags['config'] : env['WHY137_CONFIG'];
  const inFile = file === undefined || file === '' ? {} : fromFile(file);
  const inEnv = fromEnv(env);
  const inFlags = fromFlags(flags);
  const given = { ...inFile, ...inEnv, ...inFlags };
  const parsed = agentConfigSchema.safeParse(given);
  if (parsed.success) return fitting(parsed.data);
  const issue = parsed.error.issues[0];
  const key = KEYS.find((name) => name === issue?.path[0]);
  if (key === undefined) {
    const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ').slice(0, MAX_SHOWN) : 'a value';
    throw new Why137Error('W137_CONFIG', `The configuration file ${file ?? ''} has an unknown option: ${unknown}. Known are: ${KEYS.join(', ')}.`);
  }
  const { flag, expected, repeatable } = AGENT_OPTIONS[key];
  const where = key in inFlags ? `--${flag}` : key in inEnv ? envName(key) : `${key} in the configuration file ${file ?? ''}`;
  const value = given[key];
  if (repeatable && !Array.isArray(value)) throw new Why137Error('W137_CONFIG', `${where} cannot be ${shown(value)}: give a list, each of it ${expected}.`);
  const index = issue?.path[1];
  const bad: unknown = Array.isArray(value) && typeof index === 'number' ? value[index] : value;
  throw new Why137Error('W137_CONFIG', `${where} cannot be ${shown(bad)}: give ${expected}.`);
}

/** A value as it was given, as much of it as fits a sentence. */
function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}

/** Options that go together. */
function fitting(config: AgentConfig): AgentConfig {
  const { tlsCertFile, tlsKeyFile, tlsClientCaFile, tokenFile, protectMetrics } = config;
  const wrong = (sentence: string): Why137Error => new Why137Error('W137_CONFIG', sentence);
  if ((tlsCertFile === null) !== (tlsKeyFile === null)) throw wrong(`--tls-cert-file and --tls-key-file go together: ${tlsCertFile === null ? '--tls-cert-file' : '--tls-key-file'} is missing.`);
  if (tlsClientCaFile !== null && tlsCertFile === null) throw wrong('--tls-client-ca-file needs --tls-cert-file and --tls-key-file: without TLS there are no client certificates.');
  if (protectMetrics === 'on' && tokenFile === null && tlsClientCaFile === null) throw wrong('--protect-metrics needs --token-file or --tls-client-ca-file: there is nothing to ask for.');
  return config;
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
    text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (cause) {
    throw new Why137Error('W137_CONFIG', `The configuration file ${file} cannot be read. Give a JSON file that this user may read.`, { cause });
  }
  const keys = 'Keys are the options in camelCase, such as {"stateDir": "/var/lib/why137"}';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Why137Error('W137_CONFIG', `The configuration file ${file}:${String(lineOfError(text, cause))} is not JSON. ${keys}.`, { cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new Why137Error('W137_CONFIG', `The configuration file ${file} is not a JSON object. ${keys}.`);
}
