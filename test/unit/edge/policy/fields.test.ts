import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  combined,
  endToEnd,
  get,
  listed,
  splitList,
  trim,
  unquoted,
} from '../../../../agent/edge/policy/fields.ts';
import { fields } from '../exchanges.ts';

it('finds the first of repeated lines and joins them all in order', () => {
  const headers = fields('A: 1', 'B: 2', 'A: 3');
  expect(get(headers, 'a')).toBe('1');
  expect(combined(headers, 'a')).toBe('1, 3');
  expect(combined(headers, 'c')).toBeUndefined();
});

it('splits lists at commas, but not within quoted strings', () => {
  expect(splitList('a, b="c,d" ,, e')).toEqual(['a', 'b="c,d"', 'e']);
  expect(splitList('a="",b="c,d"')).toEqual(['a=""', 'b="c,d"']);
  expect(splitList('a="x\\",y", b')).toEqual(['a="x\\",y"', 'b']);
});

it('does not let a quote that never closes hide what follows', () => {
  expect(splitList('x="abc, no-store')).toEqual(['x="abc', 'no-store']);
  expect(splitList('x="abc\\", no-store\\')).toEqual(['x="abc\\"', 'no-store\\']);
});

it('splits whatever comes without losing a character that is not a comma or white space', () => {
  const text = fc.string({ unit: fc.constantFrom('a', ',', '"', '\\', ' ', '\t', '='), maxLength: 40 });
  fc.assert(
    fc.property(text, (value) => {
      const bare = (from: string): string => from.replace(/[, \t]/g, '');
      expect(bare(splitList(value).join(''))).toBe(bare(value));
      for (const member of splitList(value)) expect(trim(member)).toBe(member);
    }),
  );
});

it('splits a megabyte of quotes and commas in linear time', () => {
  expect(splitList('"\\"'.repeat(300_000)).length).toBe(1);
  expect(splitList(`"${'\\"'.repeat(300_000)}`).length).toBe(1);
});

it('takes the quotes and escapes off a quoted string only', () => {
  expect(unquoted('"a\\"b"')).toBe('a"b');
  expect(unquoted('a"b')).toBe('a"b');
  expect(unquoted('"')).toBe('"');
});

it('leaves out the fields of the hop and those that Connection names', () => {
  const headers = fields(
    'Connection: close, X-Secret',
    'Connection: y',
    'X-Secret: 1',
    'Y: 2',
    'Te: z',
    'Keep: 1',
  );
  expect(endToEnd(headers)).toEqual([['keep', '1']]);
});

it.each([
  'Connection',
  'Keep-Alive',
  'Proxy-Authenticate',
  'Proxy-Authentication-Info',
  'Proxy-Authorization',
  'Proxy-Connection',
  'TE',
  'Trailer',
  'Transfer-Encoding',
  'Upgrade',
])('treats %s as belonging to the hop', (name) => {
  expect(endToEnd(fields(`${name}: 1`, 'X-Proxy: 2'))).toEqual([['x-proxy', '2']]);
});

it('lists the members of a field over all of its lines', () => {
  expect(listed(fields('Vary: a, b', 'Vary:', 'Vary: c'), 'vary')).toEqual(['a', 'b', 'c']);
});
