import { readLogrus, type LogrusLine } from './logrus.ts';
import type { LineReader, Said, Witness } from './witness.ts';

/** Docker Engine's own log, at level info: that a stop's time was over, where its events are not heard or forgotten. */
export const docker: Witness = {
  name: 'docker',
  units: ['docker.service', 'snap.docker.dockerd.service'],
  transports: ['stdout'],
  comms: [],
  tags: ['dockerd', 'docker.dockerd'],
  pattern: 'ontainer (?:[0-9a-f]{12,64} )?failed to exit within ',
  reader: () => dockerReader,
};

/**
 * To 20.10 the id is in the words and the time in seconds; since 23.0 the id is a field and the time Go's. A container that
 * outlives the engine's own SIGKILL gets another past the runtime.
 */
const LATE = /^Container (?:([0-9a-f]{12,64}) )?failed to exit within (?:\d{1,9} seconds|[\dhms.]{1,20}) of (?:signal \d{1,2} - using the force|kill - trying direct SIGKILL)$/;

const dockerReader: LineReader = ({ text }) => {
  const line = readLogrus(text);
  const said = line === null ? null : read(line);
  return said === null ? { drop: 'no-fact' } : [said];
};

function read({ text, fields, timeUs }: LogrusLine): Said | null {
  const late = LATE.exec(text);
  if (!late) return null;
  // Of its own second SIGKILL the older one tells the id's beginning alone, which is nobody's name.
  const containerId = /^[0-9a-f]{64}$/.exec(late[1] ?? fields['container'] ?? '')?.[0] ?? null;
  return { kind: 'stop-request', by: 'docker', reason: 'unknown', phase: 'kill', gracePeriodMs: null, signal: 'SIGKILL', detail: null, about: { containerId }, ...(timeUs !== null && { atUs: timeUs }) };
}
