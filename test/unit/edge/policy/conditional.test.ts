import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Plan, plan, type Selected } from '../../../../agent/edge/policy/conditional.ts';
import { parseRange } from '../../../../agent/edge/policy/range.ts';
import { dated, fields, get, NOW } from '../exchanges.ts';

const TEXT = fields('ETag: "abc"', dated('Last-Modified', -3000), dated('Date', 0));
const selected = (size = 10, headers = TEXT): Selected => ({ status: 200, headers, size, received: size });
const kind = (request: string[], headers = TEXT): Plan['kind'] =>
  plan(get(...request), selected(10, headers), NOW).kind;
const range = (value: string, of: Selected = selected()): Plan => plan(get(`Range: ${value}`), of, NOW);

describe('If-None-Match', () => {
  it('answers not-modified for the same tag, weak or strong, anywhere in the list', () => {
    expect(kind(['If-None-Match: "abc"'])).toBe('not-modified');
    expect(kind(['If-None-Match: W/"abc"'])).toBe('not-modified');
    expect(kind(['If-None-Match: "1", "a,b", "abc", "2"'])).toBe('not-modified');
    expect(kind(['If-None-Match: "1"', 'If-None-Match: "abc"'])).toBe('not-modified');
    expect(kind(['If-None-Match: *'])).toBe('not-modified');
    expect(kind(['If-None-Match: abc'], fields('ETag: abc'))).toBe('not-modified');
  });

  it('answers the whole for another tag, and for a response without one', () => {
    expect(kind(['If-None-Match: "abd"'])).toBe('whole');
    expect(kind(['If-None-Match: "ABC"'])).toBe('whole');
    expect(kind(['If-None-Match: "abc"'], fields(dated('Last-Modified', -3000)))).toBe('whole');
  });

  it('goes before If-Modified-Since, both ways', () => {
    expect(kind(['If-None-Match: "abc"', dated('If-Modified-Since', -9000)])).toBe('not-modified');
    expect(kind(['If-None-Match: "x"', dated('If-Modified-Since', 0)])).toBe('whole');
  });
});

describe('If-Modified-Since', () => {
  it('answers not-modified from the time of the last change on', () => {
    expect(kind([dated('If-Modified-Since', -3000)])).toBe('not-modified');
    expect(kind([dated('If-Modified-Since', -2000)])).toBe('not-modified');
    expect(kind([dated('If-Modified-Since', -3001)])).toBe('whole');
    expect(kind(['If-Modified-Since: yesterday'])).toBe('whole');
  });

  it('takes Date for a response without Last-Modified', () => {
    expect(kind([dated('If-Modified-Since', 0)], fields(dated('Date', 0)))).toBe('not-modified');
    expect(kind([dated('If-Modified-Since', -1)], fields(dated('Date', 0)))).toBe('whole');
  });
});

describe('If-Match and If-Unmodified-Since', () => {
  it('fail where the strong tag is another, or the response is newer', () => {
    expect(kind(['If-Match: "abc"'])).toBe('whole');
    expect(kind(['If-Match: *'])).toBe('whole');
    expect(kind(['If-Match: "x"'])).toBe('failed');
    expect(kind(['If-Match: W/"abc"'])).toBe('failed');
    expect(kind([dated('If-Unmodified-Since', -3000)])).toBe('whole');
    expect(kind([dated('If-Unmodified-Since', -3001)])).toBe('failed');
    expect(kind(['If-Match: "abc"', dated('If-Unmodified-Since', -9000)])).toBe('whole');
  });

  it('are evaluated before If-None-Match', () => {
    expect(kind(['If-Match: "x"', 'If-None-Match: "abc"'])).toBe('failed');
    expect(kind(['If-Match: "abc"', 'If-None-Match: "abc"'])).toBe('not-modified');
  });
});

it('evaluates conditions for every success', () => {
  for (const status of [200, 203, 299]) {
    expect(plan(get('If-None-Match: *'), { ...selected(), status }, NOW).kind).toBe('not-modified');
  }
});

it('evaluates nothing for errors and for other methods', () => {
  const missing = { ...selected(), status: 404 };
  expect(plan(get('If-None-Match: *', 'Range: bytes=0-1'), missing, NOW).kind).toBe('whole');
  expect(plan({ method: 'POST', headers: fields('If-None-Match: *') }, selected(), NOW).kind).toBe('whole');
});

