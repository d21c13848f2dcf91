// Ranges and conditions, while the object arrives and when it is stored.

import { describe, expect, test } from 'vitest';
import { Bench, OBJECT_BYTES_MAX } from './edge-bench.ts';

const HEADERS = ['Cache-Control: max-age=60', 'ETag: "a"', 'Last-Modified: Sun, 01 Mar 2026 10:00:00 GMT'];
const BODY = '0123456789';

/** The same request, before the head, half-way and on the stored object. */
function thrice(...lines: string[]) {
  const bench = new Bench();
  const first = bench.get('/a.ts', ...lines);
  bench.last.head(200, HEADERS, BODY.length).bytes('01234');
  const midway = bench.get('/a.ts', ...lines);
  bench.last.bytes('56789').end();
  const hit = bench.get('/a.ts', ...lines);
  expect(bench.asked).toHaveLength(1);
  expect(bench.last.header('range')).toBeUndefined();
  bench.expectQuiet();
  return [first, midway, hit].map((each) => ({
    status: each.status,
    body: each.body,
    size: each.size,
    range: each.field('content-range'),
    outcome: each.outcome,
  }));
}

describe('a range', () => {
  test.each([
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=8-99', '89', 'bytes 8-9/10'],
    ['bytes=-99', BODY, 'bytes 0-9/10'],
  ])('%s is answered in the same way while the object arrives and from the store', (range, body, said) => {
    for (const each of thrice(`Range: ${range}`)) {
      expect(each).toEqual({ status: 206, body, size: body.length, range: said, outcome: 'end' });
    }
  });

  test('that lies behind the end is answered 416 with the size', () => {
    for (const each of thrice('Range: bytes=10-')) {
      expect(each).toEqual({ status: 416, body: '', size: 0, range: 'bytes */10', outcome: 'end' });
    }
  });

  test.each(['bytes=0-1,4-5', 'bytes=5-2', 'lines=1-2'])('%s is answered with the whole', (range) => {
    for (const each of thrice(`Range: ${range}`)) {
      expect(each).toEqual({ status: 200, body: BODY, size: 10, range: undefined, outcome: 'end' });
    }
  });

  test('counts only if If-Range names this object', () => {
    for (const each of thrice('Range: bytes=2-4', 'If-Range: "a"')) expect(each.body).toBe('234');
    for (const each of thrice('Range: bytes=2-4', 'If-Range: "b"'))
      expect([each.status, each.body]).toEqual([200, BODY]);
  });

  test('of an object of unknown size is answered as soon as its bytes, or the end, are there', () => {
    const bench = new Bench();
    const suffix = bench.get('/a.ts', 'Range: bytes=-3');
    bench.last.head(200, HEADERS).bytes('01234');
    const there = bench.get('/a.ts', 'Range: bytes=1-3');
    const soon = bench.get('/a.ts', 'Range: bytes=3-7');
    const beyond = bench.get('/a.ts', 'Range: bytes=10-');
    const all = bench.get('/a.ts', 'Range: bytes=0-');
    expect([there.status, there.body, there.field('content-range')]).toEqual([206, '123', 'bytes 1-3/*']);
    expect([all.status, all.body, soon.answers]).toEqual([200, '01234', 0]);
    bench.last.bytes('56').bytes('78');
    expect([soon.status, soon.body, soon.field('content-range')]).toEqual([206, '34567', 'bytes 3-7/*']);
    bench.last.bytes('9').end();
    expect([suffix.status, suffix.body, suffix.field('content-range')]).toEqual([206, '789', 'bytes 7-9/10']);
    expect([beyond.status, beyond.field('content-range')]).toEqual([416, 'bytes */10']);
    expect(bench.requests).toEqual({ origin: 1, joined: 4 });
    bench.expectQuiet();
  });

  test('that is waited for is told when it never comes, and given up when its viewer leaves', () => {
    const bench = new Bench();
    const [failed, gone] = [bench.get('/a.ts', 'Range: bytes=7-8'), bench.get('/a.ts', 'Range: bytes=-3')];
    bench.last.head(200, ['Cache-Control: max-age=60']).bytes('01234');
    gone.leave();
    bench.last.fail('origin-broken');
    expect([failed.status, failed.code, gone.answers]).toEqual([502, 'origin-broken', 0]);
    const only = bench.get('/b.ts', 'Range: bytes=7-8');
    bench.last.head(200, ['Cache-Control: no-store']).bytes('01234');
    expect(bench.last.live).toBe(true);
    only.leave();
    expect(bench.requests).toEqual({ failed: 1 });
    bench.expectQuiet();
  });

  test('that is waited for in what becomes too large is passed', () => {
    const bench = new Bench();
    const viewer = bench.get('/a.ts', 'Range: bytes=-3');
    bench.last.head(200, ['Cache-Control: max-age=60']).bytes('x'.repeat(OBJECT_BYTES_MAX + 1));
    expect([bench.last.kind, bench.last.header('range')]).toEqual(['pass', 'bytes=-3']);
    bench.last.answer(206, ['Content-Range: bytes 1-3/4'], 'xxx');
    expect([viewer.status, viewer.body, viewer.answers]).toEqual([206, 'xxx', 1]);
    bench.expectQuiet();
  });

  test('that is whole already ends well, though the rest breaks off', () => {
    const bench = new Bench();
    const part = bench.get('/a.ts', 'Range: bytes=0-3');
    const whole = bench.get('/a.ts');
    bench.last
      .head(200, ['ETag: W/"a"', 'Cache-Control: max-age=60'], 10)
      .bytes('01234')
      .fail('origin-broken');
    expect([part.outcome, part.body, whole.outcome]).toEqual(['end', '0123', 'abort']);
    bench.expectQuiet();
  });
});

describe('a condition', () => {
  test.each([
    ['If-None-Match: "a"', 304],
    ['If-None-Match: W/"a"', 304],
    ['If-Modified-Since: Sun, 01 Mar 2026 11:00:00 GMT', 304],
    ['If-Match: "b"', 412],
  ])('%s is answered %i without a body, on a fill and on a hit', (line, status) => {
    for (const each of thrice(line))
      expect([each.status, each.body, each.outcome]).toEqual([status, '', 'end']);
  });

  test('that holds not is answered with the whole', () => {
    for (const each of thrice('If-None-Match: "b"')) expect([each.status, each.body]).toEqual([200, BODY]);
  });
});
