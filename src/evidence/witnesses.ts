import { conmon } from './conmon.ts';
import { containerd } from './containerd.ts';
import { crio } from './cri-o.ts';
import { kubelet } from './kubelet/kubelet.ts';
import type { Witness } from './witness.ts';

/** The witnesses. To add one, add a file and a row. */
export const WITNESSES: readonly Witness[] = [kubelet, containerd, crio, conmon];

/** What `journalctl -g` is to select among the records of the witnesses' units. */
export const WITNESS_PATTERN = WITNESSES.map(({ pattern }) => `(?:${pattern})`).join('|');

/** Groups of matches for journalctl: every unit and transport that a witness logs by. The kernel's records are read elsewhere. */
export function witnessMatches(): readonly (readonly string[])[] {
  const units = WITNESSES.flatMap(({ units: names }) => names.filter((name) => !name.endsWith('*')));
  const alone = WITNESSES.filter(({ units: names }) => names.length === 0).flatMap(({ transports }) => transports.filter((transport) => transport !== 'kernel'));
  const named = WITNESSES.flatMap(({ matches = [] }) => matches);
  const groups = [[...new Set(units)].map((unit) => `_SYSTEMD_UNIT=${unit}`), ...[...new Set(alone)].map((transport) => [`_TRANSPORT=${transport}`]), ...named];
  return groups.filter((group) => group.length > 0);
}
