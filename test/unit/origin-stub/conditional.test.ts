// Conditional requests.
import { describe, expect, it } from 'vitest';
import { isNotModified, rangeStillFits } from '../../../origin-stub/conditional.ts';

const modifiedMs = Date.UTC(2026, 0, 1) + 250;
const object = { etag: '"abc"', modifiedMs };
const sameDate = new Date(modifiedMs).toUTCString();
const before = new Date(modifiedMs - 1000).toUTCString();

describe('If-None-Match', () => {
  const is = (tags: string): boolean => isNotModified({ 'if-none-match': tags }, object);

  it('finds the tag alone, in a list, as a weak one and behind a star', () => {
    expect(['"abc"', '"x", "abc"', 'W/"abc"', '*', ' "abc" '].map(is)).toEqual([
      true,
      true,
      true,
      true,
      true,
    ]);
  });

  it('does not find another tag, a part of one, or one without quotes', () => {
    expect(['"x"', '"abcd"', 'abc', ''].map(is)).toEqual([false, false, false, false]);
  });

  it('wins over a date', () => {
    expect(isNotModified({ 'if-none-match': '"x"', 'if-modified-since': sameDate }, object)).toBe(false);
  });
});

describe('If-Modified-Since', () => {
  it('compares whole seconds, which is all that the header can say', () => {
    expect(isNotModified({ 'if-modified-since': sameDate }, object)).toBe(true);
    expect(isNotModified({ 'if-modified-since': before }, object)).toBe(false);
  });

  it('is ignored when it is no date or absent', () => {
    expect(isNotModified({ 'if-modified-since': 'yesterday-ish' }, object)).toBe(false);
    expect(isNotModified({}, object)).toBe(false);
  });
});

describe('If-Range', () => {
  const fits = (condition: string): boolean => rangeStillFits({ 'if-range': condition }, object);

  it('honours the range for the same strong tag or date, and without a condition', () => {
    expect(['"abc"', sameDate].map(fits)).toEqual([true, true]);
    expect(rangeStillFits({}, object)).toBe(true);
  });

  it('drops the range for another tag, a weak one, another date or nonsense', () => {
    expect(['"x"', 'W/"abc"', before, 'nonsense'].map(fits)).toEqual([false, false, false, false]);
  });
});
