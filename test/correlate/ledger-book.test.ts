import { expect, it } from 'vitest';
import { LedgerBook } from '../../src/correlate/ledger-book.ts';
import { formatTime, SECOND } from '../../src/lib/time.ts';
import { T0 } from './node.ts';

/** A count that moved once, and stood still ever since. */
function moved(): LedgerBook {
  const book = new LedgerBook();
  for (let at = 0; at <= 60; at += 1) {
    book.read({ time: formatTime(T0 + at * SECOND), oomKill: at < 5 ? 0 : 1 });
  }
  return book;
}

it('waits for a line that is late before it calls it lost', () => {
  const book = moved();
  expect(book.check(T0 + 10 * SECOND)).toBeNull();
  book.line(T0 + 4.5 * SECOND, 'journal', 'kernel');
  expect(book.check(T0 + 40 * SECOND)).toBeNull();
  expect(book.status().gaps).toEqual([]);
});

it('takes a gap back when the line comes after all', () => {
  const book = moved();
  expect(book.check(T0 + 40 * SECOND)).toMatchObject({ counted: 1, parsed: 0 });
  expect(book.status().gaps).toHaveLength(1);
  book.line(T0 + 4.5 * SECOND, 'journal', 'kernel');
  expect(book.status().gaps).toEqual([]);
});
