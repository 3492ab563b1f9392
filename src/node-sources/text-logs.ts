import type { AgentConfig } from '../config/schema.ts';
import type { Host } from '../host/host.ts';
import type { Micros } from '../lib/time.ts';
import type { WitnessName } from '../model/witness.ts';
import type { Source } from '../sources/source.ts';
import type { TextFilePosition } from '../sources/text-file/text-file-options.ts';
import { watched } from '../sources/watched.ts';
import { HIDES, isThere, type NodeSource, type Remembered } from './node-source.ts';

const SYSLOG_LOOKBACK_BYTES = 2 * 1024 ** 3;
const KUBELET_LOOKBACK_BYTES = 256 * 1024 ** 2;
const AUDIT_LOOKBACK_BYTES = 64 * 1024 ** 2;
/** Where auditd writes by default. */
const AUDIT_LOG = '/var/log/audit/audit.log';

export function kubeletLogs(config: AgentConfig, host: Host, since: Micros, remembered: Remembered): Promise<NodeSource[]> {
  return textLogs(host, remembered, config.kubeletLog, { kind: 'witness', witness: 'kubelet', hides: HIDES.kubeletLog, lookbackBytes: KUBELET_LOOKBACK_BYTES, since });
}

/** A node without auditd is not blind for that: the usual file is read once it is there, be it that audit was turned on later. */
export async function auditLogs(config: AgentConfig, host: Host, since: Micros, remembered: Remembered): Promise<NodeSource[]> {
  const logs = { kind: 'witness', witness: 'audit', hides: HIDES.auditLog, lookbackBytes: AUDIT_LOOKBACK_BYTES, since } as const;
  if (config.auditLog.length > 0) return textLogs(host, remembered, config.auditLog.filter((file) => file !== 'none'), logs);
  const usual = await textLogs(host, remembered, [AUDIT_LOG], logs);
  if (await isThere(host, AUDIT_LOG)) return usual;
  const { lateSource } = await import('../sources/late-source.ts');
  const look = async (): Promise<boolean | null> => (await isThere(host, AUDIT_LOG)) || null;
  return usual.map((entry) => ({ ...entry, source: lateSource({ host, name: entry.name, kind: entry.kind, look, make: () => entry.source }), optional: true }));
}

export function textFiles(config: AgentConfig, host: Host, since: Micros, remembered: Remembered): Promise<NodeSource[]> {
  const files = config.kernelLogFile.filter((file) => file !== 'none');
  return textLogs(host, remembered, files, { kind: 'kernel-log', hides: HIDES.text, lookbackBytes: SYSLOG_LOOKBACK_BYTES, since });
}

/** `witness`: whose logs they are, where they are of one witness alone. */
interface TextLogs {
  readonly kind: 'kernel-log' | 'witness';
  readonly hides: string;
  readonly lookbackBytes: number;
  readonly since: Micros;
  readonly witness?: WitnessName;
}

async function textLogs(host: Host, remembered: Remembered, files: readonly string[], { kind, hides, lookbackBytes, since, witness }: TextLogs): Promise<NodeSource[]> {
  if (files.length === 0) return [];
  const { textFileSource, textFileRead } = await import('../sources/text-file/text-file-source.ts');
  return files.map((file) => {
    let place: TextFilePosition | null = null;
    const make = (): Source =>
      textFileSource({
        host,
        file,
        kind,
        // One that stood still goes on where it was; a new run looks back all the same, and tells what is not held any more.
        position: place,
        read: place === null ? textFileRead(remembered(file)) : null,
        onPosition(position) {
          place = position;
        },
        lookbackBytes,
        since,
      });
    const position = (): string | null => (place === null ? null : `inode ${String(place.inode)}, offset ${String(place.offset)}`);
    return { name: file, kind, hides, source: watched(host.clock, make), position, place: () => place, ...(witness && { witness }) };
  });
}
