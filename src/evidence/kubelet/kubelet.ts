import type { WallClock } from '../../kernel/framing/wall-time.ts';
import type { LineReader, Said, Witness } from '../witness.ts';
import { Evictions } from './eviction.ts';
import { wrappedByK0s } from './k0s.ts';
import { momentOf, readKlog, type KlogLine } from './klog.ts';
import { LogFormats } from './log-format.ts';
import { readPlain } from './plain.ts';
import { readStructured } from './structured.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Where a line of klog begins, by itself or within one of k0s's; and a quote in it. */
const BEGIN = '^(?:time="[^"]{1,40}" level=[a-z]{1,8} msg=")?[IWEF][0-9]{4} ';
const QUOTE = '\\\\?"';

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
  pattern: [
    'Killing container',
    'Message for Container of pod',
    `${BEGIN}.*\\] Container ${QUOTE}`,
    'robe failed',
    'robe errored',
    ` probe for ${QUOTE}`,
    'Shutdown manager killing pod',
    'SyncLoop \\(?(?:DELETE|REMOVE)',
    '[Ee]viction manager: ',
    `Evicting pod${QUOTE}`,
    'Failed to admit pod ',
    'Preempting pod',
    'evicted successfully',
    'preemption: (?:attempting to evict|pod )',
    'Attempting to evict pods',
    'container finished',
    'ailed to delete cgroup paths',
    // From the line's beginning, so that no line is searched anew from each of its places.
    `${BEGIN}[^\\]]*\\] ${QUOTE}Event occurred${QUOTE} .*reason=${QUOTE}(?:Killing|Preempting|Evicted)${QUOTE}`,
    '^\\{.{0,300}"msg":"Event occurred(?:\\\\n)?".*"reason":"(?:Killing|Preempting|Evicted)"',
    // They tell nothing but how this kubelet logs (log-format.ts): its start, and headers of text before lines of others' choosing.
    'Started kubelet',
    '\\] (?:init |ephemeral )?container &Container\\{',
    'Exec lifecycle hook',
    `\\] Operation for ${QUOTE}`,
    '\\] Event\\(v1\\.ObjectReference\\{',
  ].join('|'),
  reader: (clock) => kubeletReader(clock),
};

function kubeletReader(clock: WallClock): LineReader {
  const formats = new LogFormats();
  // What anybody can print is no part of what kubelet is proven to have said.
  const evictions = { proven: new Evictions(), text: new Evictions() };
  return ({ text, timeUs, field }) => {
    const wrapped = wrappedByK0s(text, field);
    const line = readKlog(wrapped ?? text);
    if (line === null) return { drop: 'no-fact' };
    const atUs = writtenAt(line, timeUs, clock);
    if (!formats.isOwnFormat(line, timeUs ?? atUs, field)) return { drop: read(line, atUs, new Evictions()).length === 0 ? 'no-fact' : 'not-a-witness' };
    const proven = wrapped === null && isOwn(line, field('_PID'));
    const said = read(line, atUs, proven ? evictions.proven : evictions.text);
    if (said.length === 0) return { drop: 'no-fact' };
    return said.map((one) => ({ ...one, atUs: one.atUs ?? atUs, ...(proven ? {} : { trust: 'text' as const }) }));
  };
}

function read(line: KlogLine, atUs: number | null, evictions: Evictions): readonly Said[] {
  const { text, values } = line;
  const evicted = evictions.read(line, atUs);
  if (evicted !== null) return evicted;
  const said = values === null ? readPlain(text) : readStructured(text, values);
  const begun = said.find((one) => one.kind === 'stop-request' && one.gracePeriodMs !== null);
  if (begun?.kind !== 'stop-request') return said;
  return [...evictions.stopping(begun.about.podName === undefined || begun.about.podName === null ? null : begun.about, begun.gracePeriodMs, atUs), ...said];
}

/** In a file of its own, kubelet's stamp is all there is. */
function writtenAt({ at }: KlogLine, timeUs: number | null, clock: WallClock): number | null {
  if (timeUs !== null || at === null || 'us' in at) return momentOf(at, timeUs);
  return clock.local(MONTHS[at.month - 1] ?? '', at.day, at.clock, undefined);
}

/**
 * Whether a line that came under kubelet's name can be nobody else's. Plain text repeats what a container printed,
 * newlines and all, so that a line of it may be anybody's; and a container does not know kubelet's pid. JSON names none: log-format.ts.
 */
function isOwn({ values, pid }: KlogLine, writer: string | null): boolean {
  return values !== null && (pid === null || writer === null || writer === String(pid));
}
