import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatHttpDate, parseHttpDate } from '../../../../agent/edge/policy/http-date.ts';
import { NOW } from '../exchanges.ts';

const parse = (text: string): number | undefined => parseHttpDate(text, NOW);
const INSTANT = Date.UTC(1994, 10, 6, 8, 49, 37);

it('reads all three forms of RFC 9110 as the same instant', () => {
  expect(parse('Sun, 06 Nov 1994 08:49:37 GMT')).toBe(INSTANT);
  expect(parse('Sunday, 06-Nov-94 08:49:37 GMT')).toBe(INSTANT);
  expect(parse('Sun Nov  6 08:49:37 1994')).toBe(INSTANT);
});

it('takes any letter case and any name of a weekday', () => {
  expect(parse('SUN, 06 nOV 1994 08:49:37 gmt')).toBe(INSTANT);
  expect(parse('Mon, 06 Nov 1994 08:49:37 GMT')).toBe(INSTANT);
});

it('puts a two-digit year at most fifty years ahead', () => {
  expect(parse('Thursday, 18-Aug-50 02:01:18 GMT')).toBe(Date.UTC(2050, 7, 18, 2, 1, 18));
  expect(parse('Thursday, 18-Aug-76 02:01:18 GMT')).toBe(Date.UTC(2076, 7, 18, 2, 1, 18));
  expect(parse('Thursday, 18-Aug-77 02:01:18 GMT')).toBe(Date.UTC(1977, 7, 18, 2, 1, 18));
});

it.each([
  '0',
  '',
  'Thu, 18 Aug 2050 02:01:18 UTC',
  'Thu, 18 Aug 2050 02:01:18 AEST',
  'Thu, 18 Aug 2050 02:01:18',
  'Thu, 18 Aug 50 02:01:18 GMT',
  'Thu 18 Aug 2050 02:01:18 GMT',
  'Thu, 18  Aug  2050 02:01:18 GMT',
  'Thu, 18-Aug-2050 02:01:18 GMT',
  'Thu, 18 Aug 2050 02.01.18 GMT',
  'Thu, 18 Aug 2050 2:01:18 GMT',
  'Thu, 8 Aug 2050 02:01:18 GMT',
  'Thu, 31 Feb 2050 02:01:18 GMT',
  'Thu, 00 Jan 2050 02:01:18 GMT',
  'Thu, 18 Aug 2050 24:00:00 GMT',
  'Thu, 18 Aug 2050 02:60:18 GMT',
  'Thu, 18 Aug 2050 02:01:61 GMT',
  'Xyz, 18 Aug 2050 02:01:18 GMT',
  'Thu, 18 Aug 2050 02:01:18 GMT, Thu, 18 Aug 2050 02:01:18 GMT',
  '2050-08-18T02:01:18Z',
])('refuses %j', (text) => {
  expect(parse(text)).toBeUndefined();
});

it('takes a leap second and 29 February of leap years only', () => {
  expect(parse('Sat, 31 Dec 2016 23:59:60 GMT')).toBe(Date.UTC(2017, 0, 1));
  expect(parse('Tue, 29 Feb 2000 00:00:00 GMT')).toBe(Date.UTC(2000, 1, 29));
  expect(parse('Mon, 29 Feb 2100 00:00:00 GMT')).toBeUndefined();
});

it('formats every second from year 0 to 9999 as JavaScript does, and reads it back', () => {
  const seconds = fc.integer({ min: Date.UTC(0, 0, 1) / 1000 - 1e9, max: Date.UTC(9999, 11, 31) / 1000 });
  fc.assert(
    fc.property(seconds, (each) => {
      const ms = each * 1000;
      if (new Date(ms).getUTCFullYear() < 0) return;
      expect(formatHttpDate(ms)).toBe(new Date(ms).toUTCString());
      expect(parse(formatHttpDate(ms + 999))).toBe(ms);
    }),
  );
});

it('never throws, and what it reads it writes as the same instant', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (text) => {
      const ms = parse(text);
      if (ms !== undefined) expect(parse(formatHttpDate(ms))).toBe(ms);
    }),
  );
});
