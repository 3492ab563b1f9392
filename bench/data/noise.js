/** What a busy node logs besides: lines of many daemons, of lengths from 40 to 400 bytes. */
const LINES = [
  (r) => `kubelet[1204]: I1123 17:${two(r)}:${two(r)}.${r.below(1_000_000)}    1204 pod_startup_latency_tracker.go:102] "Observed pod startup duration" pod="${ns(r)}/${pod(r)}" podStartSLOduration=${r.below(90)}.${r.below(1_000)} firstStartedPulling="0001-01-01 00:00:00 +0000 UTC"`,
  (r) => `kubelet[1204]: I1123 17:${two(r)}:${two(r)}.${r.below(1_000_000)}    1204 kubelet.go:2421] "SyncLoop (PLEG): event for pod" pod="${ns(r)}/${pod(r)}" event={"ID":"${r.hex(8)}-${r.hex(4)}-${r.hex(4)}","Type":"ContainerDied","Data":"${r.hex(64)}"}`,
  (r) => `kubelet[1204]: E1123 17:${two(r)}:${two(r)}.${r.below(1_000_000)}    1204 pod_workers.go:1298] "Error syncing pod, skipping" err="failed to \\"StartContainer\\" for \\"app\\" with CrashLoopBackOff: \\"back-off 5m0s restarting failed container=app pod=${pod(r)}_${ns(r)}\\"" pod="${ns(r)}/${pod(r)}"`,
  (r) => `containerd[871]: time="2026-11-23T17:${two(r)}:${two(r)}.${r.below(1_000_000_000)}Z" level=info msg="StopContainer for \\"${r.hex(64)}\\" with timeout 30 (s)"`,
  (r) => `containerd[871]: time="2026-11-23T17:${two(r)}:${two(r)}.${r.below(1_000_000_000)}Z" level=info msg="shim disconnected" id=${r.hex(64)} namespace=k8s.io`,
  (r) => `nginx: 10.${r.below(256)}.${r.below(256)}.${r.below(256)} - - [23/Nov/2026:17:${two(r)}:${two(r)} +0000] "GET /api/v1/items/${r.below(90_000)}?page=${r.below(90)} HTTP/1.1" ${r.of([200, 200, 200, 304, 404, 502])} ${r.below(90_000)} "-" "Mozilla/5.0 (X11; Linux x86_64)" ${r.below(9)}.${r.below(1_000)}`,
  (r) => `sshd[${r.below(90_000)}]: Failed password for invalid user ${r.of(['admin', 'oracle', 'test', 'ubuntu'])} from 192.0.2.${r.below(256)} port ${r.below(65_536)} ssh2`,
  (r) => `sshd[${r.below(90_000)}]: pam_unix(sshd:session): session opened for user root(uid=0) by (uid=0)`,
  (r) => `systemd[1]: Started run-${r.hex(8)}.scope - libcontainer container ${r.hex(64)}.`,
  (r) => `systemd[1]: cri-containerd-${r.hex(64)}.scope: Deactivated successfully.`,
  (r) => `systemd[1]: cri-containerd-${r.hex(64)}.scope: Consumed ${r.below(90)}.${r.below(1_000)}s CPU time.`,
  (r) => `CRON[${r.below(90_000)}]: (root) CMD (   cd / && run-parts --report /etc/cron.hourly)`,
  (r) => `dhclient[612]: DHCPREQUEST for 10.0.${r.below(256)}.${r.below(256)} on eth0 to 10.0.0.1 port 67`,
  (r) => `dockerd[933]: time="2026-11-23T17:${two(r)}:${two(r)}Z" level=info msg="ignoring event" container=${r.hex(64)} module=libcontainerd namespace=moby topic=/tasks/delete type="*events.TaskDelete"`,
  (r) => `app[${r.below(90_000)}]: {"level":"info","ts":${1_795_455_805 + r.below(90_000)}.${r.below(1_000)},"caller":"server/handler.go:${r.below(900)}","msg":"request served","path":"/v1/orders/${r.hex(8)}","status":200,"durationMs":${r.below(900)},"user":"${r.hex(16)}"}`,
  (r) => `app[${r.below(90_000)}]: WARN  [pool-${r.below(9)}-thread-${r.below(90)}] c.example.orders.OrderService - Retry ${r.below(5)} of 5 for order ${r.hex(12)}: connection reset by peer`,
  (r) => `kernel: ${kernelNoise(r)}`,
  (r) => `kernel: [${r.below(900_000)}.${r.below(1_000_000)}] ${kernelNoise(r)}`,
];

