// The Range header: what is honoured, what is ignored, what is refused.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseByteRange } from '../../../origin-stub/byte-range.ts';

const whole = { is: 'whole' };
const outside = { is: 'unsatisfiable' };
const part = (start: number, end: number): object => ({ is: 'part', start, end });

describe('a byte range', () => {
  it('has a first and a last byte, both included', () => {
    expect(parseByteRange('bytes=0-0', 10)).toEqual(part(0, 1));
    expect(parseByteRange('bytes=2-5', 10)).toEqual(part(2, 6));
  });

  it('may be open, may be a suffix, and is cut to the object', () => {
    expect(parseByteRange('bytes=7-', 10)).toEqual(part(7, 10));
    expect(parseByteRange('bytes=-3', 10)).toEqual(part(7, 10));
    expect(parseByteRange('bytes=-30', 10)).toEqual(part(0, 10));
    expect(parseByteRange('bytes=5-99', 10)).toEqual(part(5, 10));
  });

  it('is refused when it starts past the end, or asks for a suffix of nothing', () => {
    expect(parseByteRange('bytes=10-', 10)).toEqual(outside);
    expect(parseByteRange('bytes=10-20', 10)).toEqual(outside);
    expect(parseByteRange('bytes=-0', 10)).toEqual(outside);
    expect(parseByteRange('bytes=0-', 0)).toEqual(outside);
    expect(parseByteRange('bytes=-1', 0)).toEqual(outside);
  });

  it('is ignored when it is malformed, of another unit, backwards or more than one', () => {
    for (const header of [
      '',
      'bytes',
      'bytes=',
      'bytes=-',
      'bytes=a-b',
      'items=0-1',
      'bytes=5-2',
      'bytes=0-1,3-4',
      'bytes=0x1-2',
    ]) {
      expect(parseByteRange(header, 10)).toEqual(whole);
    }
    expect(parseByteRange(undefined, 10)).toEqual(whole);
  });

  it('lies inside the object, whatever the header says', () => {
    const number = fc.oneof(fc.constant(''), fc.nat(300).map(String));
    fc.assert(
      fc.property(number, number, fc.nat(200), (first, last, length) => {
        const range = parseByteRange(`bytes=${first}-${last}`, length);
        if (range.is !== 'part') return;
        expect(range.start).toBeGreaterThanOrEqual(0);
        expect(range.start).toBeLessThan(range.end);
        expect(range.end).toBeLessThanOrEqual(length);
      }),
    );
  });
});
