import type { Witness } from './witness.ts';

/** Fields of a journal record that tell who wrote it. Those with an underscore are journald's own word. */
export type Field = (name: string) => string | null;

/** A runtime that logs its containers' output to the journal (Docker's journald driver, conmon) marks it with these. */
const OF_A_CONTAINER = ['CONTAINER_ID', 'CONTAINER_ID_FULL', 'CONTAINER_NAME', 'CONTAINER_TAG'] as const;

/** Whether journald's own fields prove that this witness wrote the record. */
export function isWrittenBy(witness: Witness, field: Field): boolean {
  if (!witness.transports.includes(field('_TRANSPORT') ?? '')) return false;
  // User space that writes to /dev/kmsg gets another facility.
  if (field('_TRANSPORT') === 'kernel') return ((field('SYSLOG_FACILITY') ?? '0') === '0') === (witness.writesKmsg !== true);
  if (OF_A_CONTAINER.some((name) => field(name) !== null)) return false;
  if (witness.units.length > 0 && !isOfUnit(witness.units, field)) return false;
  return witness.comms.length === 0 || witness.comms.includes(field('_COMM') ?? '');
}

/** Of one of the units, and in the unit's own cgroup: what a runtime puts below its unit are containers. */
function isOfUnit(units: readonly string[], field: Field): boolean {
  const unit = field('_SYSTEMD_UNIT');
  if (unit === null || !units.some((name) => isNamed(name, unit))) return false;
  const cgroup = field('_SYSTEMD_CGROUP');
  return cgroup === null || cgroup.endsWith(`/${unit}`);
}

function isNamed(name: string, unit: string): boolean {
  return name.endsWith('*') ? unit.startsWith(name.slice(0, -1)) : unit === name;
}
