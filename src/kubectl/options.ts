import { InvalidArgumentError, Option } from 'commander';
import * as z from 'zod/mini';
import { parseDuration } from '../lib/duration.ts';
import { parseTime } from '../lib/time.ts';
import { CAUSES, causeSchema, FAMILIES, familySchema } from '../model/cause.ts';

/** Handed on to every kubectl as they are given. */
const KUBECTL_OPTIONS = [
  new Option('--kubeconfig <file>', 'as kubectl has it, like the following'),
  new Option('--context <name>'),
  new Option('--cluster <name>'),
  new Option('--user <name>'),
  new Option('--as <user>'),
  new Option('--as-group <group>', '(repeatable)').argParser(repeated),
  new Option('--as-uid <uid>'),
  new Option('-s, --server <url>'),
  new Option('--token <token>'),
  new Option('--certificate-authority <file>'),
  new Option('--client-certificate <file>'),
  new Option('--client-key <file>'),
  new Option('--tls-server-name <name>'),
  new Option('--insecure-skip-tls-verify'),
  new Option('--cache-dir <dir>'),
];

/** What makes sense for a list only. */
export const LIST_OPTIONS = [
  new Option('-A, --all-namespaces', 'exits of every namespace'),
  new Option('--since <time>', 'from this time on: an RFC 3339 time, or a duration back from now such as 15m, 1h or 7d').argParser(time),
  new Option('--until <time>', 'before this time').argParser(time),
  new Option('--code <n>', 'only this exit code').argParser((text) => String(whole(0, 255)(text))),
  new Option('--cause <cause>', 'only this cause').choices([...CAUSES]),
  new Option('--family <family>', 'only this family of causes').choices([...FAMILIES]),
  new Option('--limit <n>', 'the newest so many (100)').argParser(whole(1, 10_000)),
];

export const OPTIONS = [
  new Option('-n, --namespace <namespace>', "namespace (the context's)"),
  ...LIST_OPTIONS,
  new Option('-o, --output <format>', 'how to print').choices(['wide', 'json']),
  new Option('--parallel <n>', 'how many agents to ask at once (16)').argParser(whole(1, 256)),
  new Option('--timeout <duration>', 'how long one agent may take to answer (10s)').argParser(duration),
  new Option('--agent-namespace <namespace>', 'where the agents are (any namespace)'),
  new Option('--agent-selector <labels>', 'label selector of the agents (app.kubernetes.io/name=why137)'),
  new Option('--agent-port <port>', "the agents' port (the pod's port named http or https, or 9137)").argParser(whole(1, 65_535)),
  new Option('--agent-scheme <scheme>', 'what the agents speak (as the pod says)').choices(['http', 'https']),
  new Option('--agent-token-file <file>', 'a token of the agents, where they ask for one (WHY137_TOKEN_FILE)'),
  ...KUBECTL_OPTIONS,
];

export const optionsSchema = z.object({
  namespace: z.optional(z.string()),
  allNamespaces: z._default(z.boolean(), false),
  since: z.optional(z.string()),
  until: z.optional(z.string()),
  code: z.optional(z.string()),
  cause: z.optional(causeSchema),
  family: z.optional(familySchema),
  limit: z._default(z.int(), 100),
  output: z._default(z.enum(['table', 'wide', 'json']), 'table'),
  parallel: z._default(z.int(), 16),
  timeout: z._default(z.number(), 10_000),
  agentNamespace: z.optional(z.string()),
  agentSelector: z._default(z.string(), 'app.kubernetes.io/name=why137'),
  agentPort: z.optional(z.int()),
  agentScheme: z.optional(z.enum(['http', 'https'])),
  agentTokenFile: z.optional(z.string()),
  // Of the command `pod` alone.
  container: z.optional(z.string()),
  allNodes: z._default(z.boolean(), false),
});
export type Options = z.infer<typeof optionsSchema>;

/** The flags for kubectl among what was given. */
export function kubectlFlags(given: Readonly<Record<string, unknown>>): string[] {
  return KUBECTL_OPTIONS.flatMap((option) => {
    const value = given[option.attributeName()];
    const values = Array.isArray(value) ? value.map(String) : typeof value === 'string' ? [value] : [];
    return value === true ? [String(option.long)] : values.map((one) => `${String(option.long)}=${one}`);
  });
}

function repeated(value: string, before: unknown): string[] {
  return [...(Array.isArray(before) ? before.map(String) : []), value];
}

function time(text: string): string {
  if (parseTime(text) === null && parseDuration(text) === null) throw new InvalidArgumentError('Allowed: an RFC 3339 time, or a duration back from now such as 90s, 15m, 1h or 7d.');
  return text;
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms <= 0) throw new InvalidArgumentError('A duration is a number with a unit: 500ms, 3s, 2m.');
  return ms;
}

function whole(min: number, max: number): (text: string) => number {
  return (text) => {
    const n = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (!(n >= min && n <= max)) throw new InvalidArgumentError(`Allowed: a whole number from ${String(min)} to ${String(max)}.`);
    return n;
  };
}
