// Requests that are one viewer's alone, and answers that are none of the usual.

import { describe, expect, test } from 'vitest';
import { Viewer } from './edge-askers.ts';
import { Bench } from './edge-bench.ts';

const HOUR = ['Cache-Control: max-age=3600', 'ETag: "a"'];

function having(target: string, ...lines: string[]): Bench {
  const bench = new Bench();
  bench.get(target);
  bench.last.answer(200, lines.length === 0 ? HOUR : lines, 'hello');
  return bench;
}

describe('a request with a method', () => {
  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
    '%s passes, and a stored response of its target goes',
    (method) => {
      const bench = having('/a');
      const viewer = bench.send(method, '/a');
      expect([bench.last.kind, (bench.last.request as { method?: string }).method]).toEqual(['pass', method]);
      bench.last.answer(200, [], 'done');
      expect([viewer.body, bench.find('/a')]).toEqual(['done', undefined]);
      expect(viewer.field('cache-status')).toBe('ringcast; fwd=method');
      expect(bench.requests).toEqual({ origin: 1, passed: 1 });
      bench.expectQuiet();
    },
  );

  test('that is unsafe lets nothing be stored, or joined, that was asked for before it', () => {
    const bench = new Bench();
    const early = bench.get('/a');
    bench.last.head(200, HOUR, 3).bytes('o');
    bench.send('POST', '/a');
    bench.last.answer(204, []);
    const late = bench.get('/a');
    bench.asked[0]?.bytes('ld').end();
    bench.last.answer(200, HOUR, 'new');
    expect([early.body, late.body, bench.find('/a')]).toEqual(['old', 'new', undefined]);
    bench.expectQuiet();
  });

  test('that is unsafe is not undone by a 304 that was asked for before it', () => {
    const bench = having('/a', 'Cache-Control: max-age=1', 'ETag: "a"');
    bench.nowMs += 5000;
    bench.get('/a');
    const validation = bench.last;
    bench.send('POST', '/a');
    bench.last.answer(204, []);
    validation.answer(304, ['ETag: "a"']);
    expect(bench.find('/a')).toBeUndefined();
  });

  test('that is unsafe leaves what is stored when it fails', () => {
    const bench = having('/a');
    bench.send('POST', '/a');
    bench.last.answer(500, [], 'oops');
    expect(bench.find('/a')).toBeDefined();
  });

  test('OPTIONS passes and changes nothing', () => {
    const bench = having('/a');
    const viewer = bench.send('OPTIONS', '/a');
    bench.last.answer(204, ['Allow: GET']);
    expect([viewer.status, viewer.size, viewer.field('allow')]).toEqual([204, -1, 'GET']);
    expect(bench.find('/a')).toBeDefined();
  });
});

describe('a passed HEAD', () => {
  test('tells the length that the origin told, and none where it told none', () => {
    const bench = new Bench();
    const viewer = bench.send('HEAD', '/a');
    expect(bench.last.kind).toBe('pass');
    bench.last.head(200, ['Content-Length: 1234'], 0).end();
    expect([viewer.status, viewer.size, viewer.outcome]).toEqual([200, 1234, 'end']);
    const unknown = bench.send('HEAD', '/a');
    bench.last.head(200, [], 0).end();
    expect([unknown.size, unknown.outcome]).toEqual([-1, 'end']);
  });

  test('renews what is stored where it agrees with it', () => {
    const bench = having('/a', 'Cache-Control: max-age=1', 'ETag: "a"');
    bench.nowMs += 5000;
    bench.send('HEAD', '/a');
    bench.last.head(200, [...HOUR, 'Content-Length: 5', 'X-New: 1'], 0).end();
    const hit = bench.get('/a');
    expect([hit.body, hit.field('x-new'), hit.field('age')]).toEqual(['hello', '1', '0']);
  });

  test.each([
    ['another tag', ['ETag: "b"', 'Content-Length: 5']],
    ['another length', ['ETag: "a"', 'Content-Length: 6']],
  ])('drops what is stored where it shows %s', (_, lines) => {
    const bench = having('/a', 'Cache-Control: max-age=1', 'ETag: "a"');
    bench.nowMs += 5000;
    bench.send('HEAD', '/a');
    bench.last.head(200, lines, 0).end();
    expect(bench.find('/a')).toBeUndefined();
  });
});

