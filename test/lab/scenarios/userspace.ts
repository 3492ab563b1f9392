import { pod, type Manifest } from '../support/manifest.ts';
import type { Lab } from '../support/lab.ts';
import { whileAudited } from '../support/audit.ts';
import type { Death, Scenario } from '../support/scenario.ts';

/** A kill of PID 1 from the node. */
const auditedKill = (lab: Lab, name: string): Promise<void> =>
  whileAudited(lab, async () => {
    await lab.guest.sh(`/usr/bin/kill -9 ${await lab.initPid(name)}`);
    await lab.ended(name);
  });

/** What facebook's oomd is told in its scenario: under any pressure the container under most of it goes. */
const OOMD = {
  rulesets: [
    {
      name: 'pods are short of memory',
      detectors: [['pressure of memory', { name: 'pressure_above', args: { cgroup: 'kubepods.slice', resource: 'memory', threshold: '5', duration: '1' } }]],
      actions: [{ name: 'kill_by_pressure', args: { cgroup: 'kubepods.slice/kubepods-burstable.slice/*.slice/*', resource: 'memory' } }],
    },
  ],
};

/** A container that needs, again and again, what its limit does not let it keep. */
const thrashing = (name: string): Manifest =>
  pod(name, [{ run: 'dd if=/dev/zero of=/tmp/file bs=1M count=60; while :; do cat /tmp/file /bin/busybox > /dev/null; done', limit: '24Mi' }]);

/** The killer is begun beside the pod, and ended when the pod has. */
async function endedBy(lab: Lab, name: string, begin: string, end: string): Promise<void> {
  await lab.running(name);
  await lab.guest.sh(begin);
  try {
    await lab.ended(name);
  } finally {
    await lab.guest.sh(end);
  }
}

function audited(name: string): { manifests: Manifest[]; deaths: Death[] } {
  return {
    manifests: [pod(name, [{ run: 'exec sleep 100000', limit: '64Mi' }])],
    deaths: [{ pod: name, container: 'main', code: 137, cause: 'external-sigkill', confidence: 'certain', kills: 0 }],
  };
}

/** Deaths by other programs of the node. */
export const userspace: readonly Scenario[] = [
  {
    name: 'earlyoom',
    truth: 'earlyoom sees the node short of memory and kills the pod’s process',
    manifests: [pod('earlyoom', [{ run: 'exec eat 200' }])],
    async act(lab) {
      await lab.running('earlyoom');
      // SIGKILL below 15 %; what the pod holds is enough to be above again.
      await lab.guest.sh("printf 'EARLYOOM_ARGS=\"-m 15,15 -r 0 --prefer ^eat$\"\\n' > /etc/default/earlyoom; systemctl restart earlyoom");
      try {
        await lab.hog(Math.floor((await lab.availableMib()) - 0.12 * (await lab.totalMib())));
        await lab.ended('earlyoom');
      } finally {
        await lab.guest.sh('systemctl stop earlyoom');
      }
    },
    deaths: [{ pod: 'earlyoom', container: 'main', code: 137, cause: 'userspace-oom', confidence: 'likely', kills: 0 }],
  },
  {
    name: 'systemd-oomd',
    truth: 'the pod’s cgroup is under memory pressure, and systemd-oomd kills it',
    needs: { cgroup: 'v2' },
    manifests: [thrashing('systemd-oomd')],
    act: (lab) =>
      endedBy(
        lab,
        'systemd-oomd',
        [
          'mkdir -p /etc/systemd/oomd.conf.d /run/systemd/system/kubepods.slice.d',
          "printf '[OOM]\\nDefaultMemoryPressureDurationSec=2s\\nDefaultMemoryPressureLimit=5%%\\n' > /etc/systemd/oomd.conf.d/lab.conf",
          "printf '[Slice]\\nManagedOOMMemoryPressure=kill\\nManagedOOMMemoryPressureLimit=5%%\\n' > /run/systemd/system/kubepods.slice.d/oomd.conf",
          'systemctl daemon-reload; systemctl unmask systemd-oomd.socket; systemctl restart systemd-oomd',
        ].join('; '),
        'systemctl stop systemd-oomd systemd-oomd.socket; rm -r /run/systemd/system/kubepods.slice.d; systemctl daemon-reload',
      ),
    deaths: [{ pod: 'systemd-oomd', container: 'main', code: 137, cause: 'userspace-oom', confidence: 'likely', kills: 0 }],
  },
  {
    name: 'oomd',
    truth: 'the pods are under memory pressure, and facebook’s oomd kills the container that is under most',
    needs: { cgroup: 'v2' },
    manifests: [thrashing('oomd')],
    act: (lab) =>
      endedBy(lab, 'oomd', `echo 'DAEMON_OPTS="--interval 1 --config /etc/oomd/oomd.json"' > /etc/default/oomd; echo '${JSON.stringify(OOMD)}' > /etc/oomd/oomd.json; systemctl restart oomd`, 'systemctl stop oomd'),
    deaths: [{ pod: 'oomd', container: 'main', code: 137, cause: 'userspace-oom', confidence: 'likely', kills: 0 }],
  },
  // Audit, once turned on, costs every later process something with each system call: last of all.
  {
    ...audited('audited-kill-9'),
    name: 'audited-kill-9',
    truth: 'somebody on the node sends SIGKILL to PID 1, the audit rules of docs/audit.md are loaded, and journald reads audit',
    needs: { audit: 'journald' },
    act: (lab) => auditedKill(lab, 'audited-kill-9'),
  },
  {
    ...audited('auditd-kill-9'),
    name: 'auditd-kill-9',
    truth: 'somebody on the node sends SIGKILL to PID 1, the audit rules of docs/audit.md are loaded, and auditd alone reads audit',
    needs: { audit: 'auditd' },
    act: (lab) => auditedKill(lab, 'auditd-kill-9'),
    deaths: [{ pod: 'auditd-kill-9', container: 'main', code: 137, cause: 'external-sigkill', confidence: 'likely', kills: 0 }],
  },
];
