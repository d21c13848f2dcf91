import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BEACON_MEASURES, BEACON_SUMS, FALLBACK_REASONS, parseBeacon } from '../../../agent/wire/beacon.ts';
import { BEACON_BYTES_MAX } from '../../../agent/wire/limits.ts';

const GOOD = { version: 1, periodMs: 30_000, sums: {}, fallbacks: {}, measures: {} } as const;
const parse = (value: unknown) => parseBeacon(JSON.stringify(value));

/** Some members of a row, each within its maximum. */
function row(maxima: Readonly<Record<string, number>>) {
  const members = Object.entries(maxima).map(
    ([name, max]) => [name, fc.nat(Math.min(max, 2 ** 31 - 1))] as const,
  );
  return fc.record(Object.fromEntries(members), { requiredKeys: [] });
}

describe('a beacon', () => {
  test('that keeps to the shape comes through as it is', () => {
    const reasons = Object.fromEntries(FALLBACK_REASONS.map((reason) => [reason, 1e5]));
    const good = fc.record({
      version: fc.constant(1),
      periodMs: fc.integer({ min: 1, max: 6e5 }),
      sums: row(BEACON_SUMS),
      fallbacks: row(reasons),
      measures: row(BEACON_MEASURES),
    });
    fc.assert(
      fc.property(good, (beacon) => {
        expect(parse(beacon)).toEqual({ ok: true, value: beacon });
      }),
    );
  });

  test('with every member at its most is within the limit of size', () => {
    const reasons = Object.fromEntries(FALLBACK_REASONS.map((reason) => [reason, 1e5]));
    const full = { ...GOOD, periodMs: 6e5, sums: BEACON_SUMS, fallbacks: reasons, measures: BEACON_MEASURES };
    expect(parse(full).ok).toBe(true);
    expect(JSON.stringify(full).length).toBeLessThan(BEACON_BYTES_MAX / 4);
  });

  test.each([
    ['of another version', { ...GOOD, version: 2 }, 'bad-version'],
    ['that is no object', [GOOD], 'bad-json'],
    ['without a row', { ...GOOD, sums: undefined }, 'out-of-range'],
    ['with a row that is a list', { ...GOOD, sums: [] }, 'out-of-range'],
    ['over no time', { ...GOOD, periodMs: 0 }, 'out-of-range'],
    ['over too long a time', { ...GOOD, periodMs: 600_001 }, 'out-of-range'],
    ['with a fraction', { ...GOOD, sums: { stalls: 0.5 } }, 'out-of-range'],
    ['with a negative count', { ...GOOD, sums: { stalls: -1 } }, 'out-of-range'],
    ['with a count past its most', { ...GOOD, sums: { stalls: 10_001 } }, 'out-of-range'],
    ['with a text for a count', { ...GOOD, sums: { stalls: '1' } }, 'out-of-range'],
    ['with a reason that is none', { ...GOOD, fallbacks: { boredom: 1 } }, 'out-of-range'],
    ['that names its viewer', { ...GOOD, sid: 'x' }, 'bad-json'],
    ['with a member of every object', { ...GOOD, sums: { constructor: 1 } }, 'out-of-range'],
  ])('%s is refused', (_what, beacon, reason) => {
    expect(parse(beacon)).toEqual({ ok: false, reason });
  });

  test('that is too long is refused unread', () => {
    expect(parseBeacon(' '.repeat(BEACON_BYTES_MAX + 1))).toEqual({ ok: false, reason: 'too-long' });
  });

  test('truncated anywhere is refused, and nothing throws whatever comes', () => {
    const text = JSON.stringify(GOOD);
    for (let end = 0; end < text.length; end += 1) expect(parseBeacon(text.slice(0, end)).ok).toBe(false);
    fc.assert(fc.property(fc.json(), (json) => void parseBeacon(json)));
  });
});