test('a request with credentials gets its own answer, and nobody else gets it', () => {
  const bench = new Bench();
  const own = bench.get('/a.ts', 'Authorization: Bearer x');
  expect([bench.last.kind, bench.last.header('authorization')]).toEqual(['pass', 'Bearer x']);
  bench.last.answer(200, HOUR, 'mine');
  expect([own.body, bench.stored.size]).toEqual(['mine', 0]);
  bench.get('/a.ts');
  expect(bench.last.kind).toBe('origin');
});

test('only-if-cached is answered from the store or with 504, and asks nobody', () => {
  const bench = having('/a');
  expect(bench.get('/a', 'Cache-Control: only-if-cached').body).toBe('hello');
  const missing = bench.get('/b', 'Cache-Control: only-if-cached');
  expect([missing.status, missing.code, bench.asked.length]).toEqual([504, 'not-cached', 1]);
  expect(bench.requests).toEqual({ origin: 1, ram: 1, refused: 1 });
  // In front of media nobody's Cache-Control counts.
  bench.get('/c.ts', 'Cache-Control: only-if-cached');
  expect(bench.asked).toHaveLength(2);
});

test('no-cache of a viewer is obeyed in front of pages and not in front of media', () => {
  const bench = having('/a');
  const fresh = bench.get('/a', 'Cache-Control: no-cache');
  bench.last.answer(304, ['ETag: "a"']);
  expect(fresh.field('cache-status')).toBe('ringcast; fwd=request; fwd-status=304');
  const media = having('/a.ts');
  expect(media.get('/a.ts', 'Cache-Control: no-cache').body).toBe('hello');
});

describe('an answer of the origin', () => {
  test.each([301, 302, 307])('that redirects is handed on: %i', (status) => {
    const bench = new Bench();
    const viewer = bench.get('/a.ts');
    bench.last.answer(status, ['Location: http://elsewhere.example/a.ts']);
    expect([viewer.status, viewer.field('location')]).toEqual([status, 'http://elsewhere.example/a.ts']);
    bench.expectQuiet();
  });

  test('without content is answered without a body', () => {
    const bench = new Bench();
    const viewers = [bench.get('/a.ts'), bench.get('/a.ts')];
    bench.last.head(204, HOUR, 0).end();
    viewers.push(bench.get('/a.ts'));
    for (const viewer of viewers)
      expect([viewer.status, viewer.size, viewer.outcome]).toEqual([204, -1, 'end']);
    bench.expectQuiet();
  });

  test('304 to a request without conditions goes on to the viewer’s own', () => {
    const bench = new Bench();
    const viewer = bench.get('/a.ts', 'If-None-Match: "a"');
    expect(bench.last.header('if-none-match')).toBeUndefined();
    bench.last.answer(304, []);
    expect([bench.last.kind, bench.last.header('if-none-match')]).toEqual(['pass', '"a"']);
    bench.last.answer(304, ['ETag: "a"']);
    expect([viewer.status, viewer.size, viewer.answers]).toEqual([304, -1, 1]);
    bench.expectQuiet();
  });

  test('206 that nobody asked for is not stored and not shared', () => {
    const bench = new Bench();
    const viewers = [bench.get('/a.ts'), bench.get('/a.ts')];
    bench.last.head(206, [...HOUR, 'Content-Range: bytes 0-4/10'], 5);
    expect(bench.asked.map((each) => each.kind)).toEqual(['origin', 'pass', 'pass']);
    bench.asked[1]?.answer(200, HOUR, '0123456789');
    bench.last.answer(200, HOUR, '0123456789');
    expect(viewers.map((each) => each.body)).toEqual(['0123456789', '0123456789']);
    expect(bench.stored.size).toBe(0);
    bench.expectQuiet();
  });

  test('of unknown length is stored when it ends, with its length', () => {
    const bench = new Bench();
    const viewer = bench.get('/a.ts');
    bench.last.head(200, HOUR).bytes('hel').bytes('lo').end();
    expect([viewer.size, viewer.body, viewer.outcome]).toEqual([-1, 'hello', 'end']);
    expect(bench.get('/a.ts').size).toBe(5);
  });

  test('of no bytes is stored too', () => {
    const bench = new Bench();
    const viewer = bench.get('/a.ts');
    bench.last.answer(200, HOUR);
    expect([viewer.size, viewer.outcome, bench.get('/a.ts').size]).toEqual([0, 'end', 0]);
  });
});

