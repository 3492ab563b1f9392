import type { LineReader, Witness } from './witness.ts';

/** conmon, which watches over each container of CRI-O and podman and logs its end with the id's beginning before it. */
export const conmon: Witness = {
  name: 'conmon',
  units: ['crio-conmon-*', 'libpod-conmon-*'],
  // What a container printed comes from conmon too, by the journal's own protocol and with the container's id beside it.
  transports: ['syslog'],
  comms: ['conmon'],
  matches: [['_COMM=conmon', '_TRANSPORT=syslog']],
  tags: ['conmon'],
  pattern: 'container [0-9]+ exited with status ',
  reader: () => read,
};

const EXITED = /^conmon [0-9a-f]{1,64} <n?info>: container (\d{1,9}) exited with status (\d{1,3})$/;
/** The unit's name is systemd's word for whose conmon it is. */
const UNIT = /^(crio|libpod)-conmon-([0-9a-f]{64})\.scope$/;

const read: LineReader = ({ text, field }) => {
  const m = EXITED.exec(text.trimEnd());
  const unit = UNIT.exec(field('_SYSTEMD_UNIT') ?? '');
  if (!m || !unit) return { drop: 'no-fact' };
  const runtime = unit[1] === 'crio' ? 'cri-o' : 'podman';
  return [{ kind: 'exit', by: 'conmon', exitCode: Number(m[2]), runtime, about: { containerId: unit[2] ?? null, pid: Number(m[1]) } }];
};
