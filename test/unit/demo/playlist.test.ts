// What a headless viewer reads in a playlist, and which segment it takes next.

import { expect, test } from 'vitest';
import { nextSegment, parseMedia, parseMultivariant } from '../../demo/playlist.ts';

const URL_OF_MEDIA = 'http://origin.test/live/360p/index.m3u8';

function media(sequence: number, count: number, end = ''): string {
  const segments = Array.from({ length: count }, (_, i) => `#EXTINF:2.00000,\nseg-${sequence + i}.m4s`);
  return [
    '#EXTM3U',
    '#EXT-X-TARGETDURATION:2',
    `#EXT-X-MEDIA-SEQUENCE:${sequence}`,
    '#EXT-X-MAP:URI="init.mp4"',
    ...segments,
    end,
  ].join('\n');
}

test('renditions come lowest bit rate first, with absolute URLs', () => {
  const text = [
    '#EXTM3U',
    '#EXT-X-STREAM-INF:AVERAGE-BANDWIDTH=1,BANDWIDTH=800000,CODECS="a,b"',
    '360p/index.m3u8',
    '#EXT-X-STREAM-INF:BANDWIDTH=200000',
    '180p/index.m3u8',
  ].join('\r\n');
  expect(parseMultivariant(text, 'http://origin.test/live/master.m3u8')).toEqual([
    { url: 'http://origin.test/live/180p/index.m3u8', bitsPerS: 200_000 },
    { url: 'http://origin.test/live/360p/index.m3u8', bitsPerS: 800_000 },
  ]);
});

test('segments are numbered from the media sequence on and carry their initialization section', () => {
  const playlist = parseMedia(media(41, 2), URL_OF_MEDIA);
  expect(playlist).toMatchObject({ targetDurationS: 2, ended: false });
  expect(playlist.segments).toEqual([
    {
      sequence: 41,
      url: 'http://origin.test/live/360p/seg-41.m4s',
      durationS: 2,
      initUrl: 'http://origin.test/live/360p/init.mp4',
    },
    {
      sequence: 42,
      url: 'http://origin.test/live/360p/seg-42.m4s',
      durationS: 2,
      initUrl: 'http://origin.test/live/360p/init.mp4',
    },
  ]);
});

test('a page instead of a playlist is refused with its beginning', () => {
  expect(() => parseMedia('<html>502</html>', URL_OF_MEDIA)).toThrow(
    'expected a playlist, got "<html>502</html>"',
  );
});

test('a live viewer starts three segments behind the edge, a viewer of an ended stream at its start', () => {
  expect(nextSegment(parseMedia(media(10, 10), URL_OF_MEDIA), undefined)?.sequence).toBe(17);
  expect(nextSegment(parseMedia(media(0, 10, '#EXT-X-ENDLIST'), URL_OF_MEDIA), undefined)?.sequence).toBe(0);
});

test('a live stream shorter than three segments starts at its first', () => {
  expect(nextSegment(parseMedia(media(0, 2), URL_OF_MEDIA), undefined)?.sequence).toBe(0);
});

test('the next segment follows the last one; at the edge there is none', () => {
  const playlist = parseMedia(media(10, 10), URL_OF_MEDIA);
  expect(nextSegment(playlist, 17)?.sequence).toBe(18);
  expect(nextSegment(playlist, 19)).toBeUndefined();
});

test('a viewer that fell out of the window goes on where the window begins', () => {
  expect(nextSegment(parseMedia(media(50, 10), URL_OF_MEDIA), 20)?.sequence).toBe(50);
});
