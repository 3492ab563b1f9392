import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as z from 'zod/mini';
import type { ContainerExit } from '../../../src/model/container-exit.ts';
import { cache } from './cache.ts';
import { terminated, type Pod } from './cluster.ts';
import type { Lab } from './lab.ts';
import type { Scenario } from './scenario.ts';
import type { TaskLives } from './task-events.ts';

const FIELDS = 'MESSAGE,PRIORITY,SYSLOG_FACILITY,SYSLOG_IDENTIFIER,_TRANSPORT,_HOSTNAME,_BOOT_ID,_SOURCE_MONOTONIC_TIMESTAMP,_SOURCE_BOOTTIME_TIMESTAMP,_SYSTEMD_UNIT,_COMM,_EXE,_PID,_UID';
const readingSchema = z.object({ time: z.string(), oomKill: z.int() });

export interface Moment {
  /** Seconds since 1970, as the guest's clock has it. */
  readonly from: number;
  readonly to: number;
}

/** Writes what a node's sources say of one scenario, as a directory that `why137 replay` reads; gives its name. */
export async function record(lab: Lab, scenario: Scenario, { from, to }: Moment, pods: readonly Pod[], lives: TaskLives): Promise<string> {
  const { guest } = lab;
  const name = `${scenario.name}-${guest.kernel.name}-containerd`;
  const dir = join(cache, `run-${guest.kernel.name}/recordings`, name);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const journal = (which: string): Promise<string> => guest.sh(`journalctl ${which} --since=@${from} --until=@${to} -o json --output-fields=${FIELDS} --no-pager`);
  write(dir, 'kernel.journal.json.gz', await journal('-k'));
  write(dir, 'units.journal.json.gz', await journal('-u kubelet -u containerd -u earlyoom -u systemd-oomd'));
  const readings = (await guest.sh('cat /var/lib/lab/ledger.ndjson')).split('\n').filter((line) => isWithin(line, from, to));
  write(dir, 'ledger.ndjson', readings.join('\n'));
  const exits = pods.flatMap((pod) => exitsOf(pod, lives));
  write(dir, 'exits.ndjson', exits.map((exit) => JSON.stringify(exit)).join('\n'));
  const truth = scenario.deaths.flatMap(({ pod, container, cause, code }) => {
    const exit = exits.find((one) => one.podName === pod && one.containerName === container);
    return exit ? [{ scenario: scenario.name, containerId: exit.containerId, accept: [cause], exitCode: code, note: scenario.truth }] : [];
  });
  write(dir, 'truth.ndjson', truth.map((line) => JSON.stringify(line)).join('\n'));
  const bootTime = new Date(Number(await guest.sh("awk '/^btime/ { print $2 }' /proc/stat")) * 1000).toISOString();
  const kernel = await guest.sh('uname -r');
  write(dir, 'recording.json', JSON.stringify({ kernel, runtime: 'containerd', bootTime, timezone: 'UTC', year: new Date().getUTCFullYear(), hostname: 'node1' }, null, 1));
  return name;
}

function exitsOf(pod: Pod, lives: TaskLives): ContainerExit[] {
  return [...(pod.status.initContainerStatuses ?? []), ...(pod.status.containerStatuses ?? [])].flatMap(({ name, restartCount, containerID }) => {
    const ended = terminated(pod, name);
    const containerId = (ended?.containerID ?? containerID)?.replace(/^.*:\/\//, '');
    const life = containerId === undefined ? undefined : lives.get(containerId);
    if (containerId === undefined || life?.exit === undefined) return [];
    return [
      {
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
        memoryLimitBytes: null,
        restartCount,
        startedAt: life.startedAt,
        exitCode: life.exit.code,
        finishedAt: life.exit.at,
        // Nothing is known of what Kubernetes said of a pod that was gone when it ended.
        runtimeReason: ended?.reason ?? null,
      },
    ];
  });
}

function isWithin(line: string, from: number, to: number): boolean {
  if (line === '') return false;
  const at = Date.parse(readingSchema.parse(JSON.parse(line)).time) / 1000;
  return at >= from && at <= to;
}

function write(dir: string, name: string, text: string): void {
  const ended = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  writeFileSync(join(dir, name), name.endsWith('.gz') ? gzipSync(ended, { level: 9 }) : ended);
}
