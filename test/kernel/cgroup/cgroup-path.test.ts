import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCgroupPath } from '../../../src/kernel/cgroup/cgroup-path.ts';
import { levelOf } from '../../../src/kernel/cgroup/level.ts';

const ID = 'a1'.repeat(32);
const OUTER = 'b2'.repeat(32);
const UID = '0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f';
const UNDER = UID.replaceAll('-', '_');
const STATIC = '0123456789abcdef0123456789abcdef';

/** [shape, path, runtime, containerId, podUid] */
const SHAPES: readonly (readonly [string, string, string | null, string | null, string | null])[] = [
  ['cgroupfs, burstable', `/kubepods/burstable/pod${UID}/${ID}`, null, ID, UID],
  ['cgroupfs, besteffort', `/kubepods/besteffort/pod${UID}/${ID}`, null, ID, UID],
  ['cgroupfs, Guaranteed', `/kubepods/pod${UID}/${ID}`, null, ID, UID],
  ['systemd, burstable', `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UNDER}.slice/cri-containerd-${ID}.scope`, 'containerd', ID, UID],
  ['systemd, Guaranteed', `/kubepods.slice/kubepods-pod${UNDER}.slice/cri-containerd-${ID}.scope`, 'containerd', ID, UID],
  ['systemd, docker', `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${UNDER}.slice/docker-${ID}.scope`, 'docker', ID, UID],
  ['static pod', `/kubepods/burstable/pod${STATIC}/${ID}`, null, ID, STATIC],
  ['static pod, systemd', `/kubepods.slice/kubepods-pod${STATIC}.slice/crio-${ID}.scope`, 'cri-o', ID, STATIC],
  ['CRI-O, crun', `/kubepods.slice/kubepods-pod${UNDER}.slice/crio-${ID}.scope/container`, 'cri-o', ID, UID],
  ['CRI-O, cgroupfs', `/kubepods/burstable/pod${UID}/crio-${ID}`, 'cri-o', ID, UID],
  ["CRI-O's monitor", `/kubepods.slice/kubepods-pod${UNDER}.slice/crio-conmon-${ID}.scope`, null, null, UID],
  ["CRI-O's monitor, cgroupfs", `/kubepods/pod${UID}/crio-conmon-${ID}`, null, null, UID],
  ['kind', `/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod${UNDER}.slice/cri-containerd-${ID}.scope`, 'containerd', ID, UID],
  ['kind, docker above', `/docker/${OUTER}/kubelet/kubepods/burstable/pod${UID}/${ID}`, null, ID, UID],
  ['kind, docker scope above', `/system.slice/docker-${OUTER}.scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod${UNDER}.slice/cri-containerd-${ID}.scope`, 'containerd', ID, UID],
  ['cgroup root', `/custom/root/kubepods/burstable/pod${UID}/${ID}`, null, ID, UID],
  ['docker in a pod', `/kubepods/burstable/pod${UID}/${OUTER}/docker/${ID}`, 'docker', ID, UID],
  ['docker in docker', `/docker/${OUTER}/docker/${ID}`, 'docker', ID, null],
  ['docker', `/docker/${ID}`, 'docker', ID, null],
  ['docker, systemd', `/system.slice/docker-${ID}.scope`, 'docker', ID, null],
  ['triple', `/system.slice/containerd.service/kubepods-burstable-pod${UNDER}.slice:cri-containerd:${ID}`, 'containerd', ID, UID],
  ['triple, at the root', `/kubepods-pod${UNDER}.slice:cri-containerd:${ID}`, 'containerd', ID, UID],
  ['podman', `/machine.slice/libpod-${ID}.scope/container`, 'podman', ID, null],
  ['podman, rootless', `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope`, 'podman', ID, null],
  ['podman, rootless, crun', `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope/container`, 'podman', ID, null],
  ['podman, in a pod of its own', `/machine.slice/machine-libpod_pod_${OUTER}.slice/libpod-${ID}.scope`, 'podman', ID, null],
  ['podman, in a pod, cgroupfs', `/libpod_parent/${OUTER}/libpod-${ID}`, 'podman', ID, null],
  ['docker, rootless', `/user.slice/user-1000.slice/user@1000.service/user.slice/docker-${ID}.scope`, 'docker', ID, null],
  ['podman, cgroupfs', `/libpod_parent/libpod-${ID}`, 'podman', ID, null],
  ["podman's monitor", `/machine.slice/libpod-conmon-${ID}.scope`, null, null, null],
  ['ctr', '/k8s.io/my-app', 'containerd', 'my-app', null],
  ['ctr, default', '/default/my-app', 'containerd', 'my-app', null],
  ["ECS's task", `/ecs/${STATIC}/${ID}`, null, ID, null],
  ['a parent of its own', `/my-group/${ID}`, null, ID, null],
  ['relative, the container alone', `/../${ID}`, null, ID, null],
  ['a hash inside a container', `/kubepods/pod${UID}/${ID}/${OUTER}`, null, ID, UID],
  ["kata's virtual machine", `/kubepods/pod${UID}/kata_${ID}`, null, ID, UID],
  ["kata's overhead", `/kata_overhead/${ID}`, null, null, null],
  ['nested', `/kubepods/pod${UID}/${ID}/init.scope`, null, ID, UID],
  ['nested as ctr would', `/kubepods/pod${UID}/${ID}/default/evil`, null, ID, UID],
  ['relative to another mount', `/pod${UID}/${ID}`, null, ID, UID],
  ['relative, above', `/../pod${UID}/${ID}`, null, ID, UID],
  ['a service', '/system.slice/ssh.service', null, null, null],
  ['the pod alone', `/kubepods/burstable/pod${UID}`, null, null, UID],
  ['the root', '/', null, null, null],
  ['nothing', '', null, null, null],
  ['not docker', '/docker/buildkit', null, null, null],
  ['a prototype', '/__proto__/constructor', null, null, null],
];

