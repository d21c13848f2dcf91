import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  cacheControl,
  NO_DIRECTIVES,
  parseCacheControl,
  SECONDS_MAX,
} from '../../../../agent/edge/policy/cache-control.ts';
import { parseDictionary, targetedControl } from '../../../../agent/edge/policy/targeted.ts';
import { fields } from '../exchanges.ts';

const maxAge = (value: string): number | undefined => parseCacheControl(value).maxAge;

it('reads ages as tokens, quoted, with leading zeros and in any letter case', () => {
  expect(maxAge('max-age=3600')).toBe(3600);
  expect(maxAge('max-age="3600"')).toBe(3600);
  expect(maxAge('max-age=003600')).toBe(3600);
  expect(maxAge('foobar, MaX-aGe=3600')).toBe(3600);
});

it.each([
  'max-age=a3600',
  'max-age=3600a',
  'max-age=3600.0',
  "max-age='3600'",
  'max-age=-1',
  'max-age',
  'max-age=',
])('reads %s as an age of 0, which is stale', (value) => {
  expect(maxAge(value)).toBe(0);
});

it('reads white space beside the equals sign as an error, not as an age', () => {
  expect(maxAge('max-age =3600')).toBe(0);
  expect(maxAge('max-age= 3600')).toBe(0);
});

it('counts ages past 2^31 as 2^31', () => {
  expect(maxAge('max-age=2147483648')).toBe(SECONDS_MAX);
  expect(maxAge('max-age=99999999999')).toBe(SECONDS_MAX);
});

it('takes the first of a repeated directive, on one line or two', () => {
  expect(maxAge('max-age=1, max-age=1800')).toBe(1);
  expect(cacheControl(fields('Cache-Control: max-age=1800', 'Cache-Control: max-age=1')).maxAge).toBe(1800);
});

it('does not find directives within quoted strings', () => {
  expect(maxAge('extension="max-age=3600", max-age=1')).toBe(1);
  expect(maxAge('max-age=1, extension="max-age=3600"')).toBe(1);
  expect(parseCacheControl('extension="no-store"').noStore).toBe(false);
});

it('tells no-cache and private for the whole from those for named fields', () => {
  expect(parseCacheControl('no-cache')).toMatchObject({ noCache: true, withheld: [] });
  expect(parseCacheControl('no-cache="A, b", private=C')).toMatchObject({
    noCache: false,
    isPrivate: false,
    withheld: ['a', 'b', 'c'],
  });
  expect(parseCacheControl('no-cache="a", no-cache').noCache).toBe(true);
  expect(parseCacheControl('private=""').isPrivate).toBe(true);
});

it('reads max-stale without a value as any staleness, and a bad one as none', () => {
  expect(parseCacheControl('max-stale').maxStale).toBe(Number.POSITIVE_INFINITY);
  expect(parseCacheControl('max-stale=x').maxStale).toBe(0);
});

it('knows nothing of a header without the field', () => {
  expect(cacheControl(fields('Pragma: no-cache'))).toBe(NO_DIRECTIVES);
});

it('never throws and never yields an age outside of 0 to 2^31', () => {
  const unit = fc.constantFrom(
    'max-age',
    '=',
    '"',
    ',',
    ' ',
    '1',
    '9',
    '-',
    '\\',
    'no-cache',
    'private',
    's-maxage',
    '.',
  );
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 20 }), (value) => {
      const { maxAge: age = 0, sMaxAge = 0 } = parseCacheControl(value);
      for (const each of [age, sMaxAge])
        expect(each >= 0 && each <= SECONDS_MAX && Number.isInteger(each)).toBe(true);
    }),
  );
});

const targeted = (...lines: string[]): ReturnType<typeof targetedControl> =>
  targetedControl(fields(...lines.map((line) => `CDN-Cache-Control: ${line}`)), 'cdn-cache-control');

it('reads CDN-Cache-Control as a dictionary over all lines, the last of a repeated key', () => {
  expect(targeted('max-age=60, foobar', 'no-cache')).toMatchObject({ maxAge: 60, noCache: true });
  expect(targeted('max-age=1, max-age=60;a=1; b')).toMatchObject({ maxAge: 60 });
  expect(targeted('max-age=99999999999')).toMatchObject({ maxAge: SECONDS_MAX });
  expect(targeted('stale-while-revalidate=3, stale-if-error=4')).toMatchObject({
    staleWhileRevalidate: 3,
    staleIfError: 4,
  });
  expect(targeted('no-store=?0, private')).toMatchObject({ noStore: false, isPrivate: true });
});

it.each([
  'max-age=10000, &&&&&',
  'max-age="10000"',
  'max-age =100',
  'max-age= 100',
  'MaX-aGe=3600',
  '',
  'max-age=1,',
  'max-age=-1',
  'max-age=1.5',
  'a=(1 2',
  'max-age=1;',
  'a="\\n"',
])('ignores the whole of CDN-Cache-Control %j', (value) => {
  expect(targeted(value)).toBeUndefined();
});

it('reads every type of structured value, whatever it means', () => {
  const text = 'a=1, b=1.5, c="x\\"y", d=tok/en:*, e=:AQ==:, f=?0, g=(1 "a" tok);p=2, h=@1659578233, *i';
  expect([...(parseDictionary(text) ?? new Map()).values()]).toEqual([
    '1',
    '1.5',
    '"x\\"y"',
    'tok/en:*',
    ':AQ==:',
    '?0',
    '(',
    '@1659578233',
    '?1',
  ]);
});

it('never throws on what is no dictionary', () => {
  const unit = fc.constantFrom(
    'a',
    '=',
    '"',
    ',',
    ' ',
    '1',
    ';',
    '(',
    ')',
    ':',
    '?',
    '\\',
    '.',
    '-',
    '*',
    '@',
    '\t',
  );
  fc.assert(fc.property(fc.string({ unit, maxLength: 30 }), (value) => void parseDictionary(value)));
});
