import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as z from 'zod/mini';
import { witnessMatches } from '../../../src/evidence/witnesses.ts';
import type { Container, ContainerExit } from '../../../src/model/container-exit.ts';
import { cache } from './cache.ts';
import { terminated, type Pod } from './cluster.ts';
import type { Lab } from './lab.ts';
import type { Scenario } from './scenario.ts';
import type { TaskLife, TaskLives } from './task-events.ts';

const FIELDS = 'MESSAGE,_AUDIT_ID,_AUDIT_TYPE,_SOURCE_REALTIME_TIMESTAMP,_SYSTEMD_CGROUP,UNIT,PRIORITY,SYSLOG_FACILITY,SYSLOG_IDENTIFIER,_TRANSPORT,_HOSTNAME,_BOOT_ID,_SOURCE_MONOTONIC_TIMESTAMP,_SOURCE_BOOTTIME_TIMESTAMP,_SYSTEMD_UNIT,_COMM,_EXE,_PID,_UID';
const readingSchema = z.object({ time: z.string(), oomKill: z.int() });

export interface Moment {
  /** Seconds since 1970, as the guest's clock has it. */
  readonly from: number;
  readonly to: number;
  /** When the kernel had booted that ran at the beginning. */
  readonly booted: number;
}

/** Writes what a node's sources say of one scenario, as a directory that `why137 replay` reads. */
export async function record(lab: Lab, scenario: Scenario, { from, to, booted }: Moment, pods: readonly Pod[], lives: TaskLives): Promise<void> {
  const { guest } = lab;
  const dir = join(cache, `run-${guest.kernel.name}/recordings`, `${scenario.name}-${guest.kernel.name}-containerd`);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const journal = (which: string): Promise<string> => guest.sh(`journalctl --since=@${from} --until=@${to} -o json --output-fields=${FIELDS} --no-pager ${which}`);
  write(dir, 'kernel.journal.json.gz', await journal('_TRANSPORT=kernel'));
  // What the agent itself reads besides.
  write(dir, 'units.journal.json.gz', await journal(witnessMatches().map((group) => group.map((match) => `'${match}'`).join(' ')).join(' + ')));
  const audit = (await guest.sh('cat /var/log/audit/audit.log 2>/dev/null || true')).split('\n').filter((line) => isAuditedWithin(line, from, to));
  if (audit.length > 0) write(dir, 'audit.log', audit.join('\n'));
  const readings = (await guest.sh('cat /var/lib/lab/ledger.ndjson')).split('\n').filter((line) => isWithin(line, from, to));
  write(dir, 'ledger.ndjson', readings.join('\n'));
  const lived = pods.flatMap((pod) => livesOf(pod, lives));
  const exits = lived.flatMap(({ container, exit, runtimeReason }): ContainerExit[] => (exit ? [{ ...container, exitCode: exit.code, finishedAt: exit.at, runtimeReason }] : []));
  write(dir, 'exits.ndjson', exits.map((exit) => JSON.stringify(exit)).join('\n'));
  // Those that live on tell that a pod has more than one.
  const living = lived.flatMap(({ container, exit }) => (exit ? [] : [container]));
  if (living.length > 0) write(dir, 'containers.ndjson', living.map((container) => JSON.stringify(container)).join('\n'));
  const truth = scenario.deaths.flatMap(({ pod, container, cause, code }) => {
    const exit = exits.find((one) => one.podName === pod && one.containerName === container);
    return exit ? [{ scenario: scenario.name, containerId: exit.containerId, accept: [cause], exitCode: code, note: scenario.truth }] : [];
  });
  write(dir, 'truth.ndjson', truth.map((line) => JSON.stringify(line)).join('\n'));
  const bootTime = new Date(booted * 1000).toISOString();
  const kernel = await guest.sh('uname -r');
  write(dir, 'recording.json', JSON.stringify({ kernel, runtime: 'containerd', bootTime, timezone: 'UTC', year: new Date().getUTCFullYear(), hostname: 'node1' }, null, 1));
}

/** A container of a pod with what is known of its life: of its end, where it ended. */
interface Lived {
  readonly container: Container;
  readonly exit: TaskLife['exit'];
  readonly runtimeReason: string | null;
}

function livesOf(pod: Pod, lives: TaskLives): Lived[] {
  const specs = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  return [...(pod.status.initContainerStatuses ?? []), ...(pod.status.containerStatuses ?? [])].flatMap(({ name, restartCount, containerID }) => {
    const ended = terminated(pod, name);
    const containerId = [ended?.containerID, containerID].find((id) => id !== undefined && id !== '')?.replace(/^.*:\/\//, '');
    const life = containerId === undefined ? undefined : lives.get(containerId);
    if (containerId === undefined || life === undefined) return [];
    const limit = specs.find((spec) => spec.name === name)?.resources?.limits?.memory;
    const container = {
      containerId,
      runtime: 'containerd',
      runtimeType: 'io.containerd.runc.v2',
      podUid: pod.metadata.uid,
      podName: pod.metadata.name,
      podNamespace: pod.metadata.namespace,
      containerName: name,
      image: 'docker.io/lab/busybox:1',
      cgroup: null,
      initPid: life.pid,
      memoryLimitBytes: limit === undefined ? null : mebibytes(limit),
      restartCount,
      startedAt: life.startedAt,
    };
    // Nothing is known of what Kubernetes said of a pod that was gone when it ended; and what kubelet fills in where it
    // found no container any more is not the runtime's word.
    const said = ended?.reason ?? null;
    return [{ container, exit: life.exit, runtimeReason: said === 'ContainerStatusUnknown' ? null : said }];
  });
}

/** Kubernetes' quantity, as the lab's own manifests give it. */
function mebibytes(quantity: string): number {
  const mib = /^(\d+)Mi$/.exec(quantity)?.[1];
  if (mib === undefined) throw new Error(`The lab gives limits in Mi; this one is ${quantity}.`);
  return Number(mib) * 1024 * 1024;
}

function isWithin(line: string, from: number, to: number): boolean {
  if (line === '') return false;
  const at = Date.parse(readingSchema.parse(JSON.parse(line)).time) / 1000;
  return at >= from && at <= to;
}

function isAuditedWithin(line: string, from: number, to: number): boolean {
  const at = Number(/msg=audit\((\d+)/.exec(line)?.[1]);
  return at >= from && at <= to;
}

function write(dir: string, name: string, text: string): void {
  const ended = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  writeFileSync(join(dir, name), name.endsWith('.gz') ? gzipSync(ended, { level: 9 }) : ended);
}
