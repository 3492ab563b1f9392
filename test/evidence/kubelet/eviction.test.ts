import { describe, expect, it } from 'vitest';
import { SECOND } from '../../../src/lib/time.ts';
import { T0 } from '../../correlate/node.ts';
import { at, ID, say, UID, type Line } from './lines.ts';

/** Lines so many seconds after T0: klog's stamp and the journal's. */
function line(seconds: number, text: string): Line {
  const us = T0 + seconds * SECOND;
  return { timeUs: us, text: at('eviction_manager.go:1').replace('17:43:25.000000', new Date(us / 1_000).toISOString().slice(11, 23) + '000') + text };
}
const reclaim = (seconds: number, resource = 'memory'): Line => line(seconds, `"Eviction manager: attempting to reclaim" resourceName="${resource}"`);
const ranked = (seconds: number, pods = '"shop/cart-7d9f","shop/other"'): Line => line(seconds, `"Eviction manager: pods ranked for eviction" pods=[${pods}]`);
const done = (seconds: number, pod = 'shop/cart-7d9f', words = 'pod is evicted successfully'): Line => line(seconds, `"Eviction manager: ${words}" pod="${pod}"`);
const killing = (seconds: number, grace: number): Line => line(seconds, `"Killing container with a grace period" pod="shop/cart-7d9f" podUID="${UID}" containerName="app" containerID="containerd://${ID}" gracePeriod=${String(grace)}`);
const resources = (...lines: readonly Line[]): readonly unknown[] => say(...lines).flatMap((said) => (said.kind === 'eviction' ? [said.resource] : []));

describe('what the node lacked', () => {
  it('is said of the pod that is evicted for it, when it begins and when it is done', () => {
    expect(resources(reclaim(0), ranked(0.2), done(3))).toEqual(['memory']);
    expect(resources(reclaim(0), ranked(0.2), killing(0.3, 1), done(3))).toEqual(['memory', 'memory']);
    // Before it evicts, kubelet deletes images.
    expect(resources(reclaim(0, 'ephemeral-storage'), ranked(90), done(92))).toEqual(['ephemeral-storage']);
  });

  it('a soft eviction takes as long as its grace period and half of it', () => {
    expect(resources(reclaim(0), ranked(0.2), killing(0.4, 60), done(90))).toEqual(['memory', 'memory']);
    expect(resources(reclaim(0), ranked(0.2), killing(0.4, 60), done(120))).toEqual(['memory', null]);
    // How long it has is not told.
    expect(resources(reclaim(0), ranked(0.2), done(60))).toEqual([null]);
  });

  it('is not said of an eviction minutes later, for a limit of the pod’s own', () => {
    expect(resources(reclaim(0), done(240))).toEqual([null]);
    expect(resources(reclaim(0), ranked(0.2), done(3, 'shop/other-0'), done(240))).toEqual([null, null]);
    const [said] = say(reclaim(0), done(240));
    expect(said).toMatchObject({ resource: null, signal: null, limit: false, detail: null });
  });

  it('is used up by one eviction', () => {
    expect(resources(reclaim(0), ranked(0.1), done(2), done(4))).toEqual(['memory', null]);
    expect(resources(reclaim(0), ranked(0.1), done(2, 'shop/cart-7d9f', 'pod failed to evict'), done(4))).toEqual(['memory', null]);
    expect(resources(reclaim(0), done(2), done(4, 'shop/other'))).toEqual(['memory', null]);
  });

  it('is not said of a pod whose turn it was not', () => {
    expect(resources(reclaim(0), ranked(0.1), done(2, 'shop/other'))).toEqual([null]);
    const spared = line(0.15, '"Eviction manager: cannot evict a critical pod" pod="shop/cart-7d9f"');
    expect(resources(reclaim(0), ranked(0.1), spared, done(2, 'shop/other'))).toEqual(['memory']);
  });

  it.each(['able to reduce resource pressure without evicting pods.', 'eviction thresholds have been met, but no pods are active to evict', 'unable to evict any pods from the node'])('is forgotten: %s', (words) => {
    expect(resources(reclaim(0), line(0.5, `"Eviction manager: ${words}" resourceName="memory"`), done(3))).toEqual([null]);
  });

  it('is that of the round, not of one before', () => {
    expect(resources(reclaim(0), ranked(300), done(302))).toEqual([null]);
    expect(resources(reclaim(0), ranked(0.1), ranked(10), done(12))).toEqual([null]);
    expect(resources(reclaim(0), ranked(0.1), reclaim(10, 'pids'), ranked(10.1), done(12))).toEqual(['pids']);
  });

  it('is the pod’s own message’s where there is one', () => {
    const evicting = line(1, `"Evicting pod" pod="shop/cart-7d9f" podUID="${UID}" message="Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. "`);
    expect(resources(reclaim(0), evicting)).toEqual([null]);
  });

  it('says nothing without times', () => {
    const timeless = ({ text }: Line): Line => ({ text: text.replace(/^\S+ \S+/, 'I0000 99:99:99.000000'), timeUs: null });
    expect(resources(timeless(reclaim(0)), timeless(done(1)))).toEqual([null]);
  });
});
