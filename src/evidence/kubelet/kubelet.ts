import type { LineReader, Witness } from '../witness.ts';
import { momentOf, readKlog } from './klog.ts';
import { readStop } from './stop.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** kubelet, by itself or inside of k3s, RKE2, MicroK8s and the like. */
export const kubelet: Witness = {
  name: 'kubelet',
  units: [
    'kubelet.service',
    'k3s.service',
    'k3s-agent.service',
    'rke2-server.service',
    'rke2-agent.service',
    'k0scontroller.service',
    'k0sworker.service',
    'snap.microk8s.daemon-kubelite.service',
    'snap.microk8s.daemon-kubelet.service',
    'snap.kubelet-eks.daemon.service',
    'snap.kubelet.daemon.service',
  ],
  transports: ['stdout'],
  comms: [],
  tags: ['kubelet', 'kubelet.sh', 'hyperkube', 'k3s', 'k3s-agent', 'rke2', 'k0s', 'kubelite', 'microk8s.daemon-kubelite', 'microk8s.daemon-kubelet', 'kubelet-eks.daemon', 'kubelet.daemon'],
  pattern: 'Killing (?:unwanted )?container',
  reader: (clock) => kubeletReader(clock),
};

function kubeletReader(clock: Parameters<Witness['reader']>[0]): LineReader {
  return ({ text, timeUs, field }) => {
    const line = readKlog(text);
    if (line === null) return { drop: 'no-fact' };
    const { at } = line;
    const written = timeUs === null && at !== null && 'day' in at ? clock.local(MONTHS[at.month - 1] ?? '', at.day, at.clock, undefined) : momentOf(at, timeUs);
    const said = readStop(line);
    if (said.length === 0) return { drop: 'no-fact' };
    // Plain text repeats what a container printed, newlines and all: a line of it may be anybody's.
    const proven = line.values !== null && (line.pid === null || field('_PID') === null || field('_PID') === String(line.pid));
    return said.map((one) => ({ ...one, atUs: written, ...(proven ? {} : { trust: 'text' as const }) }));
  };
}
