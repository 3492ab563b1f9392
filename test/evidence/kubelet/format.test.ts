import { describe, expect, it } from 'vitest';
import { kubelet } from '../../../src/evidence/kubelet/kubelet.ts';
import { SECOND } from '../../../src/lib/time.ts';
import { T0 } from '../../correlate/node.ts';
import { at, hear, ID, json, say, STARTED, UID, type Line } from './lines.ts';

const KILLING = { pod: { name: 'cart-7d9f', namespace: 'shop' }, podUID: UID, containerName: 'app', containerID: `containerd://${ID}`, gracePeriod: 30 };
const killing = (afterS = 0): Line => json(T0 + afterS * SECOND, 'Killing container with a grace period', KILLING);
const text = (afterS: number, words = `Liveness probe for "other_shop(${UID}):app" failed (failure): no`, fields?: Line['fields']): Line => ({ text: at('prober.go:117') + words, timeUs: T0 + afterS * SECOND, ...(fields && { fields }) });
const of = (line: Line, fields: Readonly<Record<string, string>>): Line => ({ ...line, fields });
const said = (...lines: readonly Line[]): readonly string[] => say(...lines).map(({ kind }) => kind).filter((kind) => kind !== 'probe-failed');

describe('a line of JSON', () => {
  it('is proven to be kubelet’s where it logs JSON', () => {
    expect(say(STARTED, killing())).toMatchObject([{ kind: 'stop-request' }]);
    expect(say(STARTED, killing())[0]).not.toHaveProperty('trust');
  });

  it('as the first that is seen is nobody’s, and counted', () => {
    expect(hear(killing())).toEqual({ said: [], drops: ['not-a-witness'] });
    expect(hear(killing(), killing(4.9))).toEqual({ said: [], drops: ['not-a-witness', 'not-a-witness'] });
    expect(said(killing(), killing(5))).toEqual(['stop-request']);
  });

  it('that tells nothing is counted as such', () => {
    expect(hear(STARTED, json(T0, 'Generic (PLEG): container started'))).toEqual({ said: [], drops: ['no-fact', 'no-fact'] });
  });

  it('behind a header of text is what a container printed', () => {
    expect(hear(STARTED, text(-0.001), killing()).drops).toEqual(['no-fact', 'not-a-witness']);
    expect(said(STARTED, text(-4.9), killing())).toEqual([]);
  });

  it('counts when the first moments are over, in which a kubelet that logs JSON may print text', () => {
    const flags = '"--pod-infra-container-image will not be pruned by the image garbage collector in kubelet"';
    expect(said(text(-6, flags), json(T0 - 5.9 * SECOND, 'Started kubelet'), killing())).toEqual(['stop-request']);
    expect(said(json(T0 - 9 * SECOND, 'Started kubelet'), text(-4.9, flags), killing())).toEqual([]);
  });

  it('counts never more when text came later than that', () => {
    expect(said(text(-600), text(-300), killing())).toEqual([]);
    expect(said(json(T0 - 600 * SECOND, 'x'), text(-300), killing())).toEqual([]);
  });

  it('whatever pid the header gives: in a kubelet that logs JSON nobody can print one', () => {
    expect(said(STARTED, { ...text(-1), fields: { _PID: '7' } }, of(STARTED, { _PID: '7' }), of(killing(), { _PID: '7' }))).toEqual([]);
  });

  it('is judged by its own process', () => {
    const other = { _PID: '99' };
    expect(said(text(-600), text(-300), of(STARTED, other), text(-0.1), of(killing(), other))).toEqual(['stop-request']);
    // The same pid after a reboot.
    const [before, after] = [{ _PID: '2480', _BOOT_ID: 'a' }, { _PID: '2480', _BOOT_ID: 'b' }];
    expect(said(of(text(-600), before), of(text(-300), before), of(STARTED, after), of(killing(), after))).toEqual(['stop-request']);
  });

  it('in a file, where nothing tells the process, by what came before in it', () => {
    const inFile = (line: Line): Line => of(line, {});
    expect(said(...[STARTED, killing()].map(inFile))).toEqual(['stop-request']);
    expect(said(...[STARTED, text(-0.1), killing()].map(inFile))).toEqual([]);
    expect(said(...[text(-600), text(-300), killing()].map(inFile))).toEqual([]);
    // kubelet was restarted, with another way of logging.
    const restarted = { ...text(-100), text: text(-100).text.replace('2480', '2999') };
    expect(said(...[text(-600), text(-300), restarted, killing()].map(inFile))).toEqual(['stop-request']);
    // Its own times are all there is.
    const bare = (line: Line): Line => ({ ...line, timeUs: null, fields: {} });
    expect(said(...[STARTED, killing()].map(bare))).toEqual(['stop-request']);
  });

  it('of one of many processes: a few are remembered', () => {
    const many = Array.from({ length: 40 }, (_, index) => of(STARTED, { _PID: String(index) }));
    expect(said(...many, of(killing(), { _PID: '39' }))).toEqual(['stop-request']);
    expect(said(...many, of(killing(), { _PID: '0' }))).toEqual([]);
  });

  it('that is not kubelet’s says nothing of evictions either', () => {
    const ranked = json(T0 - 0.1 * SECOND, 'Eviction manager: pods ranked for eviction', { pods: [{ name: 'cart-7d9f', namespace: 'shop' }] });
    const own = `${at('x.go:1')}"Killing container with a grace period" pod="shop/cart-7d9f" podUID="${UID}" containerName="app" containerID="containerd://${ID}" gracePeriod=1`;
    expect(say(text(-0.2), ranked, own).map(({ kind }) => kind)).toEqual(['probe-failed', 'stop-request']);
  });

  it.each([
    ['a container that cannot be started, 1.19 to 1.30', 'E1123 17:43:25.000000    2480 kuberuntime_manager.go:862] container &Container{Name:app,Image:x,Command:[sh -c'],
    ['an init container', 'E1123 17:43:25.000000    2480 kuberuntime_manager.go:862] init container &Container{Name:app,Image:x,Command:[sh -c'],
    ['a hook', 'I1123 17:43:25.000000    2480 handlers.go:71] Exec lifecycle hook ([sh -c'],
    ['a mount', 'E1123 17:43:25.000000    2480 nestedpendingoperations.go:301] Operation for "{volumeName:x}" failed. No retries permitted until …'],
    ['an Event, 1.20, -v=3', "I1123 17:43:25.000000    2480 event.go:291] Event(v1.ObjectReference{Kind:\"Pod\"}): type: 'Warning' reason: 'FailedMount' x"],
    ['its start', 'I1123 17:43:25.000000    2480 server.go:1176] Started kubelet'],
    ['its start, in JSON', STARTED.text],
  ])('the header before it is asked for: %s', (_, line) => {
    expect(new RegExp(kubelet.pattern).test(line)).toBe(true);
    if (!line.startsWith('{')) expect(said(STARTED, { text: line, timeUs: T0 - 1_000 }, killing())).toEqual([]);
  });
});

