import * as z from 'zod/mini';
import { parseBytes } from '../lib/bytes.ts';
import { parseDuration } from '../lib/duration.ts';
import { MS } from '../lib/time.ts';
import { doc } from '../model/doc.ts';
import { DEFAULT_RETENTION } from '../model/retention.ts';

/** What an option may be: the schema checks and converts, `expected` says it to people. */
export interface AgentOption {
  readonly flag: string;
  readonly argument: string;
  readonly description: string;
  readonly repeatable: boolean;
  /** What the flag means where it stands alone. */
  readonly alone?: string;
  readonly expected: string;
}

const switchSchema = z.enum(['auto', 'on', 'off']);
const listen = z.string().check(
  z.regex(/^(\[[0-9a-fA-F:]+\]|[^:\s]*):\d{1,5}$/),
  z.refine((text) => Number(text.slice(text.lastIndexOf(':') + 1)) <= 65_535),
);
const duration = z.pipe(
  z.string().check(z.refine((text) => parseDuration(text) !== null)),
  z.transform((text: string) => parseDuration(text) ?? 0),
);
const whole = z.pipe(
  z.union([z.string().check(z.regex(/^[1-9]\d{0,8}$/)), z.int().check(z.minimum(1))]),
  z.transform((value: string | number) => Number(value)),
);
const byteCount = z.pipe(
  z.string().check(z.refine((text) => parseBytes(text) !== null)),
  z.transform((text: string) => parseBytes(text) ?? 0),
);
const path = z.string().check(z.regex(/^\//));
const paths = z.array(z.union([z.literal('none'), path]));
const origins = z.array(z.string().check(z.regex(/^https?:\/\/(\[[0-9a-f:]+\]|[a-z0-9.-]+)(:\d{1,5})?$/)));
const endpoints = z.array(z.union([z.literal('none'), z.string().check(z.regex(/^unix:\/\/\/./))]));

/** The agent's options, as they are once read. The keys are those of the `--config` file. */
export const agentConfigSchema = doc(
  z.strictObject({
    listen: z._default(listen, '127.0.0.1:9137'),
    tokenFile: z._default(z.nullable(path), null),
    tlsCertFile: z._default(z.nullable(path), null),
    tlsKeyFile: z._default(z.nullable(path), null),
    tlsClientCaFile: z._default(z.nullable(path), null),
    protectMetrics: z._default(z.enum(['on', 'off']), 'off'),
    corsOrigin: z._default(origins, []),
    stateDir: z._default(path, '/var/lib/why137'),
    stateMaxCount: z._default(z.pipe(whole, z.number()), DEFAULT_RETENTION.maxCount),
    stateMaxBytes: z._default(z.pipe(byteCount, z.number()), DEFAULT_RETENTION.maxBytes),
    stateMaxAge: z._default(z.pipe(duration, z.number()), DEFAULT_RETENTION.maxAgeUs / MS),
    root: z._default(path, '/'),
    runtimeEndpoint: z._default(endpoints, []),
    containerdNamespace: z._default(z.array(z.string().check(z.minLength(1))), []),
    journal: z._default(switchSchema, 'auto'),
    journalDir: z._default(z.nullable(path), null),
    kernelLogFile: z._default(paths, ['/var/log/syslog', '/var/log/messages']),
    kubeletLog: z._default(z.array(path), []),
    auditLog: z._default(paths, []),
    kmsg: z._default(switchSchema, 'auto'),
    settle: z._default(z.pipe(duration, z.number()), 3_000),
    lookback: z._default(z.pipe(duration, z.number()), 7 * 86_400_000),
    kubernetesEvents: z._default(z.enum(['on', 'off']), 'off'),
    nodeName: z._default(z.nullable(z.string().check(z.minLength(1))), null),
    metricsPodLabels: z._default(z.enum(['on', 'off']), 'off'),
    logLevel: z._default(z.enum(['debug', 'info', 'warn', 'error']), 'info'),
  }),
  'Options of why137 agent',
);
export type AgentConfig = z.infer<typeof agentConfigSchema>;
export type AgentConfigKey = keyof AgentConfig;

const one = (flag: string, argument: string, description: string, expected: string): AgentOption => ({ flag, argument, description, repeatable: false, expected });
const many = (flag: string, argument: string, description: string, expected: string): AgentOption => ({ flag, argument, description, repeatable: true, expected });

/** Flags, in the order in which help shows them; each is also WHY137_… in the environment (lists by commas). */
export const AGENT_OPTIONS: Readonly<Record<AgentConfigKey, AgentOption>> = {
  listen: one('listen', 'host:port', 'where HTTP is served (no host: every address)', 'host:port with a port up to 65535, such as 127.0.0.1:9137'),
  tokenFile: one('token-file', 'file', 'tokens that /v1 asks for, one a line; read again when it changes', 'an absolute path'),
  tlsCertFile: one('tls-cert-file', 'file', 'certificate of HTTPS, with its chain; read again when it changes', 'an absolute path'),
  tlsKeyFile: one('tls-key-file', 'file', 'its private key', 'an absolute path'),
  tlsClientCaFile: one('tls-client-ca-file', 'file', 'CA whose client certificates do as well as a token', 'an absolute path'),
  protectMetrics: { ...one('protect-metrics', 'on|off', '/metrics asks for a token, too', 'on or off'), alone: 'on' },
  corsOrigin: many('cors-origin', 'origin', "web page that may read the answers in a browser", 'an origin such as https://grafana.example, in lower case and without a path'),
  stateDir: one('state-dir', 'dir', 'where the agent keeps what it must not forget', 'an absolute path'),
  stateMaxCount: one('state-max-count', 'number', 'verdicts and kills kept, in memory and over a restart, each', 'a whole number from 1'),
  stateMaxBytes: one('state-max-bytes', 'bytes', 'bytes that they may take together on disk', 'bytes with a unit, such as 512KiB or 8MiB'),
  stateMaxAge: one('state-max-age', 'duration', 'how long they are kept', 'a duration, such as 12h or 30d'),
  root: one('root', 'dir', "where the host's root is mounted; prefixes every host path", 'an absolute path'),
  runtimeEndpoint: many('runtime-endpoint', 'unix:///…', 'socket of a container runtime (default: the usual places)', 'unix:///path/to/socket, or none'),
  containerdNamespace: many('containerd-namespace', 'name', 'containerd namespace to watch (default: all)', 'the name of a namespace'),
  journal: one('journal', 'auto|on|off', 'read the systemd journal', 'auto, on or off'),
  journalDir: one('journal-dir', 'dir', 'directory of journal files (journalctl -D)', 'an absolute path'),
  kernelLogFile: many('kernel-log-file', 'file', 'text log that the kernel log is written to', 'an absolute path, or none'),
  kubeletLog: many('kubelet-log', 'file', 'text log of kubelet, where it does not log to the journal', 'an absolute path'),
  auditLog: many('audit-log', 'file', "auditd's log (default: /var/log/audit/audit.log, once it is there)", 'an absolute path, or none'),
  kmsg: one('kmsg', 'auto|on|off', 'read /dev/kmsg', 'auto, on or off'),
  settle: one('settle', 'duration', 'how long an answer waits for evidence that may still come', 'a duration, such as 500ms or 3s'),
  lookback: one('lookback', 'duration', 'how far back logs are read at start', 'a duration, such as 12h or 7d'),
  kubernetesEvents: { ...one('kubernetes-events', 'on|off', 'write an Event on the pod for every exit 137', 'on or off'), alone: 'on' },
  nodeName: one('node-name', 'name', 'name of this node in logs and Events', 'a name'),
  metricsPodLabels: one('metrics-pod-labels', 'on|off', 'count exits by pod and container, too (bounded)', 'on or off'),
  logLevel: one('log-level', 'level', 'least level that is logged', 'debug, info, warn or error'),
};
