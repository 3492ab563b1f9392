import type { LineReader, Witness } from './witness.ts';

/** conmon, which watches over each container of CRI-O and podman and logs its end, and an OOM in it, with the id's beginning before. */
export const conmon: Witness = {
  name: 'conmon',
  units: ['crio-conmon-*', 'libpod-conmon-*'],
  // What a container printed comes from conmon too, by the journal's own protocol and with the container's id beside it.
  transports: ['syslog'],
  comms: ['conmon'],
  matches: [['_COMM=conmon', '_TRANSPORT=syslog']],
  tags: ['conmon'],
  pattern: 'container [0-9]+ exited with status |info>: OOM received',
  reader: () => read,
};

const EXITED = /^conmon [0-9a-f]{1,64} <n?info>: container (\d{1,9}) exited with status (\d{1,3})$/;
/** After `OOM event received` on cgroup v1, alone on v2 (conmon's src/cgroup.c). */
const OOM = /^conmon [0-9a-f]{1,64} <n?info>: OOM received$/;
/** The unit's name is systemd's word for whose conmon it is. */
const UNIT = /^(crio|libpod)-conmon-([0-9a-f]{64})\.scope$/;

const read: LineReader = ({ text, field }) => {
  const line = text.trimEnd();
  const unit = UNIT.exec(field('_SYSTEMD_UNIT') ?? '');
  if (!unit) return { drop: 'no-fact' };
  const containerId = unit[2] ?? null;
  if (OOM.test(line)) return [{ kind: 'oom-event', by: 'conmon', about: { containerId } }];
  const m = EXITED.exec(line);
  if (!m) return { drop: 'no-fact' };
  const runtime = unit[1] === 'crio' ? 'cri-o' : 'podman';
  return [{ kind: 'exit', by: 'conmon', exitCode: Number(m[2]), runtime, about: { containerId, pid: Number(m[1]) } }];
};
