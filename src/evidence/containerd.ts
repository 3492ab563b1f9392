import { parseTime, SECOND, type Micros } from '../lib/time.ts';
import { SANDBOX_NAME } from '../model/container-exit.ts';
import type { Subject } from '../model/witness.ts';
import { readLogrus } from './logrus.ts';
import { goSignal } from './signals.ts';
import type { LineReader, Said, Witness } from './witness.ts';

/** containerd, as its CRI plugin logs at level info. Containers of other clients (ctr, Docker) it does not log. */
export const containerd: Witness = {
  name: 'containerd',
  units: ['containerd.service', 'snap.microk8s.daemon-containerd.service'],
  transports: ['stdout'],
  comms: [],
  tags: ['containerd', 'microk8s.daemon-containerd'],
  pattern: ['StopContainer for', 'Stop container ', 'Kill container ', 'TaskOOM event', 'xit event', 'shim disconnected', 'returns sandbox id', 'returns container id', 'StartContainer for [^ ]+ returns successfully'].join('|'),
  reader: containerdReader,
};

const ID = '([0-9A-Za-z_.-]{1,128})';
const WHOLE_ID = new RegExp(`^${ID}$`);
/** The container is the field `id`. */
const SHIM_GONE = 'shim disconnected';
const STOP = new RegExp(`^StopContainer for "${ID}" with timeout (-?\\d{1,9}) \\(s\\)$`);
const SIGNAL = new RegExp(`^Stop container "${ID}" with signal (.{1,40})$`);
/** 1.1 and 1.2 say what of it. */
const KILL = new RegExp(`^Kill container "${ID}"(?: init process)?$`);
const OOM = new RegExp(`^TaskOOM event (?:container_id:"|&TaskOOM\\{ContainerID:)${ID}`);
/** 1.7 and 2.x print the event by protobuf's text form, before that by Go's. */
const EXIT = /^(?:received (?:container |sandbox )?exit event|TaskExit event(?: in podsandbox handler)?) (.*)$/;
const FIELD = /(?:^| )(container_id|id|pid|exit_status):"?([0-9A-Za-z_.-]+)"?/g;
const EXITED_AT = /exited_at:\{seconds:(\d{1,12})(?: +nanos:(\d{1,9}))?\}/;
const GO_EXIT = new RegExp(`^&TaskExit\\{ContainerID:${ID},ID:${ID},Pid:(\\d+),ExitStatus:(\\d+),ExitedAt:(\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?) ([+-]\\d{4})`);
const SANDBOX = new RegExp(`^RunPodSandbox for (.*) returns sandbox id "${ID}"$`);
const CREATED = new RegExp(`^CreateContainer within sandbox "${ID}" for (.*) returns container id "${ID}"$`);
const STARTED = new RegExp(`^StartContainer for "${ID}" returns successfully$`);

type Pod = Pick<Subject, 'podUid' | 'podNamespace' | 'podName'>;
/** Pods of a node, several times over. */
const MAX_SANDBOXES = 1_024;

function containerdReader(): LineReader {
  const pods = new Map<string, Pod>();
  return ({ text }) => {
    const line = readLogrus(text);
    if (line === null) return { drop: 'no-fact' };
    const said = line.text === SHIM_GONE ? shimGone(line.fields['id']) : read(line.text, line.timeUs, pods);
    return said.length === 0 ? { drop: 'no-fact' } : said.map((one) => (line.timeUs === null || one.atUs != null ? one : { ...one, atUs: line.timeUs }));
  };
}

function read(text: string, timeUs: Micros | null, pods: Map<string, Pod>): readonly Said[] {
  return stopping(text) ?? ended(text) ?? born(text, timeUs, pods) ?? [];
}

/** With containers of every client, also after each ordinary end. */
function shimGone(id: string | undefined): readonly Said[] {
  return id !== undefined && WHOLE_ID.test(id) ? [{ kind: 'shim-gone', by: 'containerd', about: { containerId: id } }] : [];
}

