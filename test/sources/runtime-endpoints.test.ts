import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Why137Error } from '../../src/lib/errors.ts';
import { USUAL_ENDPOINTS, findEndpoints, parseEndpoint, resolveEndpoints } from '../../src/sources/runtime-endpoints.ts';
import { testHost } from './grpc/events.ts';

describe('parseEndpoint', () => {
  test.each([
    ['unix:///run/containerd/containerd.sock', '/run/containerd/containerd.sock', 'containerd'],
    ['unix:/run/crio/crio.sock', '/run/crio/crio.sock', 'cri'],
    ['unix:///var/run/crio/crio.sock', '/run/crio/crio.sock', 'cri'],
    ['/opt/my/cri-dockerd.sock', '/opt/my/cri-dockerd.sock', 'cri'],
    ['unix:///var/run/docker.sock', '/run/docker.sock', 'docker'],
    ['unix:///run/user/1000/podman/podman.sock', '/run/user/1000/podman/podman.sock', 'docker'],
    ['unix:///run/docker/containerd/containerd.sock', '/run/docker/containerd/containerd.sock', 'containerd'],
    [' /opt/my/c.sock ', '/opt/my/c.sock', 'containerd'],
  ])('%s', (value, socket, kind) => {
    expect(parseEndpoint(value)).toEqual({ socket, kind });
  });

  test.each(['', 'tcp://127.0.0.1:1', 'unix://', 'unix://run/x.sock', 'run/x.sock', '/run/', 'unix:///a\0b'])('%j is refused by name', (value) => {
    expect(() => parseEndpoint(value)).toThrow(Why137Error);
    expect(() => parseEndpoint(value)).toThrow('--runtime-endpoint');
  });

  test('gives an absolute path or refuses, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        try {
          expect(parseEndpoint(value).socket).toMatch(/^\//);
        } catch (error) {
          expect(error).toBeInstanceOf(Why137Error);
        }
      }),
    );
  });
});

describe('which endpoints are used', () => {
  test('those that exist, in the order of the list', async () => {
    const there = new Set(['/run/crio/crio.sock', '/run/k3s/containerd/containerd.sock']);
    const found = await findEndpoints((socket) => Promise.resolve(there.has(socket) ? socket : null));
    expect(found.map(({ socket }) => socket)).toEqual(['/run/k3s/containerd/containerd.sock', '/run/crio/crio.sock']);
  });

  test("users' own, and a link to another's only once", async () => {
    const real: Record<string, string> = { '/run/docker.sock': '/run/podman/podman.sock', '/run/podman/podman.sock': '/run/podman/podman.sock', '/run/user/1000/docker.sock': '/run/user/1000/docker.sock' };
    const found = await findEndpoints((socket) => Promise.resolve(real[socket] ?? null), ['1000', '1001']);
    expect(found).toEqual([{ socket: '/run/docker.sock', kind: 'docker' }, { socket: '/run/user/1000/docker.sock', kind: 'docker' }]);
  });

  test('every usual place is a socket path that parses to itself', () => {
    for (const endpoint of USUAL_ENDPOINTS) expect(parseEndpoint(`unix://${endpoint.socket}`)).toEqual(endpoint);
  });

  test('none, given ones, and both at once', async () => {
    await expect(resolveEndpoints(['none'], testHost)).resolves.toEqual([]);
    await expect(resolveEndpoints(['/x/a.sock'], testHost)).resolves.toEqual([{ socket: '/x/a.sock', kind: 'containerd' }]);
    await expect(resolveEndpoints(['none', '/x/a.sock'], testHost)).rejects.toThrow('none cannot be given together');
    await expect(resolveEndpoints([], { ...testHost, path: (path) => `/nowhere${path}` })).resolves.toEqual([]);
  });
});
