import fc from 'fast-check';
import { expect, test } from 'vitest';
import { microsOfNanos, microsOfTimestamp } from '../../../src/sources/grpc/proto-time.ts';

test('nanoseconds keep every microsecond', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8_999_999_999_999_999 }), fc.integer({ min: 0, max: 999 }), (micros, rest) => {
      expect(microsOfNanos(`${micros}${String(rest).padStart(3, '0')}`)).toBe(micros);
    }),
  );
});

test('a Timestamp keeps every microsecond', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8_000_000_000 }), fc.integer({ min: 0, max: 999_999_999 }), (seconds, nanos) => {
      expect(microsOfTimestamp({ seconds: String(seconds), nanos })).toBe(seconds * 1_000_000 + Math.floor(nanos / 1_000));
    }),
  );
});

test('a time that was never set is no time', () => {
  expect(microsOfTimestamp(null)).toBeNull();
  expect(microsOfTimestamp({ seconds: '-62135596800', nanos: 0 })).toBeNull();
  expect(microsOfTimestamp({ seconds: '9223372036854775807', nanos: 0 })).toBeNull();
  expect(microsOfNanos('0')).toBeNull();
  expect(microsOfNanos('-1')).toBeNull();
});
