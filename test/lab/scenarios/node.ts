import { pod } from '../support/manifest.ts';
import type { Lab } from '../support/lab.ts';
import type { Scenario } from '../support/scenario.ts';

/** Less than the limit of all pods together, so that the node runs out first. */
const LEFT_MIB = 600;

/** The host takes memory bit by bit until the kernel has killed somebody. */
async function starve(lab: Lab): Promise<void> {
  // Well above what the kernel keeps for itself: what it calls available is not to be had at once.
  await lab.hog((await lab.availableMib()) - LEFT_MIB);
  await lab.guest.sh(
    [
      // The shell's own words alone: a program to be loaded now would wait for the memory that is lacking.
      'count() { while read -r key value; do [ "$key" != oom_kill ] || kills=$value; done < /proc/vmstat; }; count; before=$kills',
      'systemd-run --quiet --unit=lab-hog-more --slice=lab.slice --property=OOMScoreAdjust=-999 /usr/local/bin/hog 3000 20',
      'pid=$(systemctl show --property=MainPID --value lab-hog-more)',
      'while [ "$kills" = "$before" ]; do count; done; kill -9 "$pid"',
    ].join('; '),
  );
}

/** From now on a container may take memory of the second NUMA node alone. */
async function bindToSecondNode(lab: Lab, pod: string): Promise<void> {
  const pid = await lab.initPid(pod);
  if (lab.guest.kernel.cgroup === 'v1') {
    await lab.guest.sh(`echo 1 > /sys/fs/cgroup/cpuset$(sed -n 's/^[0-9]*:cpuset://p' /proc/${pid}/cgroup)/cpuset.mems`);
    return;
  }
  // Who limits no container by cpuset may have it enabled for none.
  await lab.guest.sh(`cd /sys/fs/cgroup; for part in $(sed -n 's/^0:://p' /proc/${pid}/cgroup | tr / ' '); do echo +cpuset > cgroup.subtree_control; cd $part; done; echo 1 > cpuset.mems`);
}

/** Deaths for want of memory beyond any one pod's limit. */
export const node: readonly Scenario[] = [
  {
    name: 'kubepods-limit',
    truth: 'a pod without a limit takes what the node sets aside for all pods; the node has memory left',
    manifests: [pod('kubepods-limit', [{ run: 'exec eat 3000' }])],
    deaths: [{ pod: 'kubepods-limit', container: 'main', code: 137, cause: 'node-allocatable-oom', confidence: 'certain', kills: 1 }],
  },
  {
    name: 'numa',
    truth: 'a container may take memory of one NUMA node alone (cpuset), and takes more than that has; the other has memory left',
    manifests: [pod('numa', [{ run: 'while [ ! -e /go ]; do sleep 1; done; exec eat 900' }])],
    async act(lab) {
      await bindToSecondNode(lab, 'numa');
      await lab.go('numa');
    },
    deaths: [{ pod: 'numa', container: 'main', code: 137, cause: 'numa-oom', confidence: 'certain', kills: 1 }],
  },
  {
    name: 'node-eater',
    truth: 'a pod without a limit takes what the node has left, and is killed for it',
    manifests: [pod('node-eater', [{ run: 'while [ ! -e /go ]; do sleep 1; done; exec eat 3000' }])],
    async act(lab) {
      await lab.running('node-eater');
      await lab.hog((await lab.availableMib()) - LEFT_MIB);
      await lab.go('node-eater');
    },
    deaths: [{ pod: 'node-eater', container: 'main', code: 137, cause: 'node-oom', confidence: 'certain', kills: 1 }],
  },
  {
    name: 'node-innocent',
    truth: 'a process of the host takes all memory, and a small pod without a limit is killed for it',
    manifests: [pod('node-innocent', [{ run: 'exec eat 40' }])],
    async act(lab) {
      await lab.running('node-innocent');
      await starve(lab);
      await lab.ended('node-innocent');
    },
    deaths: [{ pod: 'node-innocent', container: 'main', code: 137, cause: 'node-oom', confidence: 'certain', kills: 1 }],
  },
];