describe('a passed body', () => {
  test('stops while the viewer is full, and goes on when it is not', () => {
    const bench = new Bench();
    const viewer = new Viewer();
    viewer.full = true;
    bench.as(viewer, 'POST', '/a');
    bench.last.head(200, [], 4).bytes('ab');
    expect(bench.last.paused).toBe(true);
    viewer.drain();
    expect(bench.last.paused).toBe(false);
    bench.last.bytes('cd').end();
    expect([viewer.body, viewer.outcome]).toEqual(['abcd', 'end']);
  });

  test.each([
    ['origin-unreachable', 502, 'origin-unreachable', 'refused'],
    ['origin-timeout', 504, 'origin-timeout', 'timeout'],
    ['origin-broken', 502, 'origin-broken', 'truncated'],
  ] as const)(
    'that never comes is told with a code, and counted once: %s',
    (reason, status, code, counted) => {
      const bench = new Bench();
      const viewer = bench.send('POST', '/a');
      bench.last.fail(reason);
      expect([viewer.status, viewer.code, viewer.answers]).toEqual([status, code, 1]);
      expect(bench.requests).toEqual({ failed: 1 });
      expect(bench.counts[`origin_failures.${counted}`]).toBe(1);
    },
  );

  test('that breaks off breaks the answer off', () => {
    const bench = new Bench();
    const viewer = bench.send('POST', '/a');
    bench.last.head(200, [], 4).bytes('ab').fail('origin-broken');
    expect([viewer.body, viewer.outcome, viewer.answers]).toEqual(['ab', 'abort', 1]);
    expect(bench.requests).toEqual({ passed: 1 });
  });
});

test('a passed answer without content is whole with its head, whatever comes after it', () => {
  const bench = new Bench();
  const viewer = bench.send('DELETE', '/a');
  bench.last.head(204, [], 0).fail('origin-broken');
  expect([viewer.status, viewer.outcome, viewer.answers]).toEqual([204, 'end', 1]);
  expect(bench.requests).toEqual({ passed: 1 });
});

describe('a request that is refused', () => {
  test.each([
    ['//169.254.169.254/x', 400, 'bad-target'],
    ['/a/../b', 400, 'bad-target'],
    ['/%00', 400, 'bad-target'],
  ])('for its target asks nobody: %s', (target, status, code) => {
    const bench = new Bench();
    const viewer = bench.get(target);
    expect([viewer.status, viewer.code, bench.asked.length]).toEqual([status, code, 0]);
    expect(bench.requests).toEqual({ refused: 1 });
  });

  test('for a loop asks nobody', () => {
    const bench = new Bench();
    const viewer = bench.get('/a.ts', 'CDN-Loop: ringcast-t; id=ffff');
    expect([viewer.status, viewer.code, bench.asked.length]).toEqual([508, 'loop', 0]);
  });
});

describe('a playlist that is one viewer’s alone', () => {
  const OWN = ['Cache-Control: no-store', 'ETag: "origin"'];
  const TEXT = '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nhttp://origin.example/seg-1.m4s\n';

  test('is rewritten for each who waited, so that no player leaves the agent, and is not kept', () => {
    const bench = new Bench();
    const [first, second] = [bench.get('/live.m3u8'), bench.get('/live.m3u8')];
    bench.last.answer(200, OWN, TEXT);
    bench.last.answer(200, OWN, TEXT);
    for (const viewer of [first, second]) {
      expect(viewer.body).toContain('\n/seg-1.m4s\n');
      expect(viewer.field('etag')).not.toBe('"origin"');
    }
    expect(bench.find('/live.m3u8')).toBeUndefined();
    bench.expectQuiet();
  });

  test('that breaks off is refused as a whole, not cut', () => {
    const bench = new Bench();
    bench.get('/live.m3u8');
    const second = bench.get('/live.m3u8');
    bench.last.answer(200, OWN, TEXT);
    bench.last.head(200, OWN, TEXT.length).bytes(TEXT.slice(0, 20)).fail('origin-broken');
    expect(second.status).toBe(502);
    bench.expectQuiet();
  });
});
