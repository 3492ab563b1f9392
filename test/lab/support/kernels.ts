import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cache } from './cache.ts';

export type Cgroup = 'v1' | 'v2';

/** A kernel that the guest can be booted with. */
export interface Kernel {
  readonly name: string;
  readonly cgroup: Cgroup;
  /** Who reads audit in that guest: journald, where its socket is asked for at boot, or auditd, as on Debian. */
  readonly audit: 'journald' | 'auditd';
  /** Words for its command line. */
  readonly append: string;
}

const LEGACY = 'systemd.unified_cgroup_hierarchy=0 systemd.legacy_systemd_cgroup_controller=1 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1';

export const KERNELS: Readonly<Record<string, Kernel>> = {
  '6.12': { name: '6.12', cgroup: 'v2', audit: 'journald', append: 'systemd.wants=systemd-journald-audit.socket' },
  '6.1': { name: '6.1', cgroup: 'v2', audit: 'auditd', append: '' },
  '5.10': { name: '5.10', cgroup: 'v1', audit: 'auditd', append: LEGACY },
};

/** The file of a kernel (`vmlinuz`) or its initrd (`initrd.img`) in the cache. */
export function bootFile(kind: 'vmlinuz' | 'initrd.img', kernel: Kernel): string {
  const name = readdirSync(cache).find((file) => file.startsWith(`${kind}-${kernel.name}.`));
  if (name === undefined) throw new Error(`No ${kind} of Linux ${kernel.name} is in ${cache}; remove ${join(cache, 'root')} to have it made anew.`);
  return join(cache, name);
}
