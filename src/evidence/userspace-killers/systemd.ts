import type { Witness } from '../witness.ts';
import { killedCgroup } from './killed-cgroup.ts';

/** `UNIT: systemd-oomd killed 3 process(es) in this unit.`, or `some process(es)`. */
const UNIT_KILLED = /^(\S+): systemd-oomd killed (\d+|some) process\(es\) in this unit\.$/;

/** systemd itself, which finds in a unit's cgroup the mark that systemd-oomd leaves there. */
export const systemd: Witness = {
  name: 'systemd',
  units: ['init.scope'],
  transports: ['journal'],
  comms: ['systemd'],
  tags: ['systemd'],
  pattern: 'systemd-oomd killed (?:\\d+|some) process',
  reader: () => ({ text }) => {
    const found = UNIT_KILLED.exec(text);
    const { containerId = null, podUid = null } = found ? killedCgroup(found[1] ?? '') : {};
    // Units of no container are of no interest; a unit's name alone is no path.
    if (!found || (containerId === null && podUid === null)) return { drop: 'no-fact' };
    const figures = found[2] === 'some' ? {} : { processes: Number(found[2]) };
    return [{ kind: 'userspace-kill', by: 'systemd-oomd', comm: null, uid: null, signal: 'SIGKILL', reason: null, figures, about: { containerId, podUid } }];
  },
};
