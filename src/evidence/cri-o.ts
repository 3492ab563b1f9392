import type { Subject } from '../model/witness.ts';
import { readLogrus, type LogrusLine } from './logrus.ts';
import type { LineReader, Said, Witness } from './witness.ts';

/** CRI-O, as it logs at level info. What an end's status was, kubelet and conmon tell. */
export const crio: Witness = {
  name: 'cri-o',
  units: ['crio.service', 'cri-o.service'],
  transports: ['stdout'],
  comms: [],
  tags: ['crio', 'cri-o'],
  pattern: ['Stopping container: ', 'with stop signal timed out', 'Stopped container ', 'Created container ', 'Started container'].join('|'),
  reader: () => crioReader,
};

const ID = '([0-9a-f]{12,64})';
/** How long it may take, it tells since 1.20.1. */
const STOPPING = new RegExp(`^Stopping container: ${ID}(?: \\(timeout: (-?\\d{1,9})s?\\))?$`);
/** Its SIGKILL: `timed out: REASON` to 1.23, `timed out. Killing`, from 1.30 on with dots. While SIGKILL has no effect, again and again. */
const KILLING = new RegExp(`^Stopping container ${ID} with stop signal timed out(?:\\. Killing(?:\\.{3})?|: .*)$`, 's');
/** `<id>: <namespace>/<pod>/<container>`, as CRI-O describes a container. */
const DESCRIBED = new RegExp(`^(?:Created|Started|Stopped) container ${ID}: (\\S+)$`);

const crioReader: LineReader = ({ text }) => {
  const line = readLogrus(text);
  const said = line === null ? [] : read(line);
  return said.length === 0 ? { drop: 'no-fact' } : said.map((one) => (line?.timeUs == null ? one : { ...one, atUs: line.timeUs }));
};

function read({ text, fields, timeUs }: LogrusLine): readonly Said[] {
  const stop = STOPPING.exec(text);
  if (stop) {
    const gracePeriodMs = stop[2] === undefined ? null : Math.max(0, Number(stop[2])) * 1_000;
    return [{ kind: 'stop-request', by: 'cri-o', reason: 'unknown', phase: 'stop', gracePeriodMs, signal: null, detail: null, about: { containerId: stop[1] ?? null } }];
  }
  const killing = KILLING.exec(text);
  if (killing) return [{ kind: 'stop-request', by: 'cri-o', reason: 'unknown', phase: 'kill', gracePeriodMs: null, signal: 'SIGKILL', detail: null, about: { containerId: killing[1] ?? null } }];
  const container = { kind: 'container', runtime: 'cri-o', restartCount: null, startedUs: null } as const;
  const described = DESCRIBED.exec(text);
  if (described) return [{ ...container, about: { containerId: described[1] ?? null, ...named(described[2]) } }];
  const { containerID = '', PID = '', description } = fields;
  if (text !== 'Started container' || !/^[0-9a-f]{64}$/.test(containerID)) return [];
  return [{ ...container, startedUs: timeUs, about: { containerId: containerID, pid: /^[1-9]\d{0,8}$/.test(PID) ? Number(PID) : null, ...named(description) } }];
}

/** Names of Kubernetes hold no slash. */
function named(description: string | undefined): Partial<Subject> {
  const [podNamespace, podName, containerName, ...more] = (description ?? '').split('/');
  if (!podNamespace || !podName || !containerName || more.length > 0) return {};
  return { podNamespace, podName, containerName };
}