function stopping(text: string): readonly Said[] | null {
  const stop = { kind: 'stop-request', by: 'containerd', reason: 'unknown', phase: 'stop', gracePeriodMs: null, signal: null, detail: null } as const;
  let m = STOP.exec(text);
  if (m) return [{ ...stop, gracePeriodMs: Math.max(0, Number(m[2])) * 1_000, about: { containerId: m[1] ?? null } }];
  m = SIGNAL.exec(text);
  if (m) return [{ ...stop, signal: goSignal(m[2] ?? ''), about: { containerId: m[1] ?? null } }];
  m = KILL.exec(text);
  return m ? [{ ...stop, phase: 'kill', signal: 'SIGKILL', about: { containerId: m[1] ?? null } }] : null;
}

function ended(text: string): readonly Said[] | null {
  const oom = OOM.exec(text);
  if (oom) return [{ kind: 'oom-event', by: 'containerd', about: { containerId: oom[1] ?? null } }];
  const event = EXIT.exec(text)?.[1];
  if (event === undefined) return null;
  const go = GO_EXIT.exec(event);
  if (go) return exit(go[1], go[2], go[3], go[4], parseTime(`${go[5] ?? ''}${go[6] ?? ''}`));
  const fields = new Map([...event.matchAll(FIELD)].map(([, key = '', value = '']) => [key, value]));
  const at = EXITED_AT.exec(event);
  const atUs = at ? Number(at[1]) * SECOND + Math.floor(Number(at[2] ?? 0) / 1_000) : null;
  // protobuf leaves a zero out.
  return exit(fields.get('container_id'), fields.get('id'), fields.get('pid'), fields.get('exit_status') ?? '0', atUs);
}

/** Another id than the container's is that of an exec session. */
function exit(containerId: string | undefined, id: string | undefined, pid: string | undefined, status: string | undefined, atUs: Micros | null): readonly Said[] {
  if (containerId === undefined || containerId !== id || status === undefined || !/^\d{1,9}$/.test(status)) return [];
  return [{ kind: 'exit', by: 'containerd', exitCode: Number(status), runtime: 'containerd', about: { containerId, pid: pid === undefined || pid === '0' ? null : Number(pid) }, atUs }];
}

/** Who containers are: the sandbox names the pod, the container its name, the start its time. */
function born(text: string, timeUs: Micros | null, pods: Map<string, Pod>): readonly Said[] | null {
  const container = { kind: 'container', runtime: 'containerd', restartCount: null, startedUs: null } as const;
  const sandbox = SANDBOX.exec(text);
  if (sandbox) {
    const id = sandbox[2] ?? '';
    const pod = { podName: metadata(sandbox[1], 'name'), podUid: metadata(sandbox[1], 'uid'), podNamespace: metadata(sandbox[1], 'namespace') };
    pods.delete(id);
    pods.set(id, pod);
    const [oldest] = pods.keys();
    if (pods.size > MAX_SANDBOXES && oldest !== undefined) pods.delete(oldest);
    return [{ ...container, about: { ...pod, containerId: id, containerName: SANDBOX_NAME } }];
  }
  const created = CREATED.exec(text);
  if (created) {
    const attempt = metadata(created[2], 'attempt');
    return [{ ...container, restartCount: attempt === null ? 0 : Number(attempt), about: { ...pods.get(created[1] ?? ''), containerId: created[3] ?? null, containerName: metadata(created[2], 'name') } }];
  }
  const started = STARTED.exec(text);
  return started ? [{ ...container, startedUs: timeUs, about: { containerId: started[1] ?? null } }] : null;
}

/** `&ContainerMetadata{Name:app,Attempt:3,}`, or `name:"app"  attempt:3`. Names of Kubernetes hold neither comma nor quote. */
function metadata(text: string | undefined, key: string): string | null {
  return new RegExp(`(?:[{,]|^|\\s)${key}:"?([A-Za-z0-9.-]+)"?(?:[,}\\s]|$)`, 'i').exec(text ?? '')?.[1] ?? null;
}
