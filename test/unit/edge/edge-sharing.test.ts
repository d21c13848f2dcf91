// What may go to more than one viewer, and what happens to those who waited for what may not.

import { describe, expect, test } from 'vitest';
import { Bench, OBJECT_BYTES_MAX } from './edge-bench.ts';

const FORBIDDEN: readonly (readonly [string, string])[] = [
  ['private', 'Cache-Control: private, max-age=60'],
  ['no-store', 'Cache-Control: no-store'],
  ['Set-Cookie', 'Set-Cookie: session=1'],
  ['Vary: *', 'Vary: *'],
];

describe('a response that is for one viewer', () => {
  for (const [name, line] of FORBIDDEN) {
    for (const target of ['/a.ts', '/a', '/a.m3u8']) {
      test(`is not shared and not stored: ${name} on ${target}`, () => {
        const bench = new Bench();
        const [first, second] = [bench.get(target), bench.get(target)];
        const fill = bench.last.head(200, [line], 7);
        expect(bench.asked).toHaveLength(2);
        expect(bench.last.kind).toBe('pass');
        const late = bench.get(target);
        expect(bench.last.kind).toBe('pass');
        bench.last.answer(200, [line], 'the 3rd');
        bench.asked[1]?.answer(200, [line], 'the 2nd');
        fill.bytes('the 1st').end();
        expect([first.body, second.body, late.body]).toEqual(['the 1st', 'the 2nd', 'the 3rd']);
        expect(first.field('cache-status')).toBe('ringcast; fwd=uri-miss');
        expect(second.field('cache-status')).toBe('ringcast; fwd=uri-miss');
        expect([first.answers, second.answers, late.answers]).toEqual([1, 1, 1]);
        expect(bench.requests).toEqual({ origin: 1, passed: 2 });
        expect(bench.stored.size).toBe(0);
        bench.expectQuiet();
      });
    }
  }

  test('is remembered as such for ten seconds, and then tried again', () => {
    const bench = new Bench();
    bench.get('/a.ts');
    bench.last.answer(200, ['Cache-Control: private'], 'mine');
    bench.nowMs += 9_999;
    bench.get('/a.ts');
    expect(bench.last.kind).toBe('pass');
    bench.nowMs += 1;
    bench.get('/a.ts');
    expect(bench.last.kind).toBe('origin');
  });
});

describe('an error that a viewer may have brought about', () => {
  test.each([400, 401, 403, 431])('is that viewer’s alone, and ends no sharing: %i', (status) => {
    const bench = new Bench();
    const [odd, good] = [bench.get('/a.ts', 'Cookie: bad'), bench.get('/a.ts')];
    bench.last.answer(status, [], 'no');
    bench.last.answer(200, ['Cache-Control: max-age=60'], 'good');
    expect([odd.status, good.status, good.body]).toEqual([status, 200, 'good']);
    bench.get('/a.ts');
    expect(bench.last.kind).toBe('origin');
    expect(bench.stored.size).toBe(0);
  });

  test('does not come from a request’s own no-store: the next viewers share again', () => {
    const bench = new Bench();
    const own = bench.get('/a', 'Cache-Control: no-store');
    bench.last.answer(200, ['Cache-Control: max-age=60'], 'x');
    expect([own.body, bench.stored.size]).toEqual(['x', 0]);
    bench.get('/a');
    expect(bench.last.kind).toBe('origin');
  });
});

describe('an error that is everybody’s', () => {
  test('goes to all who wait, and is not stored: 503', () => {
    const bench = new Bench();
    const viewers = [bench.get('/a.ts'), bench.get('/a.ts')];
    bench.last.answer(503, ['Cache-Control: no-store'], 'down');
    expect(viewers.map((each) => [each.status, each.body])).toEqual([
      [503, 'down'],
      [503, 'down'],
    ]);
    expect([bench.asked.length, bench.stored.size]).toEqual([1, 0]);
    expect(bench.counts['origin_failures.status']).toBe(1);
    bench.get('/a.ts');
    expect(bench.last.kind).toBe('origin');
  });

  test('is not shared with a Set-Cookie in it', () => {
    const bench = new Bench();
    bench.get('/a.ts');
    bench.get('/a.ts');
    bench.last.head(503, ['Set-Cookie: session=1'], 4);
    expect(bench.last.kind).toBe('pass');
  });

  test('404 of a segment is kept for a second', () => {
    const bench = new Bench();
    bench.get('/a.ts');
    bench.last.answer(404, [], 'none');
    bench.nowMs += 999;
    expect(bench.get('/a.ts').status).toBe(404);
    expect(bench.asked).toHaveLength(1);
    bench.nowMs += 1;
    bench.get('/a.ts');
    expect(bench.asked).toHaveLength(2);
  });
});

