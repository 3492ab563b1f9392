import { audit } from './audit/audit.ts';
import { conmon } from './conmon.ts';
import { containerd } from './containerd.ts';
import { crio } from './cri-o.ts';
import { docker } from './docker.ts';
import { kernelFaults } from './kernel/fault.ts';
import { kubelet } from './kubelet/kubelet.ts';
import { earlyoom } from './userspace-killers/earlyoom.ts';
import { nohang } from './userspace-killers/nohang.ts';
import { oomd } from './userspace-killers/oomd.ts';
import { systemd } from './userspace-killers/systemd.ts';
import { systemdOomd } from './userspace-killers/systemd-oomd.ts';
import type { Witness } from './witness.ts';

/** The witnesses. To add one, add a file and a row. */
export const WITNESSES: readonly Witness[] = [kubelet, containerd, crio, docker, conmon, systemdOomd, systemd, earlyoom, nohang, oomd, audit, kernelFaults];

/** What is to be selected among the kernel's own records for them. */
export const KERNEL_WITNESS_PATTERN = patternOf(WITNESSES.filter(isOfKernel));

/** What `journalctl -g` is to select among the records of the witnesses' units. */
export const WITNESS_PATTERN = patternOf(WITNESSES.filter(({ transports }) => transports.some((transport) => transport !== 'kernel')));

function isOfKernel({ transports }: Witness): boolean {
  return transports.includes('kernel');
}

function patternOf(witnesses: readonly Witness[]): string {
  return witnesses.map(({ pattern }) => `(?:${pattern})`).join('|');
}

/** Groups of matches for journalctl: every unit and transport that a witness logs by. The kernel's records are read elsewhere. */
export function witnessMatches(): readonly (readonly string[])[] {
  const units = WITNESSES.flatMap(({ units: names }) => names.filter((name) => !name.endsWith('*')));
  const alone = WITNESSES.filter(({ units: names }) => names.length === 0).flatMap(({ transports }) => transports.filter((transport) => transport !== 'kernel'));
  const named = WITNESSES.flatMap(({ matches = [] }) => matches);
  const groups = [[...new Set(units)].map((unit) => `_SYSTEMD_UNIT=${unit}`), ...[...new Set(alone)].map((transport) => [`_TRANSPORT=${transport}`]), ...named];
  return groups.filter((group) => group.length > 0);
}
