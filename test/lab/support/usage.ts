import type { Lab } from './lab.ts';

interface Reading {
  /** Of the agent's container: the agent, journalctl, and what the kernel keeps for them. */
  readonly currentMib: number;
  readonly peakMib: number;
  /** Of that, what the kernel cannot drop. */
  readonly anonMib: number;
  readonly residentMib: number;
  readonly cpuSeconds: number;
}

/** What the agent's container takes of the node, by the kernel's own accounts. */
export class Usage {
  readonly #lab: Lab;
  readonly #begin: Reading;
  readonly #beginMs = Date.now();

  private constructor(lab: Lab, begin: Reading) {
    this.#lab = lab;
    this.#begin = begin;
  }

  static async begin(lab: Lab): Promise<Usage> {
    return new Usage(lab, await reading(lab));
  }

  async sentence(): Promise<string> {
    const { currentMib, peakMib, anonMib, residentMib, cpuSeconds } = await reading(this.#lab);
    const seconds = (Date.now() - this.#beginMs) / 1000;
    const percent = (100 * (cpuSeconds - this.#begin.cpuSeconds)) / seconds;
    return (
      `the agent had ${residentMib.toFixed(0)} MiB resident; its container's cgroup ${currentMib.toFixed(0)} MiB, ${anonMib.toFixed(0)} of them anonymous, ${peakMib.toFixed(0)} at most; ` +
      `CPU ${percent.toFixed(1)} % of an emulated core (many times slower than a real one) over ${(seconds / 60).toFixed(0)} minutes`
    );
  }
}

async function reading({ guest }: Lab): Promise<Reading> {
  const text = await guest.sh(`
    pid=$(pgrep -f 'why137.cjs agent' | head -n 1)
    awk '/^VmRSS:/ { print "resident", $2 * 1024 }' /proc/$pid/status
    if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
      cd "/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/$pid/cgroup)"
      echo current $(cat memory.current); echo peak $(cat memory.peak 2>/dev/null || echo nan)
      awk '$1 == "anon" { print }' memory.stat; awk '$1 == "usage_usec" { print "cpu", $2 / 1e6 }' cpu.stat
    else
      cd "/sys/fs/cgroup/memory$(sed -n 's/^[0-9]*:memory://p' /proc/$pid/cgroup)"
      echo current $(cat memory.usage_in_bytes); echo peak $(cat memory.max_usage_in_bytes)
      awk '$1 == "total_rss" { print "anon", $2 }' memory.stat
      awk '{ print "cpu", $1 / 1e9 }' "/sys/fs/cgroup/cpu,cpuacct$(sed -n 's/^[0-9]*:cpu,cpuacct://p' /proc/$pid/cgroup)/cpuacct.usage"
    fi`);
  const value = (name: string): number => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1]);
  const mib = (name: string): number => value(name) / 1024 / 1024;
  return { currentMib: mib('current'), peakMib: mib('peak'), anonMib: mib('anon'), residentMib: mib('resident'), cpuSeconds: value('cpu') };
}
