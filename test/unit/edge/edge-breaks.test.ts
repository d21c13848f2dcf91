// Objects that break off: what viewers see of it, what is asked next, and that nothing broken is ever stored.

import { describe, expect, test } from 'vitest';
import { Bench } from './edge-bench.ts';

const STRONG = ['Cache-Control: max-age=60', 'ETag: "a"'];
const WEAK = ['Cache-Control: max-age=60', 'ETag: W/"a"'];

/** Two viewers, five of ten bytes, then the connection breaks. */
function broken(lines: readonly string[], size = 10) {
  const bench = new Bench();
  const viewers = [bench.get('/a.ts'), bench.get('/a.ts')];
  bench.last.head(200, lines, size).bytes('01234').fail('origin-broken');
  return { bench, viewers, outcomes: () => viewers.map((each) => [each.body, each.outcome, each.answers]) };
}

const TORN = ['01234', 'abort', 1];
const WHOLE = ['0123456789', 'end', 1];

describe('a segment that breaks off in the middle', () => {
  test('goes on where it broke, if a strong tag and its size say that it is the same', () => {
    const { bench, outcomes } = broken(STRONG);
    expect([bench.last.header('range'), bench.last.header('if-range')]).toEqual(['bytes=5-', '"a"']);
    bench.last.head(206, ['ETag: "a"', 'Content-Range: bytes 5-9/10'], 5).bytes('56789').end();
    expect(outcomes()).toEqual([WHOLE, WHOLE]);
    expect(bench.get('/a.ts').body).toBe('0123456789');
    expect([bench.asked.length, bench.counts['fills.resumed']]).toEqual([2, 1]);
    expect(bench.counts['origin_failures.truncated']).toBe(1);
    bench.expectQuiet();
  });

  test('goes on behind what is there when the origin sends the same whole again', () => {
    const { bench, outcomes } = broken(STRONG);
    bench.last.head(200, STRONG, 10).bytes('012').bytes('3456').bytes('789').end();
    expect(outcomes()).toEqual([WHOLE, WHOLE]);
    expect(bench.counts['origin_bytes.segment']).toBe(15);
    bench.expectQuiet();
  });

  test.each([
    ['a weak tag', WEAK, 10],
    ['no tag', ['Cache-Control: max-age=60'], 10],
    ['no size', STRONG, -1],
  ])('is cut where it has %s: nothing could be held to it', (_, lines, size) => {
    const { bench, outcomes } = broken(lines, size);
    expect(outcomes()).toEqual([TORN, TORN]);
    expect([bench.asked.length, bench.stored.size]).toEqual([1, 0]);
    bench.expectQuiet();
    const next = bench.get('/a.ts');
    bench.last.answer(200, lines, '0123456789');
    expect(next.body).toBe('0123456789');
  });

  test.each([
    ['another tag', 206, ['ETag: "b"', 'Content-Range: bytes 5-9/10'], 5],
    ['another size', 206, ['ETag: "a"', 'Content-Range: bytes 5-10/11'], 6],
    ['another place', 206, ['ETag: "a"', 'Content-Range: bytes 4-9/10'], 6],
    ['another object', 200, ['ETag: "b"'], 10],
    ['no such range', 416, ['Content-Range: bytes */3'], 0],
  ] as const)('is cut when the origin then has %s, which is final', (_, status, lines, size) => {
    const { bench, outcomes } = broken(STRONG);
    bench.last.head(status, lines, size).bytes('xxxxx');
    expect(outcomes()).toEqual([TORN, TORN]);
    expect([bench.asked.length, bench.stored.size]).toEqual([2, 0]);
    bench.expectQuiet();
  });

  test('twice is cut: the origin is asked twice at most', () => {
    const { bench, outcomes } = broken(STRONG);
    bench.last.head(206, ['ETag: "a"', 'Content-Range: bytes 5-9/10'], 5).bytes('56').fail('origin-broken');
    expect(outcomes()).toEqual([
      ['0123456', 'abort', 1],
      ['0123456', 'abort', 1],
    ]);
    expect([bench.asked.length, bench.stored.size]).toEqual([2, 0]);
    bench.expectQuiet();
  });

  test('with a time-out is cut at once: the origin is not asked again', () => {
    const bench = new Bench();
    const viewer = bench.get('/a.ts');
    bench.last.head(200, STRONG, 10).bytes('01234').fail('origin-timeout');
    expect([viewer.outcome, bench.asked.length]).toEqual(['abort', 1]);
    bench.expectQuiet();
  });

  test('joined while the next source is asked, gives the joiner all of it', () => {
    const { bench } = broken(STRONG);
    const late = bench.get('/a.ts');
    expect(late.body).toBe('01234');
    bench.last.head(206, ['ETag: "a"', 'Content-Range: bytes 5-9/10'], 5).bytes('56789').end();
    expect([late.body, late.outcome]).toEqual(['0123456789', 'end']);
    bench.expectQuiet();
  });
});

