import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const V1 = '/sys/fs/cgroup/memory';
const isV1 = existsSync(V1);

/** A memory cgroup at the root, with a limit that counts for all that is put below it. */
export interface LimitedCgroup {
  add(pid: number): void;
  remove(): Promise<void>;
}

export function limitedCgroup(name: string, bytes: number): LimitedCgroup {
  const dir = join(isV1 ? V1 : '/sys/fs/cgroup', name);
  mkdirSync(dir);
  if (isV1) writeFileSync(join(dir, 'memory.use_hierarchy'), '1');
  writeFileSync(join(dir, isV1 ? 'memory.limit_in_bytes' : 'memory.max'), String(bytes));
  return {
    add(pid) {
      writeFileSync(join(dir, 'cgroup.procs'), String(pid));
    },
    async remove() {
      // The kernel lets go of a cgroup a moment after its last process.
      for (let tries = 0; existsSync(dir) && tries < 50; tries += 1) {
        try {
          rmdirSync(dir);
        } catch {
          await sleep(100);
        }
      }
    },
  };
}

/** On cgroup v2, containers below it can be limited only where it says so; it holds no process itself then. */
export function delegateMemory(name: string): void {
  if (!isV1) writeFileSync(join('/sys/fs/cgroup', name, 'cgroup.subtree_control'), '+memory');
}