/** Seldom ones that speak of kills and are none: a reader that believes every tag would count them. */
const DECOYS = [
  (r) => `systemd[1]: cri-containerd-${r.hex(64)}.scope: A process of this unit has been killed by the OOM killer.`,
  (r) => `kubelet[1204]: I1123 17:${two(r)}:${two(r)}.${r.below(1_000_000)}    1204 event.go:307] "Event occurred" kind="Node" reason="SystemOOM" message="System OOM encountered, victim process: java, pid: ${r.below(90_000)}"`,
  (r) => `app[${r.below(90_000)}]: supervisor: Killed process ${r.below(90_000)} after it did not answer for 30s`,
];

const KERNEL = [
  (r) => `IPVS: rr: TCP 10.96.${r.below(256)}.${r.below(256)}:443 - no destination available`,
  (r) => `cni0: port ${r.below(250)}(veth${r.hex(8)}) entered ${r.of(['blocking', 'forwarding', 'disabled'])} state`,
  (r) => `device veth${r.hex(8)} entered promiscuous mode`,
  (r) => `TCP: request_sock_TCP: Possible SYN flooding on port ${r.below(65_536)}. Sending cookies.  Check SNMP counters.`,
  (r) => `audit: type=1400 audit(${1_795_455_805 + r.below(90_000)}.${r.below(1_000)}:${r.below(90_000)}): apparmor="DENIED" operation="open" profile="cri-containerd.apparmor.d" name="/proc/sys/${r.hex(6)}" pid=${r.below(90_000)} comm="sh"`,
  (r) => `[UFW BLOCK] IN=eth0 OUT= MAC=${r.hex(12)} SRC=192.0.2.${r.below(256)} DST=10.0.0.${r.below(256)} LEN=40 TOS=0x00 PREC=0x00 TTL=${r.below(250)} ID=${r.below(65_536)} PROTO=TCP SPT=${r.below(65_536)} DPT=23 WINDOW=1024 RES=0x00 SYN URGP=0`,
  (r) => `eth0: renamed from veth${r.hex(8)}`,
  (r) => `EXT4-fs (dm-${r.below(30)}): mounted filesystem with ordered data mode. Opts: (null)`,
  (r) => `${r.of(['java', 'node', 'php-fpm'])}[${r.below(90_000)}]: segfault at ${r.hex(8)} ip 0000${r.hex(12)} sp 0000${r.hex(12)} error 4 in libc.so.6[${r.hex(12)}+195000]`,
  (r) => `overlayfs: upperdir is in-use as upperdir/workdir of another mount, accessing files from both mounts will result in undefined behavior.`,
  (r) => `INFO: task kworker/u${r.below(64)}:${r.below(9)}:${r.below(90_000)} blocked for more than 120 seconds.`,
  (r) => `usb 1-${r.below(9)}: new high-speed USB device number ${r.below(90)} using xhci_hcd`,
];

const two = (r) => String(r.below(60)).padStart(2, '0');
const ns = (r) => r.of(['default', 'kube-system', 'monitoring', 'shop', 'ingress-nginx']);
const pod = (r) => `${r.of(['web', 'orders', 'cart', 'prometheus', 'coredns'])}-${r.hex(10)}-${r.hex(5)}`;

/** A line of another subsystem of the kernel. */
export function kernelNoise(rng) {
  return rng.of(KERNEL)(rng);
}

/** `tag: text` of any daemon. */
export function syslogNoise(rng) {
  return rng.below(5_000) === 0 ? rng.of(DECOYS)(rng) : rng.of(LINES)(rng);
}
