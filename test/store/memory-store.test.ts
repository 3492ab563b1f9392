import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../src/lib/time.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { createMemoryStore } from '../../src/store/memory-store.ts';
import type { Store, StoreEvent, VerdictQuery } from '../../src/store/store.ts';
import { at, oomKill, T0, verdict } from './samples.ts';

const ids = (items: readonly { readonly id: string }[]): string[] => items.map((item) => item.id);
const exitAt = (id: string, seconds: number): Verdict => verdict(id, { exit: { finishedAt: at(seconds) } });

function allPages(store: Store, query: VerdictQuery, between: (page: number) => void = () => undefined): string[] {
  const seen: string[] = [];
  let cursor: string | undefined;
  for (let n = 0; ; n += 1) {
    const page = store.verdicts({ ...query, cursor });
    seen.push(...ids(page.items));
    if (page.next === null) return seen;
    cursor = page.next;
    between(n);
  }
}

describe('order and paging', () => {
  it('lists the newest exit first, whatever the order of arrival', () => {
    const store = createMemoryStore();
    for (const [id, s] of [['b', 2], ['d', 4], ['a', 1], ['c', 3]] as const) store.putVerdict(exitAt(id, s));
    expect(ids(store.verdicts({}).items)).toEqual(['d', 'c', 'b', 'a']);
  });

  it('gives every item that was there once, while new ones arrive between the pages', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 30 }),
        fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 30 }),
        fc.integer({ min: 1, max: 7 }),
        (before, during, limit) => {
          const store = createMemoryStore();
          before.forEach((s, i) => {
            store.putVerdict(exitAt(`old${i}`, s));
          });
          const expected = ids(store.verdicts({ limit: 1_000 }).items);
          const seen = allPages(store, { limit }, (n) => {
            const s = during[n];
            if (s !== undefined) store.putVerdict(exitAt(`new${n}`, s));
          });
          expect(seen.filter((id) => id.startsWith('old'))).toEqual(expected);
          expect(new Set(seen).size).toBe(seen.length);
        },
      ),
    );
  });

  it('goes on after the cursor when its item had to make room', () => {
    const store = createMemoryStore({ maxVerdicts: 3 });
    for (const [id, s] of [['a', 1], ['b', 2], ['c', 3]] as const) store.putVerdict(exitAt(id, s));
    const first = store.verdicts({ limit: 2 });
    expect(ids(first.items)).toEqual(['c', 'b']);
    for (const [id, s] of [['d', 4], ['e', 5]] as const) store.putVerdict(exitAt(id, s));
    expect(store.verdicts({ limit: 2, cursor: first.next ?? '' })).toEqual({ items: [], next: null });
  });

  it('gives no cursor when the page ends with the last item that matches', () => {
    const store = createMemoryStore();
    store.putVerdict(exitAt('a', 1));
    store.putVerdict(exitAt('b', 2));
    expect(store.verdicts({ limit: 2 }).next).toBeNull();
  });

  it('refuses a cursor that it did not give, saying what is allowed', () => {
    expect(() => createMemoryStore().verdicts({ cursor: 'zzz' })).toThrow(/cursor.*"zzz".*`next` of the page before/);
  });
});

describe('bounds and revisions', () => {
  it('lets the oldest make room', () => {
    const store = createMemoryStore({ maxVerdicts: 2 });
    for (const [id, s] of [['b', 2], ['c', 3], ['a', 1]] as const) store.putVerdict(exitAt(id, s));
    expect(ids(store.verdicts({}).items)).toEqual(['c', 'b']);
    expect(store.verdict('a')).toBeNull();
    expect(store.counts().verdicts).toEqual({ held: 2, evicted: 1 });
  });

  it('is bounded by bytes too, whatever one item takes', () => {
    const store = createMemoryStore({ maxBytes: 50_000 });
    const raw = ['x'.repeat(15_000)];
    for (let n = 0; n < 10; n += 1) store.putOomKill(oomKill(`k${n}`, { time: at(n), raw }));
    expect(ids(store.oomKills({}).items)).toEqual(['k9', 'k8', 'k7']);
    store.putOomKill(oomKill('k9', { time: at(9), raw: ['x'.repeat(100_000)] }));
    expect(ids(store.oomKills({}).items)).toEqual(['k9']);
    store.putOomKill(oomKill('k9', { time: at(9) }));
    store.putOomKill(oomKill('k10', { time: at(10), raw }));
    expect(ids(store.oomKills({}).items)).toEqual(['k10', 'k9']);
  });

  it('replaces a verdict by its later revision and ignores an earlier one', () => {
    const store = createMemoryStore();
    store.putVerdict(verdict('a', { revision: 2, cause: 'node-oom' }));
    store.putVerdict(verdict('a', { revision: 1, cause: 'unknown' }));
    expect(store.verdicts({}).items.map((v) => v.cause)).toEqual(['node-oom']);
    store.putVerdict(verdict('a', { revision: 3, cause: 'pod-limit-oom' }));
    expect(store.verdicts({}).items.map((v) => v.cause)).toEqual(['pod-limit-oom']);
  });

  it('keeps a kill whose time is unknown, outside every interval', () => {
    const store = createMemoryStore();
    store.putOomKill(oomKill('k1', { time: null }));
    expect(ids(store.oomKills({}).items)).toEqual(['k1']);
    expect(store.oomKills({ since: 0 }).items).toEqual([]);
    store.putOomKill(oomKill('k1', { time: at(0) }));
    expect(ids(store.oomKills({ since: T0 }).items)).toEqual(['k1']);
  });
});

