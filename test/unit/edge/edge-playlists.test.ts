// Playlists: read whole, rewritten, fresh at their own pace, and the last good one when the origin fails.

import { describe, expect, test } from 'vitest';
import { Bench, OBJECT_BYTES_MAX } from './edge-bench.ts';

const LIVE = '#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n1.ts\n#EXTINF:4,\n2.ts\n';
const ABSOLUTE = `${LIVE}#EXTINF:4,\nhttp://origin.example/live/3.ts\n`;
const REWRITTEN = `${LIVE}#EXTINF:4,\n/live/3.ts\n`;

/** A viewer of `/live.m3u8` and its answer by the origin. */
function answered(lines: readonly string[], body = LIVE) {
  const bench = new Bench();
  const viewer = bench.get('/live.m3u8');
  bench.last.answer(200, lines, body);
  return { bench, viewer };
}

describe('a live playlist', () => {
  test('is collapsed, given whole, and fresh for a quarter of its target duration', () => {
    const bench = new Bench();
    const viewers = [bench.get('/live.m3u8'), bench.get('/live.m3u8')];
    bench.last.head(200, [], LIVE.length).bytes(LIVE.slice(0, 30));
    viewers.push(bench.get('/live.m3u8'));
    expect(viewers.map((each) => each.answers)).toEqual([0, 0, 0]);
    bench.last.bytes(LIVE.slice(30)).end();
    for (const each of viewers) expect([each.body, each.size, each.answers]).toEqual([LIVE, LIVE.length, 1]);
    expect(bench.requests).toEqual({ origin: 1, joined: 2 });
    bench.nowMs += 999;
    expect(bench.get('/live.m3u8').body).toBe(LIVE);
    expect(bench.asked).toHaveLength(1);
    bench.nowMs += 1;
    bench.get('/live.m3u8');
    expect(bench.asked).toHaveLength(2);
  });

  test('with the origin’s own addresses is rewritten, with a tag and a length of its own', () => {
    const lines = ['ETag: "o"', 'Last-Modified: Sun, 01 Mar 2026 10:00:00 GMT'];
    const { bench, viewer } = answered(lines, ABSOLUTE);
    expect([viewer.body, viewer.size]).toEqual([REWRITTEN, REWRITTEN.length]);
    const tag = viewer.field('etag') ?? '';
    expect(tag).toMatch(/^"rc-/);
    expect(viewer.field('last-modified')).toBeUndefined();
    expect(bench.get('/live.m3u8', `If-None-Match: ${tag}`).status).toBe(304);
    expect(bench.get('/live.m3u8', 'If-None-Match: "o"').status).toBe(200);
    const part = bench.get('/live.m3u8', 'Range: bytes=0-6');
    expect([part.status, part.body]).toEqual([206, '#EXTM3U']);
  });

  test('that is validated starts its time anew, at its own pace', () => {
    const { bench } = answered(['ETag: "o"']);
    bench.nowMs += 1500;
    const viewer = bench.get('/live.m3u8');
    bench.last.answer(304, ['ETag: "o"']);
    expect(viewer.body).toBe(LIVE);
    bench.nowMs += 999;
    bench.get('/live.m3u8');
    expect(bench.asked).toHaveLength(2);
    bench.nowMs += 1;
    bench.get('/live.m3u8');
    expect(bench.asked).toHaveLength(3);
    bench.last.fail('origin-unreachable');
    bench.nowMs += 8001;
    const bound = bench.get('/live.m3u8');
    bench.last.fail('origin-unreachable');
    expect(bound.status).toBe(502);
  });

  test('is the last good one while the origin fails, as long as there is something to play in it', () => {
    const { bench } = answered([]);
    bench.nowMs += 8000;
    for (const fail of [() => bench.last.fail('origin-timeout'), () => bench.last.answer(503, [], 'no')]) {
      const viewer = bench.get('/live.m3u8');
      fail();
      expect([viewer.status, viewer.body, viewer.field('age')]).toEqual([200, LIVE, '8']);
    }
    bench.nowMs += 2000;
    const late = bench.get('/live.m3u8');
    bench.last.fail('origin-timeout');
    expect([late.status, late.code]).toEqual([504, 'origin-timeout']);
    bench.expectQuiet();
  });
});

describe('the origin’s word on a playlist', () => {
  test.each(['no-cache', 'max-age=0', 's-maxage=0'])(
    '%s is shared by those who ask at once, and fresh for nobody',
    (word) => {
      const bench = new Bench();
      const viewers = [bench.get('/live.m3u8'), bench.get('/live.m3u8')];
      bench.last.answer(200, [`Cache-Control: ${word}`], LIVE);
      expect(viewers.map((each) => each.body)).toEqual([LIVE, LIVE]);
      bench.get('/live.m3u8');
      expect(bench.asked).toHaveLength(2);
    },
  );

  test.each([
    ['no-cache', 502],
    ['must-revalidate', 502],
    ['max-age=0', 200],
  ])('%s decides whether it may be served on an error: %i', (word, status) => {
    const { bench } = answered([`Cache-Control: ${word}`]);
    bench.nowMs += 2000;
    const viewer = bench.get('/live.m3u8');
    bench.last.fail('origin-unreachable');
    expect(viewer.status).toBe(status);
  });

  test('makes its time shorter, and not longer', () => {
    const short = answered(['Cache-Control: max-age=0', 'ETag: "x"']).bench;
    short.nowMs += 1;
    short.get('/live.m3u8');
    expect(short.asked).toHaveLength(2);
    const long = answered(['Cache-Control: max-age=60']).bench;
    long.nowMs += 1001;
    long.get('/live.m3u8');
    expect(long.asked).toHaveLength(2);
  });
});

describe('what is named like a playlist', () => {
  test.each([
    ['a page', '<html>no such stream</html>'],
    ['a text with a byte order mark', `\u00ef\u00bb\u00bf${LIVE}`],
    ['bytes that are no UTF-8', '#EXTM3U\n\u00ff\u00fe\n'],
  ])('and is %s is handed on as it is, and does not replace the last good one', (_, body) => {
    const { bench } = answered([]);
    bench.nowMs += 2000;
    const bytes = Uint8Array.from(body, (char) => char.charCodeAt(0));
    const viewer = bench.get('/live.m3u8');
    bench.last.head(200, [], bytes.length);
    bench.last.raw(bytes);
    bench.last.end();
    expect(viewer.body).toBe(body);
    const next = bench.get('/live.m3u8');
    bench.last.fail('origin-unreachable');
    expect([next.status, next.body]).toEqual([200, LIVE]);
    bench.expectQuiet();
  });

  test('and is too large is passed to each, unread', () => {
    const bench = new Bench();
    const viewers = [bench.get('/live.m3u8'), bench.get('/live.m3u8')];
    bench.last.head(200, []).bytes(`#EXTM3U${'\n'.repeat(OBJECT_BYTES_MAX)}`);
    expect(bench.asked.map((each) => each.kind)).toEqual(['origin', 'pass', 'pass']);
    bench.asked[1]?.answer(200, [], 'a');
    bench.last.answer(200, [], 'b');
    expect(viewers.map((each) => [each.body, each.answers])).toEqual([
      ['a', 1],
      ['b', 1],
    ]);
    bench.expectQuiet();
  });
});

describe('a playlist that breaks off half-way', () => {
  test('is asked for once more, from its beginning, and nobody sees a half', () => {
    const bench = new Bench();
    const viewers = [bench.get('/live.m3u8'), bench.get('/live.m3u8')];
    bench.last.head(200, ['ETag: "1"'], LIVE.length).bytes(LIVE.slice(0, 40)).fail('origin-broken');
    expect(bench.asked).toHaveLength(2);
    expect(bench.last.header('range')).toBeUndefined();
    bench.last.answer(200, ['ETag: "2"'], `${LIVE}#EXT-X-ENDLIST\n`);
    for (const each of viewers) expect([each.status, each.body]).toEqual([200, `${LIVE}#EXT-X-ENDLIST\n`]);
    expect(bench.find('/live.m3u8')?.body).toHaveLength(LIVE.length + 15);
    bench.expectQuiet();
  });

  test('twice is the last good one, or 502 where there is none', () => {
    const { bench } = answered([]);
    bench.nowMs += 2000;
    const viewer = bench.get('/live.m3u8');
    for (let time = 0; time < 2; time += 1) {
      bench.last.head(200, [], LIVE.length).bytes('#EXT').fail('origin-broken');
    }
    expect([viewer.status, viewer.body, bench.asked.length]).toEqual([200, LIVE, 3]);
    const other = bench.get('/other.m3u8');
    for (let time = 0; time < 2; time += 1) {
      bench.last.head(200, [], LIVE.length).bytes('#EXT').fail('origin-broken');
    }
    expect([other.status, other.code, other.body]).toEqual([502, 'origin-broken', '']);
    bench.expectQuiet();
  });

  test('after its viewers left is no reason to keep anything', () => {
    const bench = new Bench();
    bench.get('/live.m3u8').leave();
    bench.last.head(200, ['Cache-Control: private'], 100);
    bench.expectQuiet();
  });
});
