import { expect, test } from 'vitest';
import { systemClock } from '../../../agent/adapters/clock/system-clock.ts';

test('counts on from the wall clock by the monotonic clock', () => {
  let monotonic = 5000;
  const now = systemClock(
    () => 1_700_000_000_000,
    () => monotonic,
  );
  expect(now()).toBe(1_700_000_000_000);
  monotonic += 250;
  expect(now()).toBe(1_700_000_000_250);
});

test('does not go backwards when the wall clock is set back', () => {
  let wall = 1_700_000_000_000;
  let monotonic = 10;
  const now = systemClock(
    () => wall,
    () => monotonic,
  );
  const before = now();
  wall -= 3_600_000;
  monotonic += 1;
  expect(now()).toBe(before + 1);
});
