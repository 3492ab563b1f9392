import type { Container } from '../../model/container-exit.ts';
import type { Culprits, Holder } from '../../model/culprits.ts';
import type { OomKill } from '../../model/oom-kill.ts';
import type { Verdict } from '../../model/verdict.ts';
import type { LogFields } from './line-schema.ts';

/** Runtimes cut a line at 16 KiB, and collectors may not put the pieces together. HTTP has all of them. */
const MAX_KILLS = 200;

type OrNull<T> = { readonly [K in keyof T]: T[K] | null };

/** What a verdict's line says besides its sentence. */
export function verdictFields({ container, exit, ...verdict }: Verdict): OrNull<LogFields> {
  return {
    'k8s.namespace.name': container.podNamespace,
    'k8s.pod.name': container.podName,
    'k8s.pod.uid': container.podUid,
    'k8s.container.name': container.containerName,
    'k8s.container.restart_count': container.restartCount,
    'container.id': container.containerId,
    'container.runtime.name': container.runtime,
    'container.image.name': container.image,
    'process.pid': container.initPid,
    'exit.code': exit.code,
    'exit.time': exit.finishedAt,
    'why137.cause': verdict.cause,
    'why137.family': verdict.family,
    'why137.confidence': verdict.confidence,
    'why137.verdict.id': verdict.id,
    'why137.verdict.revision': verdict.revision,
    'why137.verdict.final': verdict.final,
    'why137.runtime_agrees': verdict.runtimeAgrees,
    'why137.oom_kill.ids': verdict.oomKills.slice(-MAX_KILLS),
    ...culpritFields(verdict.culprits),
  };
}

/** What an OOM kill's line says besides its sentence. */
export function killFields(kill: OomKill, container: Container | null): OrNull<LogFields> {
  return {
    'k8s.namespace.name': container?.podNamespace ?? null,
    'k8s.pod.name': container?.podName ?? null,
    'k8s.pod.uid': kill.podUid ?? container?.podUid ?? null,
    'k8s.container.name': container?.containerName ?? null,
    'container.id': kill.containerId,
    'container.runtime.name': container?.runtime ?? null,
    'process.pid': kill.victim.pid,
    'why137.oom_kill.id': kill.id,
    'why137.oom_kill.time': kill.time,
    'why137.oom_kill.victim': kill.victim.comm,
    'why137.oom_kill.scope': kill.scope,
    'why137.oom_kill.level': kill.level,
    'why137.oom_kill.limit_cgroup': kill.limitCgroup,
    'why137.oom_kill.victim_cgroup': kill.victimCgroup,
    'why137.oom_kill.trust': kill.trust,
    ...culpritFields(kill.culprits),
  };
}

/** Who held the memory: what the victim was, and the process that held the most. */
function culpritFields(culprits: Culprits | null): OrNull<LogFields> {
  if (culprits === null) return {};
  const { victimWas, victimShare, holders } = culprits;
  return { 'why137.victim.was': victimWas, 'why137.victim.share': victimShare, ...(holders[0] && holderFields(holders[0])) };
}

function holderFields({ pid, comm, heldBytes, containerId, podNamespace, podName, containerName }: Holder): OrNull<LogFields> {
  return {
    'why137.top_holder.pid': pid,
    'why137.top_holder.name': comm,
    'why137.top_holder.held_bytes': heldBytes,
    'why137.top_holder.container.id': containerId,
    'why137.top_holder.k8s.namespace.name': podNamespace,
    'why137.top_holder.k8s.pod.name': podName,
    'why137.top_holder.k8s.container.name': containerName,
  };
}
