import type { Witness } from '../witness.ts';
import { killedCgroup } from './killed-cgroup.ts';

/**
 * `oomd kill: 50.85 49.35 30.53 PATH BYTES ruleset:[…] detectorgroup:[…] killer:NAME v2` to /dev/kmsg, and on stderr
 * behind `[FILE:LINE] `. Three pressures of memory (10 s, 60 s, 300 s), the cgroup, its use.
 */
const KILL = /^(?:oomd kill: |\[\S+:\d+\] )(\d+\.\d+) (\d+\.\d+) (\d+\.\d+) (\S.*) (\d+) ruleset:\[(.*)\] detectorgroup:\[(.*)\] killer:(\(dry\))?(\S+)(?: v\d+)?$/s;

/** Facebook's oomd, which kills the cgroups that its configuration names. */
export const oomd: Witness = {
  name: 'oomd',
  units: ['oomd.service', 'fb-oomd.service', 'rd-oomd.service'],
  transports: ['stdout', 'kernel'],
  writesKmsg: true,
  comms: [],
  tags: ['oomd'],
  needles: ['oomd kill: ', 'detectorgroup:['],
  pattern: 'ruleset:\\[.{0,300}\\] detectorgroup:\\[',
  reader: () => ({ text, field }) => {
    const m = KILL.exec(text);
    // What a dry run would have done.
    if (!m || m[8] !== undefined) return { drop: 'no-fact' };
    const [, s10, s60, s300, path = '', bytes, ruleset = '', detectors = '', , killer = ''] = m;
    return [
      {
        kind: 'userspace-kill',
        by: 'oomd',
        comm: null,
        uid: null,
        signal: 'SIGKILL',
        reason: `ruleset [${ruleset}], detectors [${detectors}], ${killer}`,
        figures: { pressure10s: Number(s10), pressure60s: Number(s60), pressure300s: Number(s300), usageBytes: Number(bytes) },
        about: killedCgroup(path),
        // Whoever may write to /dev/kmsg could have written it.
        ...(field('_TRANSPORT') === 'kernel' ? { trust: 'text' as const } : {}),
      },
    ];
  },
};