describe('readCgroupPath', () => {
  it.each(SHAPES)('%s', (_, path, runtime, containerId, podUid) => {
    expect(readCgroupPath(path)).toMatchObject({ runtime, containerId, podUid });
  });

  it('takes anything', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.constantFrom('kubepods', `pod${UID}`, ID, 'docker', ':', '..', 'a:b:c', '.scope', ''), { maxLength: 8 }), (text, parts) => {
        const read = readCgroupPath(`${parts.join('/')}/${text}`);
        expect(read.containerAt >= 0).toBe(read.containerId !== null);
        expect(read.podAt >= 0 || read.containerAt >= 0 || read.podUid === null).toBe(true);
      }),
    );
  });
});

describe('levelOf', () => {
  const pod = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UNDER}.slice`;
  const own = `${pod}/cri-containerd-${ID}.scope`;
  it.each([
    ['container', own, own],
    ['container', own, `${own}/child`],
    ['nested', `${own}/child`, `${own}/child/deeper`],
    ['pod', pod, own],
    ['qos', '/kubepods.slice/kubepods-burstable.slice', own],
    ['qos', '/kubepods/besteffort', `/kubepods/besteffort/pod${UID}/${ID}`],
    ['qos', '/kubelet/kubepods/burstable', `/kubelet/kubepods/burstable/pod${UID}/${ID}`],
    ['qos', '/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice', own],
    ['kubepods', '/kubepods.slice', own],
    ['kubepods', '/kubelet.slice/kubelet-kubepods.slice', own],
    ['other', '/kubelet.slice', own],
    ['other', '/', own],
    ['other', '/burstable', `/burstable/x`],
    ['other', '/system.slice/ssh.service', '/system.slice/ssh.service'],
  ] as const)('%s: the limit of %s', (level, limit, victim) => {
    expect(levelOf('memcg', limit, victim)).toBe(level);
  });

  it('is the node for a global kill, and unknown without the limit', () => {
    expect(levelOf('global', null, own)).toBe('node');
    expect(levelOf('memcg', null, own)).toBeNull();
    expect(levelOf('cpuset', null, own)).toBeNull();
  });
});
