import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod/mini';
import { systemClock } from '../../../src/host/clock.ts';
import { openChannel } from '../../../src/sources/grpc/channel.ts';
import { loadProto } from '../../../src/sources/grpc/proto-codec.ts';
import type { Containerd } from './containerd.ts';
import protoText from './cri-run.proto';

const execute = promisify(execFile);
export const TEST_IMAGE = 'why137.test/busybox:1';

export interface PodContainer {
  readonly name: string;
  readonly command: readonly string[];
  readonly memoryLimitBytes?: number;
  readonly restartCount?: number;
}

export interface Pod {
  readonly sandboxId: string;
  readonly uid: string;
  /** Creates and starts a container as kubelet would; gives its id. */
  runContainer(container: PodContainer): Promise<string>;
  /** Stops a container as `crictl stop --timeout` does; resolves when it is stopped. */
  stopContainer(containerId: string, timeoutSeconds: number): Promise<void>;
  stop(): Promise<void>;
}

/** Makes an image of nothing but busybox, which sleeps, and imports it; also the pause image of the test's containerd. */
export async function importTestImage(containerd: Containerd): Promise<void> {
  const directory = join(containerd.directory, 'image');
  mkdirSync(directory, { recursive: true });
  await execute('tar', ['-C', join(containerd.directory, 'rootfs'), '-cf', join(directory, 'layer.tar'), 'bin']);
  const digest = createHash('sha256').update(readFileSync(join(directory, 'layer.tar'))).digest('hex');
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const image = { architecture, os: 'linux', config: { Entrypoint: ['/bin/busybox', 'sleep', '1000000'] }, rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] } };
  writeFileSync(join(directory, 'config.json'), JSON.stringify(image));
  writeFileSync(join(directory, 'manifest.json'), JSON.stringify([{ Config: 'config.json', RepoTags: [TEST_IMAGE], Layers: ['layer.tar'] }]));
  await execute('tar', ['-C', directory, '-cf', join(containerd.directory, 'image.tar'), 'manifest.json', 'config.json', 'layer.tar']);
  await containerd.ctr(['-n', 'k8s.io', 'images', 'import', '--snapshotter', 'native', join(containerd.directory, 'image.tar')]);
}

/** Runs a pod on the node's network through the CRI, with the labels that kubelet gives. */
export async function runPod(containerd: Containerd, name: string, uid: string, namespace = 'default'): Promise<Pod> {
  const codec = await loadProto(protoText);
  const channel = await openChannel(containerd.socket, systemClock);
  const ask = async (method: string, type: string, fields: Record<string, unknown>, reply: string): Promise<unknown> =>
    codec.decode(reply, await channel.unary(`/runtime.v1.RuntimeService/${method}`, codec.encode(type, fields), { timeoutMs: 60_000 }));
  const onNode = { namespaceOptions: { network: 2 } };
  const labels = { 'io.kubernetes.pod.name': name, 'io.kubernetes.pod.namespace': namespace, 'io.kubernetes.pod.uid': uid };
  const logDirectory = join(containerd.directory, 'logs', uid);
  mkdirSync(logDirectory, { recursive: true });
  const config = {
    metadata: { name, uid, namespace, attempt: 0 },
    logDirectory,
    labels,
    linux: { cgroupParent: `/kubepods/burstable/pod${uid}`, securityContext: onNode },
  };
  const ran = await ask('RunPodSandbox', 'RunPodSandboxRequest', { config }, 'RunPodSandboxResponse');
  const { podSandboxId } = z.object({ podSandboxId: z.string() }).parse(ran);
  return {
    sandboxId: podSandboxId,
    uid,
    async runContainer({ name: containerName, command, memoryLimitBytes = 0, restartCount = 0 }) {
      const request = {
        podSandboxId,
        sandboxConfig: config,
        config: {
          metadata: { name: containerName, attempt: restartCount },
          image: { image: TEST_IMAGE },
          command,
          labels: { ...labels, 'io.kubernetes.container.name': containerName },
          annotations: { 'io.kubernetes.container.restartCount': String(restartCount) },
          logPath: `${containerName}-${restartCount}.log`,
          linux: { resources: { memoryLimitInBytes: String(memoryLimitBytes) }, securityContext: onNode },
        },
      };
      const created = await ask('CreateContainer', 'CreateContainerRequest', request, 'CreateContainerResponse');
      const { containerId } = z.object({ containerId: z.string() }).parse(created);
      await ask('StartContainer', 'StartContainerRequest', { containerId }, 'Empty');
      return containerId;
    },
    async stopContainer(containerId, timeoutSeconds) {
      await ask('StopContainer', 'StopContainerRequest', { containerId, timeout: String(timeoutSeconds) }, 'Empty');
    },
    async stop() {
      await ask('StopPodSandbox', 'StopPodSandboxRequest', { podSandboxId }, 'Empty');
      await ask('RemovePodSandbox', 'StopPodSandboxRequest', { podSandboxId }, 'Empty');
      channel.close();
    },
  };
}
