import { describe, expect, it } from 'vitest';
import { formatTime, MS, SECOND, type Micros } from '../../src/lib/time.ts';
import { cgroupOf, covered, exited, journal, Node } from './node.ts';

/** Half a second of a storm passes at a node whose log is read five times as slowly as it is written; nothing is read of what is asked. */
function slowly(node: Node, us: Micros, from: Micros): Micros {
  let read = from;
  for (let at = 0; at < us; at += SECOND / 2) {
    read += 100 * MS;
    node.hear([covered(read)]).pass(SECOND / 2);
  }
  return read;
}

/** A container that was killed, and of which only the exit has been told yet. */
function exitAlone(node = new Node()): { node: Node; killedAt: Micros } {
  node.ready('journal').pass(SECOND);
  const killedAt = node.now;
  node.hear([covered(killedAt - 2 * SECOND), exited('app', killedAt + 5 * MS)]);
  return { node, killedAt };
}
const kill = (at: Micros) => journal({ at, pid: 100, victim: cgroupOf('app') });

describe("an exit whose time the kernel's log has not been read up to", () => {
  it('has one answer, when it has been', () => {
    const { node, killedAt } = exitAlone();
    slowly(node, 8 * SECOND, killedAt - 2 * SECOND);
    expect(node.given).toEqual([]);
    node.hear([...kill(killedAt), covered(killedAt + SECOND)]).pass(SECOND);
    expect(node.given.map(({ verdict: { cause, confidence, final, revision } }) => ({ cause, confidence, final, revision }))).toEqual([
      { cause: 'container-limit-oom', confidence: 'certain', final: true, revision: 1 },
    ]);
  });

  it('where the kernel killed nobody has its answer within a moment of that', () => {
    const { node, killedAt } = exitAlone();
    slowly(node, 8 * SECOND, killedAt - 2 * SECOND);
    node.hear([covered(killedAt + SECOND)]).pass(SECOND / 2);
    expect(node.given.map(({ verdict: { cause, final } }) => ({ cause, final }))).toEqual([{ cause: 'not-oom', final: true }]);
  });

  it('is not waited for long once the log stands still, and it is said that nothing was read of that time', () => {
    const { node, killedAt } = exitAlone();
    node.pass(4 * SECOND);
    expect(node.given).toEqual([]);
    node.pass(10 * SECOND);
    expect(node.last()).toMatchObject({ cause: 'unknown', confidence: 'possible', final: false, revision: 1 });
    expect(node.last()?.summary).toMatch(/journal\) was not readable since .*: it is behind/);
    expect(node.last()?.blindSpots).toMatchObject([{ source: 'journal', from: formatTime(killedAt - 2 * SECOND), to: null }]);
    node.hear([covered(killedAt + SECOND)]).pass(SECOND);
    expect(node.last()).toMatchObject({ cause: 'not-oom', final: true, revision: 2, blindSpots: [] });
  });

  it('is not waited for where a log does not tell how far it is read, but by its lines', () => {
    const node = new Node().ready('syslog').pass(SECOND);
    node.hear([exited('app', node.now)]).pass(4 * SECOND);
    expect(node.given.map(({ verdict: { cause, confidence, final } }) => ({ cause, confidence, final }))).toEqual([{ cause: 'not-oom', confidence: 'likely', final: true }]);
  });

  it('is waited for by an agent that did not run itself', () => {
    // One whose turns end at once, too: it is through with what is due all the same.
    const { node, killedAt } = exitAlone(new Node({ turn: { isOver: true, begin: () => undefined } }));
    node.pass(SECOND);
    node.now += 20 * SECOND;
    node.pass(0);
    expect(node.given).toEqual([]);
    node.pass(SECOND).hear([...kill(killedAt), covered(killedAt + SECOND)]);
    expect(node.last()).toMatchObject({ cause: 'container-limit-oom', revision: 1 });
  });

  it('has an answer after a minute, which is said not to be the last', () => {
    const { node, killedAt } = exitAlone();
    const [read, until] = [killedAt - 20 * SECOND, killedAt + 70 * SECOND];
    // Slower still: the log comes further, and not to the exit.
    for (let at = read; node.now < until; at += 10 * MS) node.hear([covered(Math.max(at, killedAt - 2 * SECOND + (at - read)))]).pass(SECOND / 2);
    expect(node.last()).toMatchObject({ cause: 'unknown', final: false, revision: 1 });
    node.hear([...kill(killedAt), covered(killedAt + SECOND)]).pass(SECOND);
    expect(node.last()).toMatchObject({ cause: 'container-limit-oom', final: true, revision: 2 });
  });
});
