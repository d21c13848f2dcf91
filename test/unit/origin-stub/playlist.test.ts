// The text of the plain playlists.
import { describe, expect, it } from 'vitest';
import { type LiveShape, liveWindow } from '../../../origin-stub/live-window.ts';
import type { Rendition } from '../../../origin-stub/media.ts';
import { livePlaylist, multivariantPlaylist, vodPlaylist } from '../../../origin-stub/playlist.ts';

const shape: LiveShape = { epochMs: 0, partMs: 500, partsPerSegment: 4, loopSegments: 32, windowSegments: 8 };

function rendition(name: string, container: Rendition['container']): Rendition {
  const bits = { peakBitsPerS: 2000, averageBitsPerS: 1500 };
  const picture = { codecs: 'avc1.4d401e,mp4a.40.2', width: 640, height: 360 };
  return { name, container, ...picture, ...bits, init: undefined, segments: [], modifiedMs: 0 };
}

describe('the multivariant playlist', () => {
  it('lists every rendition with what a player chooses by', () => {
    expect(multivariantPlaylist([rendition('360p', 'fmp4')], 30)).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=2000,AVERAGE-BANDWIDTH=1500,CODECS="avc1.4d401e,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=30.000
360p/index.m3u8
`);
    expect(multivariantPlaylist([rendition('180p', 'ts')], 30)).toContain('#EXT-X-VERSION:4');
  });
});

describe('a VOD playlist', () => {
  const segmentUri = (index: number): string => `seg-${index}.m4s`;

  it('is complete and says so', () => {
    expect(vodPlaylist({ segmentMs: 2000, segmentCount: 2, initUri: 'init.mp4', segmentUri })).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:2
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="init.mp4"
#EXTINF:2.00000,
seg-0.m4s
#EXTINF:2.00000,
seg-1.m4s
#EXT-X-ENDLIST
`);
  });

  it('names key and IV before each encrypted segment and after the clear initialization section', () => {
    const encryption = { keyUri: '../key.bin', ivHex: (index: number) => `0${index}` };
    const text = vodPlaylist({
      segmentMs: 2000,
      segmentCount: 2,
      initUri: 'init.mp4',
      segmentUri,
      encryption,
    });
    expect(text.match(/#EXT-X-(?:KEY|MAP).*|seg-.*/g)).toEqual([
      '#EXT-X-MAP:URI="init.mp4"',
      '#EXT-X-KEY:METHOD=AES-128,URI="../key.bin",IV=0x00',
      'seg-0.m4s',
      '#EXT-X-KEY:METHOD=AES-128,URI="../key.bin",IV=0x01',
      'seg-1.m4s',
    ]);
  });
});

describe('a live playlist', () => {
  const playlistAt = (ms: number): string => livePlaylist(shape, liveWindow(shape, ms));

  it('lists the window with dates, and has no end', () => {
    const text = playlistAt(24_000);
    expect(text).toContain('#EXT-X-MEDIA-SEQUENCE:4\n#EXT-X-DISCONTINUITY-SEQUENCE:0\n');
    expect(text.match(/seg-\d+\.m4s/g)).toEqual([4, 5, 6, 7, 8, 9, 10, 11].map((msn) => `seg-${msn}.m4s`));
    expect(text).toContain(
      '#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:08.000Z\n#EXTINF:2.00000,\nseg-4.m4s\n',
    );
    expect(text).not.toContain('ENDLIST');
    expect(text).not.toContain('PLAYLIST-TYPE');
  });

  it('has a discontinuity before the segment that starts the loop over, and counts it when it has left', () => {
    const inside = playlistAt(72_000);
    expect(inside).toMatch(/seg-31\.m4s\n#EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:.*\n.*\nseg-32\.m4s/);
    expect(inside).toContain('#EXT-X-DISCONTINUITY-SEQUENCE:0\n');
    const first = playlistAt(80_000);
    expect(first).toContain('#EXT-X-MEDIA-SEQUENCE:32\n#EXT-X-DISCONTINUITY-SEQUENCE:0\n');
    expect(first).toContain('#EXT-X-DISCONTINUITY\n');
    const after = playlistAt(82_000);
    expect(after).toContain('#EXT-X-MEDIA-SEQUENCE:33\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n');
    expect(after).not.toContain('#EXT-X-DISCONTINUITY\n');
  });
});