describe('queries', () => {
  const store = createMemoryStore();
  store.putVerdict(exitAt('a', 0));
  store.putVerdict(verdict('b', { exit: { code: 1, finishedAt: at(60) }, cause: 'program', family: 'program' }));
  store.putVerdict(verdict('c', { container: { podNamespace: 'pay', podName: 'ledger-0' }, exit: { finishedAt: at(120) } }));

  it.each<[string, VerdictQuery, string[]]>([
    ['code', { code: 1 }, ['b']],
    ['cause', { cause: 'container-limit-oom' }, ['c', 'a']],
    ['family', { family: 'program' }, ['b']],
    ['namespace', { namespace: 'pay' }, ['c']],
    ['pod', { pod: 'cart-7d9f' }, ['b', 'a']],
    ['container name', { container: 'app' }, ['c', 'b', 'a']],
    ['container id', { container: 'ac0ffee' }, ['a']],
    ['since, inclusive', { since: T0 + MINUTE }, ['c', 'b']],
    ['until, exclusive', { until: T0 + MINUTE }, ['a']],
    ['several at once', { namespace: 'shop', code: 137 }, ['a']],
  ])('by %s', (_name, query, expected) => {
    expect(ids(store.verdicts(query).items)).toEqual(expected);
  });

  it('finds kills by scope, level, container and pod', () => {
    const kills = createMemoryStore();
    kills.putOomKill(oomKill('k1'));
    kills.putOomKill(oomKill('k2', { scope: 'global', level: 'node', containerId: null, podUid: null, time: at(1) }));
    expect(ids(kills.oomKills({ scope: 'global' }).items)).toEqual(['k2']);
    expect(ids(kills.oomKills({ level: 'container' }).items)).toEqual(['k1']);
    expect(ids(kills.oomKills({ container: 'c1c0' }).items)).toEqual(['k1']);
    expect(ids(kills.oomKills({ pod: '8f1c6a52-5f5e-4c0e-9d55-6a2a0a3f7b11' }).items)).toEqual(['k1']);
    expect(kills.oomKill('k2')?.level).toBe('node');
    expect(kills.oomKill('k3')).toBeNull();
  });
});

describe('naming one container', () => {
  const store = createMemoryStore();
  const put = (id: string, containerId: string, seconds: number, more = {}): void => {
    store.putVerdict(verdict(id, { container: { containerId, ...more }, exit: { finishedAt: at(seconds) } }));
  };
  put('v1', 'aaa111', 1);
  put('v2', 'aaa222', 2);
  put('v3', 'aaa222', 3, { containerName: 'sidecar' });
  put('v4', 'bbb', 4, { podNamespace: 'pay' });
  put('v5', 'bbb444', 5, { podName: 'other', podNamespace: 'pay' });

  const idOf = (given: string): string | null => {
    const found = store.verdict(given);
    return found === null || found === 'ambiguous' ? found : found.id;
  };
  const explained = (target: string): string[] | string => {
    const found = store.explain(target);
    return found === 'ambiguous' ? found : ids(found);
  };

  it('finds by id, container id and unique prefix, the newest exit of a container first', () => {
    expect(idOf('v1')).toBe('v1');
    expect(idOf('aaa222')).toBe('v3');
    expect(idOf('aaa1')).toBe('v1');
    expect(idOf('aaa2')).toBe('v3');
    expect(idOf('containerd://aaa1')).toBe('v1');
  });
  it('prefers an exact container id to a prefix of another', () => {
    expect(idOf('bbb')).toBe('v4');
  });
  it('says when a prefix fits several containers, and when nothing is known', () => {
    expect(idOf('aaa')).toBe('ambiguous');
    expect(explained('aaa')).toBe('ambiguous');
    expect(idOf('ccc')).toBeNull();
    expect(idOf('')).toBeNull();
  });
  it('explains pods and containers of pods', () => {
    expect(explained('shop/cart-7d9f')).toEqual(['v3', 'v2', 'v1']);
    expect(explained('shop/cart-7d9f/app')).toEqual(['v2', 'v1']);
    expect(explained('cart-7d9f')).toEqual(['v4', 'v3', 'v2', 'v1']);
    expect(explained('other')).toEqual(['v5']);
    expect(explained('aaa2')).toEqual(['v3', 'v2']);
    expect(explained('shop/nothing')).toEqual([]);
    expect(explained('a/b/c/d')).toEqual([]);
  });
});

describe('changes', () => {
  it('tells every listener, numbered, until it unsubscribes', () => {
    const store = createMemoryStore({ firstEventId: 1_000 });
    const heard: StoreEvent[] = [];
    const stop = store.onChange((event) => heard.push(event));
    store.putVerdict(verdict('a'));
    store.putOomKill(oomKill('k1'));
    stop();
    store.putVerdict(verdict('b'));
    expect(heard.map(({ id, type }) => [id, type])).toEqual([[1_000, 'verdict'], [1_001, 'oom-kill']]);
  });

  it('hands over what came after an event, and says when some of it is gone', () => {
    const store = createMemoryStore({ maxEvents: 3, firstEventId: 100 });
    expect(store.eventsAfter(99)).toEqual({ events: [], complete: true });
    for (const id of ['a', 'b', 'c', 'd', 'e']) store.putVerdict(verdict(id));
    const after = (id: number) => {
      const { events, complete } = store.eventsAfter(id);
      return [events.map((event) => event.data.id).join(''), complete];
    };
    expect(after(104)).toEqual(['', true]);
    expect(after(103)).toEqual(['e', true]);
    expect(after(101)).toEqual(['cde', true]);
    expect(after(100)).toEqual(['cde', false]);
    expect(after(5)).toEqual(['cde', false]);
    expect(after(7_000)).toEqual(['cde', false]);
  });
});
