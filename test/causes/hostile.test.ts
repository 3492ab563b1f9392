import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTime, SECOND } from '../../src/lib/time.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { ago, audited, CGROUP, FINISHED, ID, KUBELET, limitKill, POD_UID, service } from './support/lines.ts';
import { replayed, type Fields, type Recorded, type Unit } from './support/recorded.ts';

/** What a witness would have to write for another answer, and the fields by which it would be believed. */
interface Forgery {
  readonly lines: readonly string[];
  readonly seconds: number;
  readonly genuine: Fields;
  readonly tag: string;
  /** What the witness would have written long before: one line of JSON alone is nobody's. */
  readonly before?: string;
}

const klog = (text: string): string => {
  const time = formatTime(ago(10.1));
  return `I${time.slice(5, 7)}${time.slice(8, 10)} ${time.slice(11, 26)}    2480 x.go:1] ${text}`;
};
const json = (seconds: number, msg: string, values: Readonly<Record<string, unknown>> = {}): string => JSON.stringify({ ts: ago(seconds) / 1_000, msg, v: 2, ...values });
const logrus = (msg: string): string => `time="${formatTime(ago(10.1))}" level=info msg=${JSON.stringify(msg)}`;
const AUDITED = audited(0.2).split('\n').slice(0, 2);

const FORGERIES: Readonly<Record<string, Forgery>> = {
  kubelet: {
    lines: [
      klog(`"Message for Container of pod" containerName="app" containerStatusID={"Type":"containerd","ID":"${ID}"} pod="shop/cart-7d9f" containerMessage="Container app failed liveness probe, will be restarted"`),
      klog(`"Killing container with a grace period" pod="shop/cart-7d9f" podUID="${POD_UID}" containerName="app" containerID="containerd://${ID}" gracePeriod=10`),
    ],
    seconds: 10.1, genuine: KUBELET, tag: 'kubelet',
  },
  'kubelet in JSON': {
    lines: [
      json(10.1, 'Message for Container of pod', { containerName: 'app', containerStatusID: { Type: 'containerd', ID }, pod: { name: 'cart-7d9f', namespace: 'shop' }, containerMessage: 'Container app failed liveness probe, will be restarted' }),
      json(10.1, 'Killing container with a grace period', { pod: { name: 'cart-7d9f', namespace: 'shop' }, podUID: POD_UID, containerName: 'app', containerID: `containerd://${ID}`, gracePeriod: 10 }),
    ],
    seconds: 10.1, genuine: KUBELET, tag: 'kubelet', before: json(60, 'Started kubelet'),
  },
  'kubelet 1.20': {
    lines: [klog(`Container "app" ({"containerd" "${ID}"}) of pod cart-7d9f_shop(${POD_UID}): Container app failed liveness probe, will be restarted`), klog(`Killing container "containerd://${ID}" with a 10 second grace period`)],
    seconds: 10.1, genuine: KUBELET, tag: 'kubelet',
  },
  eviction: {
    lines: [klog('"Eviction manager: pods ranked for eviction" pods=["shop/cart-7d9f"]'), klog('"Eviction manager: pod is evicted successfully" pod="shop/cart-7d9f"'), klog('"Preempting pod to free up resources" pod="shop/cart-7d9f"')],
    seconds: 10.1, genuine: KUBELET, tag: 'kubelet',
  },
  containerd: { lines: [logrus(`StopContainer for "${ID}" with timeout 10 (s)`), logrus(`Kill container "${ID}"`)], seconds: 10.1, genuine: service('containerd'), tag: 'containerd' },
  'CRI-O': { lines: [logrus(`Stopping container: ${ID} (timeout: 10s)`)], seconds: 10.1, genuine: service('crio'), tag: 'crio' },
  'systemd-oomd': { lines: [`Killed ${CGROUP} due to memory pressure for / being 57.97% > 50.00% for > 20s with reclaim activity`], seconds: 0.2, genuine: service('systemd-oomd', { _TRANSPORT: 'journal' }), tag: 'systemd-oomd' },
  systemd: { lines: [`cri-containerd-${ID}.scope: systemd-oomd killed 3 process(es) in this unit.`], seconds: 0.2, genuine: { _TRANSPORT: 'journal', _SYSTEMD_UNIT: 'init.scope', _SYSTEMD_CGROUP: '/init.scope', _COMM: 'systemd' }, tag: 'systemd' },
  earlyoom: { lines: ['sending SIGKILL to process 4100 uid 0 "java": badness 853, VmRSS 512 MiB'], seconds: 0.2, genuine: service('earlyoom'), tag: 'earlyoom' },
  nohang: { lines: ['Victim status (found in 2ms):', '  PID:       4100, name: java, state: S', 'Implementing a corrective action:', '  Sending SIGKILL to the victim'], seconds: 0.2, genuine: service('nohang'), tag: 'nohang' },
  oomd: { lines: [`[Log.cpp:114] 50.85 49.35 30.53 ${CGROUP} 6905962496 ruleset:[x] detectorgroup:[y] killer:kill_by_swap_usage v2`], seconds: 0.2, genuine: service('oomd'), tag: 'oomd' },
  audit: { lines: AUDITED.map((line) => line.replace(/^type=(\w+) msg=audit\([^)]*\): /, '$1 ')), seconds: 0.2, genuine: { _TRANSPORT: 'audit', _AUDIT_ID: '18' }, tag: 'audit' },
  kernel: { lines: limitKill(0.2).map(({ text }) => text), seconds: 0.2, genuine: { _TRANSPORT: 'kernel', SYSLOG_FACILITY: '0' }, tag: 'kernel' },
};

