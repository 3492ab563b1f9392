import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Host } from '../host/host.ts';
import { errno } from '../lib/thrown.ts';
import type { Micros } from '../lib/time.ts';
import type { ContainerExit } from '../model/container-exit.ts';
import type { SourceEvent } from '../model/source-event.ts';
import type { SourceEntry } from '../pipeline.ts';
import type { Source } from '../sources/source.ts';

/** A source of this node, with what the wiring may ask of it besides. */
export interface NodeSource extends SourceEntry {
  readonly source: Source;
  /** Reads at once what has come; for sources that otherwise hear of it late. */
  readonly readNow?: () => Promise<void>;
  /** Looks at a container again whose exit another source told. */
  readonly exited?: (exit: ContainerExit) => void;
  /** Is told what other sources tell: who lives, who died, what was counted. */
  readonly hears?: (event: SourceEvent) => void;
  /** Reads the kernel's own count of kills. */
  readonly count?: () => void;
}

/** Where an earlier run stood in a source; null where there was none. */
export type Remembered = (source: string) => { readonly position: unknown; readonly coveredTo: Micros | null } | null;

export const HIDES = {
  journal: "the kernel's own record of OOM kills, as only the kernel can have written it",
  units: 'why kubelet, a runtime or another program ended a container: probes, evictions, deletions, stops, other OOM killers',
  kubeletLog: 'why kubelet ended a container, where it does not log to the journal',
  podLogs: 'who containers are, where no runtime answers: pod, namespace and name by container id',
  auditLog: 'which process sent SIGKILL, where auditd keeps it from the journal',
  text: 'OOM kills where neither the journal nor /dev/kmsg can be read',
  kmsg: 'OOM kills that reach no log, and proof that nothing was missed',
  ledger: 'kills whose log lines were lost, and proof that there were none',
  cgroups: "in which container the kernel killed, and whose limit was hit, where its report was lost or cut to one line",
  containerd: 'container exits as they happen, and the host pid of each PID 1',
  docker: 'container exits, the host pid of each PID 1, and who was stopped through Docker Engine or podman',
  cri: 'pod names, limits, what Kubernetes was told, and exits from before the agent started',
} as const;

export async function isThere(host: Host, path: string): Promise<boolean> {
  return access(host.path(path)).then(() => true, () => false);
}

/** A socket that is there, and that this user may not open. */
export async function isForbidden(host: Host, socket: string): Promise<boolean> {
  return access(host.path(socket), constants.W_OK).then(() => false, (error: unknown) => errno(error) === 'EACCES');
}
