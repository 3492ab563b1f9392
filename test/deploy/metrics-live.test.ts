import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { METRICS } from '../../src/outputs/metrics/table.ts';
import { nodeThatDied, type NodeThatDied } from './support/node-that-died.ts';
import { named, run, without } from './support/tools.ts';

const noPromtool = without('promtool', 'prometheus');
let node: NodeThatDied | undefined;
let scraped = '';

beforeAll(async () => {
  node = await nodeThatDied();
  scraped = (await node.agent.get('/metrics')).body;
}, 90_000);

afterAll(async () => {
  await node?.stop();
});

describe('a scrape of a real agent', () => {
  it.skipIf(noPromtool !== null)(named('is clean to promtool check metrics', noPromtool), () => {
    expect(run('promtool', ['check', 'metrics'], scraped)).toBe('');
  });

  it('counts what died, by cause and namespace, and by pod and container where asked to', () => {
    const of = (name: string, label: string): string[] => scraped.split('\n').filter((line) => line.startsWith(`${name}{`) && line.includes(label));
    expect(of('why137_container_exits_total', 'cause="node-oom",family="node-wide",namespace="default"')).toEqual([
      'why137_container_exits_total{cause="node-oom",family="node-wide",namespace="default",code="137",confidence="likely"} 1',
    ]);
    expect(of('why137_pod_container_exits_total', 'pod="app-63"')).toEqual(['why137_pod_container_exits_total{namespace="default",pod="app-63",container="main",cause="node-oom"} 1']);
    expect(of('why137_pod_container_exits_total', 'pod=').length).toBeGreaterThanOrEqual(10);
    expect(Number(of('why137_oom_kills_total', 'scope="global",level="node"')[0]?.split(' ')[1])).toBeGreaterThan(0);
  });

  it('has every metric of the table', () => {
    for (const { name } of Object.values(METRICS)) expect(scraped).toContain(`# TYPE ${name} `);
  });

  it('has few series', () => {
    const series = scraped.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(series.length).toBeLessThan(200);
  });
});
