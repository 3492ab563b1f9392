import { pod } from '../support/manifest.ts';
import type { Scenario } from '../support/scenario.ts';

/** Deaths by other programs of the node. */
export const userspace: readonly Scenario[] = [
  {
    name: 'audited-kill-9',
    truth: 'somebody on the node sends SIGKILL to PID 1, and the audit rule of docs/audit.md is loaded',
    manifests: [pod('audited-kill-9', [{ run: 'exec sleep 100000', limit: '64Mi' }])],
    async act(lab) {
      const pid = await lab.initPid('audited-kill-9');
      await lab.guest.sh('systemctl start auditd; auditctl -D; auditctl -a always,exit -F arch=b64 -S kill -F a1=9 -k why137; auditctl -a always,exit -F arch=b64 -S tgkill -F a2=9 -k why137');
      await lab.guest.sh(`/usr/bin/kill -9 ${pid}`);
      await lab.ended('audited-kill-9');
      await lab.guest.sh('auditctl -D');
    },
    deaths: [{ pod: 'audited-kill-9', container: 'main', code: 137, cause: 'external-sigkill', confidence: 'certain', kills: 0 }],
  },
  {
    name: 'earlyoom',
    truth: 'earlyoom sees the node short of memory and kills the pod’s process',
    manifests: [pod('earlyoom', [{ run: 'exec eat 150' }])],
    async act(lab) {
      await lab.running('earlyoom');
      await lab.guest.sh("printf 'EARLYOOM_ARGS=\"-m 20,15 -r 0 --prefer ^eat$\"\\n' > /etc/default/earlyoom; systemctl restart earlyoom");
      await lab.hog(Math.floor((await lab.availableMib()) - 0.12 * 2900));
      await lab.ended('earlyoom');
      await lab.guest.sh('systemctl stop earlyoom');
    },
    deaths: [{ pod: 'earlyoom', container: 'main', code: 137, cause: 'userspace-oom', confidence: 'likely', kills: 0 }],
  },
  {
    name: 'systemd-oomd',
    truth: 'the pod’s cgroup is under memory pressure, and systemd-oomd kills it',
    cgroup: 'v2',
    manifests: [pod('systemd-oomd', [{ run: 'dd if=/dev/zero of=/tmp/file bs=1M count=60; while :; do cat /tmp/file /bin/busybox > /dev/null; done', limit: '24Mi' }])],
    async act(lab) {
      await lab.running('systemd-oomd');
      await lab.guest.sh(
        [
          'mkdir -p /etc/systemd/oomd.conf.d /run/systemd/system/kubepods.slice.d',
          "printf '[OOM]\\nDefaultMemoryPressureDurationSec=2s\\nDefaultMemoryPressureLimit=5%%\\n' > /etc/systemd/oomd.conf.d/lab.conf",
          "printf '[Slice]\\nManagedOOMMemoryPressure=kill\\nManagedOOMMemoryPressureLimit=5%%\\n' > /run/systemd/system/kubepods.slice.d/oomd.conf",
          'systemctl daemon-reload; systemctl unmask systemd-oomd.socket; systemctl restart systemd-oomd',
        ].join('; '),
      );
      await lab.ended('systemd-oomd');
      await lab.guest.sh('systemctl stop systemd-oomd systemd-oomd.socket; rm -r /run/systemd/system/kubepods.slice.d; systemctl daemon-reload');
    },
    deaths: [{ pod: 'systemd-oomd', container: 'main', code: 137, cause: 'userspace-oom', confidence: 'likely', kills: 0 }],
  },
];
