import { UNKNOWN_SENDER } from '../../model/witness.ts';
import type { Said, Witness } from '../witness.ts';
import { killedCgroup } from './killed-cgroup.ts';

/** `UNIT: systemd-oomd killed 3 process(es) in this unit.`, or `some process(es)`. */
const UNIT_KILLED = /^(\S+): systemd-oomd killed (\d+|some) process\(es\) in this unit\.$/;
/** `UNIT: Killing process 4100 (app) with signal SIGKILL.` (systemd 225 to 258, unit.c), when the time of a unit's stop is over. The name is the process's own choice. */
const KILLING = /^(\S+): Killing process (\d{1,10}) \(.*\) with signal (SIG[A-Z0-9]+)\.$/s;

/** systemd itself: it ends what is left in a unit, and finds in a unit's cgroup the mark that systemd-oomd leaves there. */
export const systemd: Witness = {
  name: 'systemd',
  units: ['init.scope'],
  transports: ['journal'],
  comms: ['systemd'],
  tags: ['systemd'],
  pattern: 'systemd-oomd killed (?:\\d+|some) process|: Killing process \\d+ ',
  reader: () => ({ text }) => {
    const [, unit = '', pid, signal] = KILLING.exec(text) ?? [];
    if (pid !== undefined && signal !== undefined) return [killing(unit, Number(pid), signal)];
    const found = UNIT_KILLED.exec(text);
    const { containerId = null, podUid = null } = found ? killedCgroup(found[1] ?? '') : {};
    // Units of no container are of no interest; a unit's name alone is no path.
    if (!found || (containerId === null && podUid === null)) return { drop: 'no-fact' };
    const figures = found[2] === 'some' ? {} : { processes: Number(found[2]) };
    return [{ kind: 'userspace-kill', by: 'systemd-oomd', comm: null, uid: null, signal: 'SIGKILL', reason: null, figures, about: { containerId, podUid } }];
  },
};

/** The host's systemd counts as the host does. */
function killing(unit: string, pid: number, signal: string): Said {
  const { containerId = null, podUid = null } = killedCgroup(unit);
  return { kind: 'signal-sent', signal, success: true, sender: { ...UNKNOWN_SENDER, pid: 1, comm: 'systemd', uid: 0 }, named: pid, about: { containerId, podUid, pid } };
}