describe('a stale response', () => {
  function stale(...lines: string[]): Bench {
    const bench = new Bench();
    bench.get('/a.ts');
    bench.last.answer(200, ['Cache-Control: max-age=1', 'ETag: "a"', ...lines], 'old');
    bench.nowMs += 5000;
    return bench;
  }

  test('is validated once for all, and served to all when it still holds', () => {
    const bench = stale();
    const viewers = [bench.get('/a.ts'), bench.get('/a.ts')];
    expect(bench.last.header('if-none-match')).toBe('"a"');
    bench.last.answer(304, ['ETag: "a"', 'Cache-Control: max-age=60']);
    expect(viewers.map((each) => [each.status, each.body, each.field('age')])).toEqual([
      [200, 'old', '0'],
      [200, 'old', '0'],
    ]);
    expect(viewers[0]?.field('cache-status')).toBe('ringcast; fwd=stale; fwd-status=304');
    expect(viewers[1]?.field('cache-status')).toBe('ringcast; fwd=stale; fwd-status=304; collapsed');
    expect(bench.requests).toEqual({ origin: 1, revalidated: 2 });
    bench.nowMs += 59_000;
    expect(bench.get('/a.ts').field('age')).toBe('59');
    expect(bench.asked).toHaveLength(2);
    bench.expectQuiet();
  });

  test('is dropped when the 304 is about another: everybody gets their own', () => {
    const bench = stale();
    const viewer = bench.get('/a.ts');
    bench.last.answer(304, ['ETag: "b"']);
    expect(bench.last.kind).toBe('pass');
    bench.last.answer(200, ['ETag: "b"'], 'new');
    expect([viewer.status, viewer.body, bench.find('/a.ts')]).toEqual([200, 'new', undefined]);
    bench.expectQuiet();
  });

  test.each([
    ['the origin is unreachable', (bench: Bench) => bench.last.fail('origin-unreachable')],
    ['the origin does not answer in time', (bench: Bench) => bench.last.fail('origin-timeout')],
    ['the origin answers 503', (bench: Bench) => bench.last.answer(503, [], 'down')],
  ])('is served while %s, within its bound', (_, fail) => {
    const bench = stale();
    const viewers = [bench.get('/a.ts'), bench.get('/a.ts')];
    fail(bench);
    expect(viewers.map((each) => [each.status, each.body])).toEqual([
      [200, 'old'],
      [200, 'old'],
    ]);
    expect(viewers[0]?.field('age')).toBe('5');
    expect(bench.requests).toEqual({ origin: 1, stale: 2 });
    bench.expectQuiet();
    bench.nowMs += 60_000;
    const late = bench.get('/a.ts');
    fail(bench);
    expect(late.status).toBeGreaterThanOrEqual(500);
    bench.expectQuiet();
  });

  test('is not served on an error where the origin forbade it', () => {
    const bench = stale('Cache-Control: must-revalidate');
    const viewer = bench.get('/a.ts');
    bench.last.fail('origin-unreachable');
    expect([viewer.status, viewer.code]).toEqual([502, 'origin-unreachable']);
    expect(bench.requests).toEqual({ origin: 1, failed: 1 });
  });

  test('is served at once while one request validates it in the background', () => {
    const bench = stale('Cache-Control: stale-while-revalidate=30');
    const viewers = [bench.get('/a.ts'), bench.get('/a.ts')];
    expect(viewers.map((each) => [each.body, each.outcome])).toEqual([
      ['old', 'end'],
      ['old', 'end'],
    ]);
    expect(bench.asked).toHaveLength(2);
    expect(bench.last.header('if-none-match')).toBe('"a"');
    bench.last.answer(200, ['Cache-Control: max-age=60'], 'new');
    expect(bench.get('/a.ts').body).toBe('new');
    expect(bench.requests).toEqual({ origin: 1, stale: 2, ram: 1 });
    bench.expectQuiet();
  });

  test('validated in the background by what may not be stored leaves nothing behind', () => {
    const bench = stale('Cache-Control: stale-while-revalidate=30');
    bench.get('/a.ts');
    bench.last.head(200, ['Cache-Control: no-store']);
    expect(bench.last.cancelled).toBe(true);
    bench.expectQuiet();
    // The origin has taken its word back: the old response is not served any more.
    bench.get('/a.ts').leave();
    expect(bench.last.kind).toBe('pass');
  });
});

