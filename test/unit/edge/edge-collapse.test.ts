// Many viewers, one fetch: joining a fill, leaving it, and what is left when all have gone.

import { describe, expect, test } from 'vitest';
import { Viewer } from './edge-askers.ts';
import { Bench } from './edge-bench.ts';

const FRESH = ['Cache-Control: max-age=60', 'ETag: "a"'];

describe('viewers of one uncached object', () => {
  test('share one fetch, and late ones get it from its first byte', () => {
    const bench = new Bench();
    const early = [bench.get('/a.ts'), bench.get('/a.ts?CMCD=x'), bench.get('/a.ts')];
    bench.last.head(200, FRESH, 10).bytes('01234');
    const late = bench.get('/a.ts');
    expect(late.body).toBe('01234');
    bench.last.bytes('56789').end();
    for (const viewer of [...early, late]) {
      expect([viewer.status, viewer.body, viewer.outcome]).toEqual([200, '0123456789', 'end']);
    }
    expect(bench.asked).toHaveLength(1);
    expect(bench.requests).toEqual({ origin: 1, joined: 3 });
    expect(early[0]?.field('cache-status')).toBe('ringcast; fwd=uri-miss; stored');
    expect(late.field('cache-status')).toBe('ringcast; fwd=uri-miss; stored; collapsed');
    bench.expectQuiet();
  });

  test('are answered from the store once it is complete, with its age', () => {
    const bench = new Bench();
    bench.get('/a.ts');
    bench.last.answer(200, FRESH, 'hello');
    bench.nowMs += 7500;
    const hit = bench.get('/a.ts');
    expect([hit.body, hit.field('age'), hit.head?.source]).toEqual(['hello', '7', 'ram']);
    expect(hit.field('cache-status')).toBe('ringcast; hit; ttl=52');
    expect(bench.requests).toEqual({ origin: 1, ram: 1 });
  });

  test('read at their own pace: a slow one holds up nobody', () => {
    const bench = new Bench();
    const slow = new Viewer();
    slow.full = true;
    bench.as(slow, 'GET', '/a.ts');
    const quick = bench.get('/a.ts');
    bench.last.answer(200, FRESH, '0123456789');
    expect([quick.outcome, slow.outcome, slow.body]).toEqual(['end', 'open', '0123456']);
    slow.drain();
    expect([slow.outcome, slow.body]).toEqual(['end', '0123456789']);
    bench.expectQuiet();
  });

  test('have no age when the origin just made it, and the time that it took when they joined', () => {
    const bench = new Bench();
    const first = bench.get('/a.ts');
    bench.last.head(200, FRESH, 4, 1200);
    bench.nowMs += 2000;
    const joined = bench.get('/a.ts');
    expect([first.field('age'), joined.field('age')]).toEqual([undefined, '3']);
  });

  test('keep the Date and the Age of the origin', () => {
    const bench = new Bench();
    const first = bench.get('/a.ts');
    bench.last.answer(200, [...FRESH, 'Age: 9', 'Date: Sun, 01 Mar 2026 11:59:00 GMT'], 'hello');
    expect(first.field('age')).toBe('9');
    expect(first.field('date')).toBe('Sun, 01 Mar 2026 11:59:00 GMT');
    const hit = bench.get('/a.ts');
    expect([hit.field('age'), hit.field('date')]).toEqual(['9', 'Sun, 01 Mar 2026 11:59:00 GMT']);
  });
});