describe('what an own line says rests on own lines', () => {
  it('a ranking under another pid evicts nobody', () => {
    const ranked = `I1123 17:43:25.000000       1 x.go:1] "Eviction manager: pods ranked for eviction" pods=["shop/cart-7d9f"]`;
    const own = `${at('x.go:1')}"Killing container with a grace period" pod="shop/cart-7d9f" podUID="${UID}" containerName="app" containerID="containerd://${ID}" gracePeriod=1`;
    expect(say(ranked, own).map(({ kind }) => kind)).toEqual(['stop-request']);
  });
});

describe('k0s', () => {
  const K0S = { _PID: '1766', _SYSTEMD_UNIT: 'k0sworker.service' };
  const wrap = (line: string, rest = ' component=kubelet stream=stderr'): Line => ({ text: `time="2026-11-23 17:43:25" level=info msg=${JSON.stringify(line)}${rest}`, fields: K0S });
  const stop = `${at('kuberuntime_container.go:779')}"Killing container with a grace period" pod="shop/cart-7d9f" podUID="${UID}" containerName="app" containerID="containerd://${ID}" gracePeriod=30`;
  const about = { podNamespace: 'shop', podName: 'cart-7d9f', containerName: 'app', containerId: ID };

  it('kubelet’s lines within k0s’s are read, and no better than text: k0s cuts at newlines', () => {
    expect(say(wrap(stop))).toMatchObject([{ kind: 'stop-request', gracePeriodMs: 30_000, about, trust: 'text', atUs: T0 }]);
    expect(say({ ...wrap(stop), fields: {} })).toMatchObject([{ kind: 'stop-request', trust: 'text' }]);
  });

  it.each([
    ['why', `${at('x.go:1')}"Message for Container of pod" containerName="app" containerStatusID={"Type":"containerd","ID":"${ID}"} pod="shop/cart-7d9f" containerMessage="Container app failed liveness probe, will be restarted"`, 'stop-request'],
    ['why, 1.20', `${at('x.go:1')}Container "app" ({"containerd" "${ID}"}) of pod cart-7d9f_shop(${UID}): Container app failed liveness probe, will be restarted`, 'stop-request'],
    ['a probe, 1.20', `${at('x.go:1')}Liveness probe for "cart-7d9f_shop(${UID}):app" failed (failure): no`, 'probe-failed'],
    ['an eviction', `${at('x.go:1')}"Evicting pod" pod="shop/cart-7d9f" podUID="${UID}" message="The node was low on resource: memory. "`, 'eviction'],
    ['an Event', `${at('x.go:1')}"Event occurred" object="shop/cart-7d9f" kind="Pod" reason="Preempting" message="x"`, 'preemption'],
  ])('%s', (_, line, kind) => {
    expect(say(wrap(line))).toMatchObject([{ kind, trust: 'text' }]);
  });

  it('JSON within them, by the same rule', () => {
    expect(say({ ...wrap(STARTED.text), timeUs: T0 - 60 * SECOND }, wrap(killing().text))).toMatchObject([{ kind: 'stop-request', trust: 'text' }]);
    expect(said({ ...wrap(STARTED.text), timeUs: T0 - 60 * SECOND }, { ...wrap(text(0).text), timeUs: T0 - 1_000 }, wrap(killing().text))).toEqual([]);
  });

  it.each([
    ['another component', wrap(stop, ' component=containerd stream=stderr')],
    ['none', wrap(stop, '')],
    ['one that only the message names', { ...wrap(`${stop} component=kubelet`, '') }],
    ['a further chunk of a long line', wrap(stop, ' chunk=2 component=kubelet stream=stderr')],
    ['another unit than k0s’s', { ...wrap(stop), fields: { _PID: '2480', _SYSTEMD_UNIT: 'kubelet.service' } }],
  ])('not: %s', (_, line) => {
    expect(hear(line)).toEqual({ said: [], drops: ['no-fact'] });
  });
});
