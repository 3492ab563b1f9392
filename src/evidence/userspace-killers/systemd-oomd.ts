import type { Said, Witness } from '../witness.ts';
import { killedCgroup } from './killed-cgroup.ts';

/** `Killed PATH due to REASON` (systemd 248 to 258); `Marked PATH for killing due to REASON` since, with whatever rule (261) as the reason. */
const KILLED = /^(?:Killed (\/.*?) due to (memory pressure for .*|memory used .*|swap used .*)|Marked (\/.*?) for killing due to (.*))$/s;
const PRESSURE = /^memory pressure for (\/.*) being (\d+\.\d+)% > (\d+\.\d+)% for > (.+) with reclaim activity$/s;
const USED = /^(?:memory used \((\d+)\) \/ total \((\d+)\) and )?swap used \((\d+)\) \/ total \((\d+)\) being more than (\d+\.\d+)%$/;

/** systemd-oomd kills a whole cgroup, with all below it, and names it. Version 247 names none: systemd's own word is left. */
export const systemdOomd: Witness = {
  name: 'systemd-oomd',
  units: ['systemd-oomd.service'],
  transports: ['journal', 'syslog'],
  comms: ['systemd-oomd'],
  tags: ['systemd-oomd'],
  pattern: '^(?:Killed /.{0,4096} due to (?:memory|swap) |Marked /.{0,4096} for killing due to )',
  reader: () => ({ text }) => {
    const killed = KILLED.exec(text);
    if (!killed) return { drop: 'no-fact' };
    const [, path, why, marked, whyMarked] = killed;
    return [said(path ?? marked ?? '', why ?? whyMarked ?? '')];
  },
};

function said(path: string, reason: string): Said {
  return { kind: 'userspace-kill', by: 'systemd-oomd', comm: null, uid: null, signal: 'SIGKILL', reason, figures: figuresOf(reason), about: killedCgroup(path) };
}

function figuresOf(reason: string): Readonly<Record<string, number | string>> {
  const pressure = PRESSURE.exec(reason);
  if (pressure) return { pressureCgroup: pressure[1] ?? '', pressurePercent: Number(pressure[2]), limitPercent: Number(pressure[3]), duration: pressure[4] ?? '' };
  const used = USED.exec(reason);
  if (!used) return {};
  const memory = used[1] === undefined ? {} : { memoryUsedBytes: Number(used[1]), memoryTotalBytes: Number(used[2]) };
  return { ...memory, swapUsedBytes: Number(used[3]), swapTotalBytes: Number(used[4]), limitPercent: Number(used[5]) };
}