describe('a segment that breaks off before its first byte', () => {
  test('is asked for once more when no head has come', () => {
    const bench = new Bench();
    const viewer = bench.get('/a.ts');
    bench.last.fail('origin-broken');
    bench.last.answer(200, STRONG, 'hello');
    expect([viewer.body, bench.asked.length]).toEqual(['hello', 2]);
    bench.expectQuiet();
  });

  test.each([
    ['goes on under the same head, weak or not', WEAK, ['hello', 'end', 1]],
    ['is cut under another head', STRONG, ['', 'abort', 1]],
  ])('%s', (_, lines, outcome) => {
    const bench = new Bench();
    const viewer = bench.get('/a.ts');
    bench.last.head(200, WEAK, 5).fail('origin-broken');
    expect(bench.last.header('range')).toBeUndefined();
    bench.last.head(200, lines, 5).bytes('hello').end();
    expect([viewer.body, viewer.outcome, viewer.answers]).toEqual(outcome);
    bench.expectQuiet();
  });

  test('twice is 502 with a code', () => {
    const bench = new Bench();
    const viewers = [bench.get('/a.ts'), bench.get('/a.ts')];
    bench.last.fail('origin-broken');
    bench.last.fail('origin-broken');
    expect(viewers.map((each) => [each.status, each.code])).toEqual([
      [502, 'origin-broken'],
      [502, 'origin-broken'],
    ]);
    expect([bench.asked.length, bench.requests]).toEqual([2, { failed: 2 }]);
    bench.expectQuiet();
  });

  test.each([
    ['origin-unreachable', 502],
    ['origin-timeout', 504],
  ] as const)('because of %s is told at once: %i', (reason, status) => {
    const bench = new Bench();
    const viewer = bench.get('/a.ts');
    bench.last.fail(reason);
    expect([viewer.status, viewer.code, bench.asked.length]).toEqual([status, reason, 1]);
    bench.expectQuiet();
  });
});

describe('a body of another length than announced', () => {
  test('too short, with a clean end, is not stored', () => {
    const bench = new Bench();
    const viewer = bench.get('/a.ts');
    bench.last.head(200, WEAK, 10).bytes('01234').end();
    expect([viewer.body, viewer.outcome, bench.stored.size]).toEqual(['01234', 'abort', 0]);
    bench.expectQuiet();
  });

  test('too long is not stored, and nobody gets a byte too many', () => {
    const bench = new Bench();
    const viewer = bench.get('/a.ts');
    bench.last.head(200, WEAK, 10).bytes('01234').bytes('56789x');
    expect([viewer.body, viewer.outcome, bench.stored.size]).toEqual(['01234', 'abort', 0]);
    expect(bench.asked[0]?.cancelled).toBe(true);
    bench.expectQuiet();
  });

  test('which breaks after the last byte announced is not stored, and not asked for at its end', () => {
    const bench = new Bench();
    const viewer = bench.get('/a.ts');
    bench.last.head(200, STRONG, 5).bytes('hello').fail('origin-broken');
    expect([viewer.body, viewer.outcome, bench.stored.size, bench.asked.length]).toEqual([
      'hello',
      'end',
      0,
      1,
    ]);
    bench.expectQuiet();
  });
});

test('what comes after an error was answered from a stored response changes nothing', () => {
  const bench = new Bench();
  bench.get('/a.ts');
  bench.last.answer(200, ['Cache-Control: max-age=1'], 'old');
  bench.nowMs += 5000;
  const viewer = bench.get('/a.ts');
  bench.last.head(503, [], 100).bytes('half').fail('origin-broken');
  expect([viewer.body, viewer.answers, bench.asked.length]).toEqual(['old', 1, 2]);
  bench.expectQuiet();
});
