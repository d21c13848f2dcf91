import fc from 'fast-check';
import { expect, it } from 'vitest';
import { keySuffix, matches, suffixFor, varying } from '../../../../agent/edge/policy/vary.ts';
import { fields } from '../exchanges.ts';

const by = (vary: string, ...request: string[]) => varying(fields(`Vary: ${vary}`), fields(...request));
const selects = (vary: string, first: string[], second: string[]): boolean =>
  matches(by(vary, ...first) ?? [], fields(...second));

it('matches a request with the same values, in any order of fields', () => {
  expect(selects('Foo, Bar', ['Foo: 1', 'Bar: abc', 'Other: 2'], ['Other: 3', 'Bar: abc', 'Foo: 1'])).toBe(
    true,
  );
});

it('does not match a request with another value, or one without the field', () => {
  expect(selects('Foo', ['Foo: 1'], ['Foo: 2'])).toBe(false);
  expect(selects('Foo', ['Foo: 1'], [])).toBe(false);
  expect(selects('Foo', [], ['Foo: 1'])).toBe(false);
  expect(selects('Foo', [], ['Foo:'])).toBe(false);
  expect(selects('Foo, Bar, Baz', ['Foo: 1', 'Baz: 789'], ['Foo: 1', 'Baz: 789'])).toBe(true);
});

it.each(['*', '*, *', ', *', '*, Foo', 'Foo, *'])('gives no key to a response that varies by %j', (vary) => {
  expect(by(vary)).toBeUndefined();
});

it('finds a star on any line of Vary', () => {
  expect(varying(fields('Vary:', 'Vary: *'), [])).toBeUndefined();
});

it('gives no key to a response that varies by more fields than are kept', () => {
  expect(by(Array.from({ length: 17 }, (_, each) => `f${each}`).join(','))).toBeUndefined();
  expect(by(Array.from({ length: 16 }, (_, each) => `f${each}`).join(','))).toHaveLength(16);
});

it('brings white space and lines of unknown fields to one form, but not their order or case', () => {
  expect(selects('Foo', ['Foo: 1,2'], ['Foo:  1, 2 '])).toBe(true);
  expect(selects('Foo', ['Foo: 1, 2'], ['Foo: 1', 'Foo: 2'])).toBe(true);
  expect(selects('Foo', ['Foo: 1, 2'], ['Foo: 2, 1'])).toBe(false);
  expect(selects('Foo', ['Foo: a'], ['Foo: A'])).toBe(false);
});

it('ignores order, case and white space in the Accept fields', () => {
  expect(selects('Accept-Language', ['Accept-Language: en, de'], ['Accept-Language: De ,   eN'])).toBe(true);
  expect(
    selects('Accept-Language', ['Accept-Language: en, de;q=0.5'], ['Accept-Language: de;q=0.6, en']),
  ).toBe(false);
});

it('does not vary by fields that the agent sets itself', () => {
  const request = fields('Accept-Encoding: br', 'Foo: 1');
  expect(varying(fields('Vary: Accept-Encoding, Foo'), request, new Set(['accept-encoding']))).toEqual([
    ['foo', '1'],
  ]);
});

it('keys a request as the response was keyed exactly where it matches', () => {
  const value = fc.option(fc.constantFrom('1', '2', '', '1,2'), { nil: undefined });
  const request = (foo: string | undefined, bar: string | undefined): string[] => [
    ...(foo === undefined ? [] : [`Foo: ${foo}`]),
    ...(bar === undefined ? [] : [`Bar: ${bar}`]),
  ];
  fc.assert(
    fc.property(value, value, value, value, (foo, bar, foo2, bar2) => {
      const vary = by('Foo, Bar', ...request(foo, bar)) ?? [];
      const other = fields(...request(foo2, bar2));
      expect(suffixFor(vary, other) === keySuffix(vary)).toBe(matches(vary, other));
    }),
  );
});

it('appends nothing to the name of a response that does not vary', () => {
  expect(keySuffix(varying([], fields('Foo: 1')) ?? [])).toBe('');
});
