import { ensureJournald, noJournald } from './journald.js';
import { noContainerd, startContainerd } from './containerd.js';

/** What of a real node can be had here: journald and a containerd of our own, and the agent's options for them. */
export async function nodeAround({ dir, say }) {
  const without = [noJournald(), noContainerd()];
  for (const why of without) if (why !== null) say(`not a whole node: ${why}`);
  const journald = without[0] === null ? await ensureJournald() : null;
  const containerd = without[1] === null ? await startContainerd(dir) : null;
  return {
    containerd,
    whole: journald !== null && containerd !== null,
    args: ['--runtime-endpoint', containerd === null ? 'none' : `unix://${containerd.socket}`],
    parts: [journald && 'journald', containerd && 'containerd'].filter(Boolean).join(' and ') || 'no daemon',
    async stop() {
      await containerd?.stop();
      await journald?.stop();
    },
  };
}