describe('a response that varies', () => {
  const VARIED = ['Cache-Control: max-age=1', 'Vary: Accept-Language', 'ETag: "v"'];

  test('goes only to those whose request selects it', () => {
    const bench = new Bench();
    const [de, en] = [bench.get('/a', 'Accept-Language: de'), bench.get('/a', 'Accept-Language: en')];
    bench.last.answer(200, VARIED, 'hallo');
    expect(bench.last.kind).toBe('pass');
    bench.last.answer(200, VARIED, 'hello');
    expect([de.body, en.body]).toEqual(['hallo', 'hello']);
    expect(bench.get('/a', 'Accept-Language: de').body).toBe('hallo');
    const miss = bench.get('/a', 'Accept-Language: en');
    bench.last.answer(200, VARIED, 'hello');
    expect(miss.field('cache-status')).toBe('ringcast; fwd=vary-miss; stored');
  });

  test.each([
    ['validated', (bench: Bench) => bench.last.answer(304, ['ETag: "v"'])],
    ['kept in spite of an error', (bench: Bench) => bench.last.fail('origin-unreachable')],
  ])('goes only to those when it is %s, too', (_, settle) => {
    const bench = new Bench();
    bench.get('/a', 'Accept-Language: de');
    bench.last.answer(200, VARIED, 'hallo');
    bench.nowMs += 5000;
    const [de, en] = [bench.get('/a', 'Accept-Language: de'), bench.get('/a', 'Accept-Language: en')];
    settle(bench);
    bench.last.answer(200, VARIED, 'hello');
    expect([de.body, en.body]).toEqual(['hallo', 'hello']);
    bench.expectQuiet();
  });

  test('does not come back when its name was invalidated and another variant is stored', () => {
    const bench = new Bench();
    const hour = ['Cache-Control: max-age=3600', 'Vary: Accept-Language'];
    bench.get('/a', 'Accept-Language: de');
    bench.last.answer(200, hour, 'alt');
    bench.get('/a', 'Accept-Language: en');
    bench.last.answer(200, hour, 'old');
    expect(bench.get('/a', 'Accept-Language: de').body).toBe('alt');
    bench.send('POST', '/a');
    bench.last.answer(204, []);
    bench.get('/a', 'Accept-Language: en');
    bench.last.answer(200, hour, 'new');
    const de = bench.get('/a', 'Accept-Language: de');
    expect(de.answers).toBe(0);
    bench.last.answer(200, hour, 'neu');
    expect([de.body, bench.get('/a', 'Accept-Language: en').body]).toEqual(['neu', 'new']);
  });

  test('withholds fields that are for the first viewer only', () => {
    const bench = new Bench();
    const [first, second] = [bench.get('/a.ts'), bench.get('/a.ts')];
    bench.last.answer(200, ['Cache-Control: max-age=60, private="x-user"', 'X-User: ada'], 'x');
    expect([first.field('x-user'), second.field('x-user')]).toEqual(['ada', undefined]);
  });
});

describe('an object that is too large to hold', () => {
  test('is passed to each who asks, at once from then on', () => {
    const bench = new Bench();
    const viewers = [bench.get('/a.ts'), bench.get('/a.ts', 'Range: bytes=5-')];
    bench.last.head(200, ['Cache-Control: max-age=60'], OBJECT_BYTES_MAX + 1);
    expect(bench.asked.map((each) => [each.kind, each.cancelled])).toEqual([
      ['origin', true],
      ['pass', false],
      ['pass', false],
    ]);
    expect(bench.last.header('range')).toBe('bytes=5-');
    bench.asked[1]?.answer(200, [], 'all of it');
    bench.last.answer(206, ['Content-Range: bytes 5-8/9'], 'f it');
    expect(viewers.map((each) => [each.status, each.body])).toEqual([
      [200, 'all of it'],
      [206, 'f it'],
    ]);
    expect(viewers[1]?.field('content-range')).toBe('bytes 5-8/9');
    expect(bench.requests).toEqual({ passed: 2 });
    bench.get('/a.ts').leave();
    expect(bench.last.kind).toBe('pass');
    bench.expectQuiet();
  });

  test('though its length was not announced breaks off once, and is passed from then on', () => {
    const bench = new Bench();
    const viewer = bench.get('/a.ts');
    bench.last.head(200, ['Cache-Control: max-age=60']).bytes('x'.repeat(OBJECT_BYTES_MAX));
    expect(viewer.outcome).toBe('open');
    bench.last.bytes('y');
    expect([viewer.outcome, viewer.body.length]).toEqual(['abort', OBJECT_BYTES_MAX]);
    expect([bench.asked.length, bench.stored.size]).toEqual([1, 0]);
    expect(bench.counts['origin_failures.truncated']).toBe(0);
    bench.get('/a.ts').leave();
    expect(bench.last.kind).toBe('pass');
    bench.expectQuiet();
  });
});