const SCOPE = `cri-containerd-${'d8'.repeat(32)}.scope`;
type Carrier = (forgery: Forgery) => Pick<Recorded, 'units' | 'kernelRecords' | 'syslog' | 'audit' | 'kernel'>;
const unit = ({ lines, seconds, before }: Forgery, fields: Fields): Unit => ({ fields, lines: [...(before === undefined ? [] : [{ atUs: ago(60), text: before }]), ...lines.map((text, index) => ({ atUs: ago(seconds) + index * 10, text }))] });
const program = ({ genuine }: Forgery): string => genuine['_COMM'] ?? 'app';

const KILLED = "a name in the kernel's report of another";
/** Every way in which a container's own words get into a log. */
const CARRIERS: Readonly<Record<string, Carrier>> = {
  'its output, in a unit of its own, by a program of that name': (one) => ({ units: [unit(one, { _TRANSPORT: 'stdout', _SYSTEMD_UNIT: SCOPE, _SYSTEMD_CGROUP: `/kubepods.slice/${SCOPE}`, _COMM: program(one), SYSLOG_IDENTIFIER: one.tag, _PID: '2480' })] }),
  '/dev/log, mounted into it': (one) => ({ units: [unit(one, { _TRANSPORT: 'syslog', _SYSTEMD_UNIT: SCOPE, _SYSTEMD_CGROUP: `/kubepods.slice/${SCOPE}`, _COMM: program(one), SYSLOG_IDENTIFIER: one.tag, SYSLOG_PID: '2480' })] }),
  "journald's own protocol, with fields of its choosing": (one) => ({ units: [unit(one, { _TRANSPORT: 'journal', _SYSTEMD_UNIT: SCOPE, _SYSTEMD_CGROUP: `/kubepods.slice/${SCOPE}`, _COMM: program(one), SYSLOG_IDENTIFIER: one.tag, UNIT: one.genuine['_SYSTEMD_UNIT'] ?? '', SYSLOG_FACILITY: '0' })] }),
  'a cgroup below the unit': (one) => ({ units: [unit(one, { ...one.genuine, _TRANSPORT: 'stdout', _SYSTEMD_UNIT: one.genuine['_SYSTEMD_UNIT'] ?? 'x.service', _SYSTEMD_CGROUP: `/system.slice/${one.genuine['_SYSTEMD_UNIT'] ?? 'x.service'}/app` })] }),
  "Docker's journald driver": (one) => ({ units: [unit(one, { ...one.genuine, _TRANSPORT: 'journal', CONTAINER_ID_FULL: 'd8'.repeat(32), CONTAINER_NAME: one.tag, SYSLOG_IDENTIFIER: one.tag })] }),
  "conmon's journald driver": (one) => ({ units: [unit(one, { _TRANSPORT: 'journal', _SYSTEMD_UNIT: `crio-conmon-${ID}.scope`, _SYSTEMD_CGROUP: `/system.slice/crio-conmon-${ID}.scope`, _COMM: 'conmon', CONTAINER_ID_FULL: ID })] }),
  '/dev/kmsg, by root': (one) => ({ kernelRecords: [unit(one, { _TRANSPORT: 'kernel', SYSLOG_FACILITY: '1', SYSLOG_IDENTIFIER: one.tag })] }),
  'syslog, under a tag of its own': ({ lines, seconds, tag }) => ({ syslog: lines.map((text) => `${formatTime(ago(seconds))} node1 app[7]: ${tag}[2480]: ${text}\n`).join('') }),
  "syslog, as Docker's driver tags it": ({ lines, seconds, tag }) => ({ syslog: lines.map((text) => `${formatTime(ago(seconds))} node1 docker/${tag}[7]: ${text}\n`).join('') }),
  "the argument of a command, in auditd's file": ({ lines, seconds }) => ({ audit: `${lines.map((text, index) => `type=EXECVE msg=audit(${(ago(seconds) / SECOND).toFixed(3)}:${String(90 + index)}): argc=2 a0="echo" a1=${Buffer.from(`\n${text}`).toString('hex').toUpperCase()}`).join('\n')}\n` }),
  'what a probe printed, in kubelet’s log': ({ lines, seconds }) => ({ units: [{ fields: KUBELET, lines: [{ atUs: ago(seconds), text: klog(`"Probe failed" probeType="Readiness" pod="shop/other" podUID="00000000-1111-4222-8333-444444444444" containerName="app" probeResult="failure" output=${JSON.stringify(lines.join('\n'))}`) }, ...lines.map((text, index) => ({ atUs: ago(seconds) + index, text: `\t${text}` }))] }] }),
  [KILLED]: ({ lines, seconds }) => ({ kernel: lines.map((text, index) => ({ atUs: ago(seconds) + index, text: `Out of memory: Killed process 77 (${text.slice(-15)}) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:1kB oom_score_adj:0` })) }),
};

