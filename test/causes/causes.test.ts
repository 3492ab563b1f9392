import { describe, expect, it } from 'vitest';
import { CAUSES } from '../../src/model/cause.ts';
import { REACHED } from './reached.ts';

describe('every cause, by what happened on a real machine or was published of one', () => {
  it('has an entry, with the origin of its lines', () => {
    expect(Object.keys(REACHED).sort()).toEqual([...CAUSES].sort());
    for (const cause of CAUSES) expect(REACHED[cause].origin, cause).not.toBe('');
  });

  it.each(CAUSES)('%s is reached', (cause) => {
    expect(REACHED[cause].verdict()).toMatchObject({ cause });
  });

  it.each(CAUSES.map((cause) => [cause, REACHED[cause].near] as const))('%s is not what nearly is', (cause, { what, cause: instead, verdict }) => {
    expect(instead).not.toBe(cause);
    expect(verdict(), what).toMatchObject({ cause: instead });
  });
});