describe('a viewer that leaves', () => {
  test('disturbs none of the others', () => {
    const bench = new Bench();
    const [a, b] = [bench.get('/a.ts'), bench.get('/a.ts')];
    bench.last.head(200, FRESH, 10).bytes('01234');
    a.leave();
    bench.last.bytes('56789').end();
    expect([b.body, b.outcome, a.body]).toEqual(['0123456789', 'end', '01234']);
    expect(bench.requests).toEqual({ origin: 1, joined: 1 });
    bench.expectQuiet();
  });

  test('last lets a storable fill go on', () => {
    const bench = new Bench();
    const viewer = bench.get('/a.ts');
    bench.last.head(200, FRESH, 5).bytes('he');
    viewer.leave();
    bench.last.bytes('llo').end();
    expect(bench.find('/a.ts')?.body).toHaveLength(5);
    bench.expectQuiet();
  });

  test('last ends a fill that is not to be stored', () => {
    const bench = new Bench();
    const viewer = bench.get('/a.ts');
    bench.last.head(200, ['Cache-Control: no-store']).bytes('he');
    viewer.leave();
    expect(bench.last.cancelled).toBe(true);
    bench.expectQuiet();
  });

  test('before the head lets the fill go on if it is storable, and ends it if not', () => {
    const bench = new Bench();
    bench.get('/a.ts').leave();
    bench.last.answer(200, FRESH, 'hello');
    expect(bench.find('/a.ts')?.body).toHaveLength(5);
    bench.get('/b.ts').leave();
    expect(bench.last.live).toBe(true);
    bench.last.head(200, ['Cache-Control: no-store']);
    expect(bench.last.cancelled).toBe(true);
    expect(bench.requests).toEqual({});
    bench.expectQuiet();
  });

  test('in the middle of a write to it ends what only it wanted', () => {
    const bench = new Bench();
    const viewer = bench.get('/a.ts');
    viewer.onWrite = () => viewer.leave();
    bench.last.head(200, ['Cache-Control: no-store'], 20).bytes('01234567890123456789');
    expect([viewer.body, bench.last.cancelled]).toEqual(['0123456', true]);
    bench.expectQuiet();
  });

  test('because another is answered, is not answered any more, and leaves no request behind', () => {
    const bench = new Bench();
    const [a, b, c] = [bench.get('/a.ts'), bench.get('/a.ts'), bench.get('/a.ts')];
    const serve = a.stream.bind(a);
    a.stream = (...all) => {
      b.leave();
      serve(...all);
    };
    bench.last.head(200, ['Cache-Control: no-store'], 5);
    expect([b.answers, bench.asked.length]).toEqual([0, 2]);
    bench.asked[0]?.bytes('hello').end();
    bench.asked[1]?.answer(200, [], 'other');
    expect([a.body, c.body]).toEqual(['hello', 'other']);
    bench.expectQuiet();
  });

  test('while its own request is passed cancels it, before and after the head', () => {
    const bench = new Bench();
    bench.send('POST', '/a').leave();
    expect(bench.last.cancelled).toBe(true);
    const viewer = bench.send('POST', '/a');
    bench.last.head(200, [], 10);
    viewer.leave();
    bench.expectQuiet();
  });
});

describe('an answer that needs no body', () => {
  test('leaves no fetch behind where the response is not to be stored', () => {
    const bench = new Bench();
    const head = bench.send('HEAD', '/a.ts');
    bench.last.head(200, ['Cache-Control: no-store'], 500);
    expect([head.status, head.size, head.body]).toEqual([200, 500, '']);
    bench.expectQuiet();
    const unmodified = bench.get('/b.ts', 'If-None-Match: "x"');
    bench.last.head(200, ['Cache-Control: no-store', 'ETag: "x"'], 500);
    expect([unmodified.status, unmodified.size]).toEqual([304, -1]);
    bench.expectQuiet();
  });

  test('to HEAD of a storable segment fills the store for the GET that follows', () => {
    const bench = new Bench();
    const head = bench.send('HEAD', '/a.ts');
    expect((bench.last.request as { method?: string }).method).toBe('GET');
    bench.last.answer(200, FRESH, 'hello');
    expect([head.status, head.size, head.body]).toEqual([200, 5, '']);
    expect(bench.get('/a.ts').body).toBe('hello');
    expect(bench.asked).toHaveLength(1);
  });

  test('ends a fetch of which a range was all that anybody wanted', () => {
    const bench = new Bench();
    const viewer = bench.get('/a.ts', 'Range: bytes=0-3');
    bench.last.head(200, ['Cache-Control: no-store'], 500).bytes('0123').bytes('4');
    expect([viewer.status, viewer.body, viewer.outcome]).toEqual([206, '0123', 'end']);
    bench.expectQuiet();
  });
});

test('a core that does not answer is told to the viewer as busy', () => {
  const bench = new Bench();
  bench.edge.options.core.want = () => {};
  const viewer = bench.get('/a.ts');
  expect([viewer.status, viewer.code]).toEqual([503, 'busy']);
});