describe('Range', () => {
  it('names the bytes of one range', () => {
    expect(range('bytes=0-1')).toEqual({ kind: 'part', from: 0, to: 2, contentRange: 'bytes 0-1/10' });
    expect(range('bytes=4-')).toEqual({ kind: 'part', from: 4, to: 10, contentRange: 'bytes 4-9/10' });
    expect(range('Bytes= 4-99')).toMatchObject({ from: 4, to: 10 });
    expect(range('bytes=-3')).toEqual({ kind: 'part', from: 7, to: 10, contentRange: 'bytes 7-9/10' });
    expect(range('bytes=-99')).toMatchObject({ from: 0, to: 10 });
    expect(range('bytes=0-1,')).toMatchObject({ from: 0, to: 2 });
  });

  it('cannot be satisfied behind the end', () => {
    expect(range('bytes=10-')).toEqual({ kind: 'unsatisfiable', contentRange: 'bytes */10' });
    expect(range('bytes=-0').kind).toBe('unsatisfiable');
    expect(range('bytes=0-', selected(0)).kind).toBe('unsatisfiable');
    expect(range('bytes=-5', selected(0)).kind).toBe('whole');
  });

  it.each([
    'bytes',
    'bytes=',
    'bytes=a-b',
    'bytes=5-4',
    'bytes=-',
    'bytes=1',
    'bytes=1-2-3',
    'items=0-1',
    'bytes=0-1,4-5',
    'bytes=0x1-2',
    'bytes=99999999999999999-',
  ])('is ignored as %j', (value) => {
    expect(range(value).kind).toBe('whole');
  });

  it('is for GET and 200 only', () => {
    expect(plan({ method: 'HEAD', headers: fields('Range: bytes=0-1') }, selected(), NOW).kind).toBe('whole');
    expect(range('bytes=0-1', { ...selected(), status: 203 }).kind).toBe('whole');
  });

  it('gives way to not-modified', () => {
    expect(kind(['Range: bytes=0-1', 'If-None-Match: "abc"'])).toBe('not-modified');
  });

  it('never leaves the representation, whatever is asked', () => {
    const number = fc.option(fc.nat(30), { nil: undefined });
    fc.assert(
      fc.property(number, number, fc.nat(20), (first, last, size) => {
        const asked = range(`bytes=${first ?? ''}-${last ?? ''}`, selected(size));
        if (asked.kind !== 'part') return;
        expect(0 <= asked.from && asked.from < asked.to && asked.to <= size).toBe(true);
        if (first !== undefined) expect(asked.from).toBe(first);
      }),
    );
  });

  it('is parsed without throwing', () => {
    const unit = fc.constantFrom('bytes', '=', '-', ',', ' ', '1', '0', '99999999', 'x', '"');
    fc.assert(fc.property(fc.string({ unit, maxLength: 12 }), (value) => void parseRange(value)));
  });
});

describe('If-Range', () => {
  const kindIf = (validator: string, headers = TEXT): string =>
    kind(['Range: bytes=0-1', `If-Range: ${validator}`], headers);

  it('lets the range stand for the same strong validator only', () => {
    expect(kindIf('"abc"')).toBe('part');
    expect(kindIf('"abd"')).toBe('whole');
    expect(kindIf('W/"abc"', fields('ETag: W/"abc"'))).toBe('whole');
    expect(kindIf('*')).toBe('whole');
  });

  it('takes a date only where it is exactly Last-Modified and a second older than the response', () => {
    const date = (seconds: number): string => dated('', seconds).slice(2);
    expect(kindIf(date(-3000))).toBe('part');
    expect(kindIf(date(-2999))).toBe('whole');
    expect(kindIf(date(-1), fields(dated('Last-Modified', -1), dated('Date', 0)))).toBe('part');
    expect(kindIf(date(0), fields(dated('Last-Modified', 0), dated('Date', 0)))).toBe('whole');
  });
});

describe('while the size is unknown', () => {
  const filling = (received: number): Selected => ({ ...selected(), size: -1, received });

  it('sends everything for a range that is everything', () => {
    expect(range('bytes=0-', filling(0)).kind).toBe('whole');
  });

  it('sends what is there already without naming the size', () => {
    expect(range('bytes=2-4', filling(5))).toEqual({
      kind: 'part',
      from: 2,
      to: 5,
      contentRange: 'bytes 2-4/*',
    });
  });

  it.each(['bytes=2-5', 'bytes=-1', 'bytes=4-'])('waits with %s until more is known', (value) => {
    expect(range(value, filling(5)).kind).toBe('wait');
  });

  it('knows a range within the announced size before its bytes have come', () => {
    expect(range('bytes=2-5', { ...selected(10), received: 0 })).toMatchObject({
      kind: 'part',
      from: 2,
      to: 6,
    });
  });
});
