import type { Lab } from './lab.ts';

/** What the agent's pod takes of the node: every process in its cgroup, and the agent itself. */
export class Usage {
  readonly #lab: Lab;
  readonly #pid: number;
  readonly #cpuSeconds: number;
  readonly #beginMs = Date.now();

  private constructor(lab: Lab, pid: number, cpuSeconds: number) {
    this.#lab = lab;
    this.#pid = pid;
    this.#cpuSeconds = cpuSeconds;
  }

  static async begin(lab: Lab): Promise<Usage> {
    const pid = Number(await lab.guest.sh("pgrep -f 'why137.cjs agent' | head -n 1"));
    return new Usage(lab, pid, await cpuSeconds(lab, pid));
  }

  async sentence(): Promise<string> {
    const status = await this.#lab.guest.sh(`cat /proc/${this.#pid}/status`);
    const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
    const seconds = (Date.now() - this.#beginMs) / 1000;
    const spent = (await cpuSeconds(this.#lab, this.#pid)) - this.#cpuSeconds;
    return `agent: ${(kib('VmRSS') / 1024).toFixed(1)} MiB resident, ${(kib('VmHWM') / 1024).toFixed(1)} MiB at most; ${((100 * spent) / seconds).toFixed(1)} % of an emulated core over ${seconds.toFixed(0)} s`;
  }
}

async function cpuSeconds({ guest }: Lab, pid: number): Promise<number> {
  return Number(await guest.sh(`awk '{ print ($14 + $15) / 100 }' /proc/${pid}/stat`));
}
