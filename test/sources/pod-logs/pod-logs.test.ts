import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SourceEvent } from '../../../src/model/source-event.ts';
import { containerOfLog } from '../../../src/sources/pod-logs/log-name.ts';
import { podLogsSource } from '../../../src/sources/pod-logs/pod-logs-source.ts';
import { fakeHost } from '../../host/fake-host.ts';

const ID = 'c9'.repeat(32);
/** The file system answers in its own time. */
const PATIENCE = { timeout: 15_000 };
const UID = '27aff94d-e0d9-43d1-84d6-9ab000aa57e2';

describe('the name of a log', () => {
  const target = (pod = 'cart-7d9f'): string => `/var/log/pods/shop_${pod}_${UID}/app/3.log`;

  it('names pod, namespace, container and id; where it points, the uid and the restarts', () => {
    expect(containerOfLog(`cart-7d9f_shop_app-${ID}.log`, target())).toMatchObject({ containerId: ID, podName: 'cart-7d9f', podNamespace: 'shop', containerName: 'app', podUid: UID, restartCount: 3 });
    expect(containerOfLog(`web.example_shop_side-car-${ID}.log`, null)).toMatchObject({ podName: 'web.example', containerName: 'side-car', podUid: null, restartCount: null });
    expect(containerOfLog(`kube-apiserver-node1_kube-system_kube-apiserver-${ID}.log`, `/var/log/pods/kube-system_kube-apiserver-node1_${'0a'.repeat(16)}/kube-apiserver/0.log`)).toMatchObject({ podUid: '0a'.repeat(16) });
  });

  it('that points elsewhere says nothing of the uid', () => {
    expect(containerOfLog(`cart-7d9f_shop_app-${ID}.log`, target('other'))).toMatchObject({ podName: 'cart-7d9f', podUid: null });
  });

  it.each(['syslog', `cart_shop_app-${ID}`, `cart_shop_app-${ID.slice(1)}.log`, `a_b_c_d-${ID}.log`, `../x_shop_app-${ID}.log`, `Cart_shop_app-${ID}.log`])('%s is none', (name) => {
    expect(containerOfLog(name, null)).toBeNull();
  });
});

describe('the source', () => {
  let root: string;
  let dir: string;
  const link = (pod: string, id: string, into = dir): void => {
    symlinkSync(`/var/log/pods/shop_${pod}_${UID}/app/0.log`, join(into, `${pod}_shop_app-${id}.log`));
  };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'w137-pod-logs-'));
    dir = join(root, 'var/log/containers');
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  it('tells whose containers are, and of those that come, once each', async () => {
    mkdirSync(dir, { recursive: true });
    link('first', ID);
    writeFileSync(join(dir, 'README'), '');
    const host = fakeHost(root, () => ({}));
    const events: SourceEvent[] = [];
    const source = podLogsSource({ host });
    await source.start((event) => events.push(event));
    expect(events).toMatchObject([{ type: 'container', container: { podName: 'first', podUid: UID } }, { type: 'up', source: 'pod-logs' }]);
    link('second', 'd7'.repeat(32));
    await vi.waitFor(async () => {
      await host.clock.turn(5_000);
      expect(events.slice(2)).toMatchObject([{ type: 'container', container: { podName: 'second' } }]);
    }, PATIENCE);
    unlinkSync(join(dir, `first_shop_app-${ID}.log`));
    await host.clock.turn(5_000);
    expect(events).toHaveLength(3);
    await source.stop();
  });

  it('is down without the directory, and up when it comes', async () => {
    const host = fakeHost(root, () => ({}));
    const events: SourceEvent[] = [];
    const source = podLogsSource({ host });
    await source.start((event) => events.push(event));
    expect(events).toMatchObject([{ type: 'down', source: 'pod-logs', why: '/var/log/containers does not exist' }]);
    // At one go: a look between would find it empty, and be up before there is a container.
    const made = join(root, 'made');
    mkdirSync(made);
    link('late', ID, made);
    mkdirSync(join(root, 'var/log'), { recursive: true });
    renameSync(made, dir);
    await vi.waitFor(async () => {
      await host.clock.turn(2_000);
      expect(events.slice(1)).toMatchObject([{ type: 'container' }, { type: 'up' }]);
    }, PATIENCE);
    await source.stop();
  });
});