const EXIT = { ...FINISHED, cgroup: CGROUP };
const BASES: Readonly<Record<string, Pick<Recorded, 'kernel'> & { readonly exitCode: number }>> = {
  'nobody killed it': { exitCode: 137 },
  'the kernel did': { exitCode: 137, kernel: limitKill(0.1) },
  'a status of its own': { exitCode: 3 },
};
const told = ({ cause, rule, confidence, summary }: Verdict) => ({ cause, rule, confidence, summary });
const judged = (base: (typeof BASES)[string], more: ReturnType<Carrier> = {}, exit: Recorded['exits'][number] = EXIT) =>
  replayed({ ...more, kernel: [...(base.kernel ?? []), ...(more.kernel ?? [])], exits: [{ ...exit, exitCode: base.exitCode }] }).map(told);

describe("a container's words that imitate a witness", () => {
  it.each(Object.entries(FORGERIES))('%s, if it were the witness, would be believed', (_, forgery) => {
    const { kernel } = BASES['nobody killed it'] ?? {};
    const own = forgery.genuine['_TRANSPORT'] === 'kernel' ? { kernelRecords: [unit(forgery, forgery.genuine)] } : { units: [unit(forgery, forgery.genuine)] };
    expect(replayed({ ...own, kernel: kernel ?? [], exits: [EXIT] })[0]?.cause).not.toBe('not-oom');
  });

  describe.each(Object.entries(CARRIERS))('%s', (carrier, carry) => {
    // oomd itself writes to /dev/kmsg, as anybody may who is root there: no more than likely (killers.test.ts).
    it.each(Object.entries(FORGERIES).filter(([name]) => name !== 'oomd' || carrier !== '/dev/kmsg, by root'))('%s: the same answers', (__, forgery) => {
      for (const [name, base] of Object.entries(BASES)) {
        const [before] = judged(base);
        const [after] = judged(base, carry(forgery));
        // Another's real kill without a cgroup may have been a child's: that makes less sure.
        if (carry === CARRIERS[KILLED] && before?.cause === 'not-oom') expect(after, name).toMatchObject({ cause: 'not-oom', rule: before.rule });
        else expect(after, name).toEqual(before);
      }
    });
  });

  it('names, images and reasons that are such lines', () => {
    for (const { lines } of Object.values(FORGERIES)) {
      const text = lines.join('\n');
      for (const base of Object.values(BASES)) {
        const plain = judged(base).map(({ cause, rule, confidence }) => [cause, rule, confidence]);
        const named = judged(base, {}, { ...EXIT, containerName: text, image: text, podName: text, podNamespace: text, runtimeReason: text });
        expect(named.map(({ cause, rule, confidence }) => [cause, rule, confidence])).toEqual(plain);
        expect(named[0]?.summary).not.toMatch(/[\n\u001B]/);
      }
    }
  });

  describe('what a probe printed, each line a record of a kubelet that logs text', () => {
    const { 'kubelet in JSON': forgery } = FORGERIES;
    const probe = `Liveness probe for "other_shop(00000000-1111-4222-8333-444444444444):app" failed (failure): no`;
    /** The header, so many seconds before the death, and behind it what the probe printed. */
    const printed = (seconds: number, first = klog(probe)): Unit => ({ fields: KUBELET, lines: [{ atUs: ago(seconds), text: first }, ...(forgery?.lines ?? []).map((text, index) => ({ atUs: ago(seconds) + 10 + index * 10, text }))] });
    const plain = Object.values(BASES).map((base) => judged(base));
    const withUnits = (...units: readonly Unit[]) => Object.values(BASES).map((base) => judged(base, { units }));

    it('once, and every ten seconds', () => {
      expect(withUnits(printed(10.1))).toEqual(plain);
      expect(withUnits(...[40.1, 30.1, 20.1, 10.1].map((seconds) => printed(seconds)))).toEqual(plain);
      expect(withUnits({ fields: KUBELET, lines: [{ atUs: ago(60), text: forgery?.before ?? '' }] }, printed(10.1))).toEqual(plain);
    });

    it('behind a header that tells nothing: the definition of a container that cannot be started', () => {
      const header = klog('container &Container{Name:app,Image:x,Command:[sh -c').replace(/^I/, 'E');
      expect(withUnits(...[40.1, 25.1, 10.1].map((seconds) => printed(seconds, header)))).toEqual(plain);
    });

    it('within a line of k0s', () => {
      const fields = { ...KUBELET, _SYSTEMD_UNIT: 'k0sworker.service', _SYSTEMD_CGROUP: '/system.slice/k0sworker.service', _PID: '1766' };
      const wrapped = ({ lines }: Unit): Unit => ({ fields, lines: lines.map(({ atUs, text }) => ({ atUs, text: `${logrus(text)} component=kubelet stream=stderr` })) });
      expect(withUnits(...[40.1, 10.1].map((seconds) => wrapped(printed(seconds))))).toEqual(plain);
    });
  });

  it('a line of oomd’s in /dev/kmsg is no more than likely', () => {
    const { oomd } = FORGERIES;
    expect(oomd && judged({ exitCode: 137 }, CARRIERS['/dev/kmsg, by root']?.(oomd))).toMatchObject([{ confidence: 'likely' }]);
  });

  it('whatever stands before and behind', () => {
    const pieces = Object.values(FORGERIES).flatMap(({ lines }) => lines);
    const carriers = Object.entries(CARRIERS).filter(([name]) => name !== KILLED && name !== '/dev/kmsg, by root').map(([, carry]) => carry);
    const [plain] = judged({ exitCode: 137 });
    const text = fc.tuple(fc.string({ unit: 'binary', maxLength: 12 }), fc.constantFrom(...pieces), fc.constantFrom('', '\n', '\r', '"', "' ", '\u0000', '\x1d'), fc.constantFrom(...pieces)).map((parts) => parts.join(''));
    fc.assert(fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), fc.constantFrom(...carriers), fc.constantFrom(...Object.values(FORGERIES)), (lines, carry, forgery) => {
      const [after] = judged({ exitCode: 137 }, carry({ ...forgery, lines: lines.map((line) => line.replaceAll(/[\n\r]/g, ' ')) }));
      expect([after?.cause, after?.rule]).toEqual([plain?.cause, plain?.rule]);
    }), { numRuns: 60 });
  });
});
