import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Life,
  PLAYLIST_CHARS_MAX,
  playlistLife,
  readPlaylist,
} from '../../../../agent/edge/playlist/playlist.ts';

const LIVE = `#EXTM3U
#EXT-X-TARGETDURATION:4
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3.0
#EXT-X-PART-INF:PART-TARGET=1.0
#EXT-X-MEDIA-SEQUENCE:100
#EXTINF:4.0,
a.m4s
#EXT-X-PART:DURATION=1,URI="b.1.m4s"
#EXTINF:3.5,title, with comma
b.m4s
#EXT-X-PART:DURATION=1,URI="c.1.m4s"
#EXT-X-PART:DURATION=1,URI="c.2.m4s"
`;
const plain = (text: string): string => text.replace(/#EXT-X-(PART|SERVER-CONTROL).*\n/g, '');
const life = (text: string, target = '/l.m3u8', lifetimeMs?: number): Life => {
  const playlist = readPlaylist(text);
  if (playlist === undefined) throw new Error('no playlist');
  return playlistLife(playlist, { target, lifetimeMs });
};

describe('reading', () => {
  it('finds pace, position and length', () => {
    expect(readPlaylist(LIVE)).toEqual({
      multivariant: false,
      live: true,
      targetDuration: 4,
      partTarget: 1,
      mediaSequence: 100,
      segments: 2,
      partsOfNext: 2,
      duration: 7.5,
      canBlockReload: true,
    });
  });

  it('reads the same with CRLF', () => {
    expect(readPlaylist(LIVE.replaceAll('\n', '\r\n'))).toEqual(readPlaylist(LIVE));
  });

  it('counts the segments that a delta update skips', () => {
    expect(readPlaylist(`${LIVE}#EXT-X-SKIP:SKIPPED-SEGMENTS=10\n`)?.segments).toBe(12);
  });

  it('sees the end by its tag or by the type', () => {
    expect(readPlaylist(`${LIVE}#EXT-X-ENDLIST\r\n`)?.live).toBe(false);
    expect(readPlaylist(`${LIVE}#EXT-X-PLAYLIST-TYPE:VOD\n`)?.live).toBe(false);
    expect(readPlaylist(`${LIVE}#EXT-X-PLAYLIST-TYPE:EVENT\n`)?.live).toBe(true);
  });

  it('tells playlists of playlists', () => {
    const playlist = readPlaylist('#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n');
    expect(playlist).toMatchObject({ multivariant: true, live: false });
  });

  it('refuses what is no playlist, and what is too long', () => {
    expect(readPlaylist('<html>')).toBeUndefined();
    expect(readPlaylist('')).toBeUndefined();
    expect(readPlaylist(`#EXTM3U\n${'a'.repeat(PLAYLIST_CHARS_MAX)}`)).toBeUndefined();
  });

  it('never throws, and never yields numbers that are none', () => {
    const unit = fc.constantFrom(
      '#EXT',
      'INF',
      '-X-TARGETDURATION',
      ':',
      '1',
      '9e9',
      '-',
      '.',
      '\n',
      '\r',
      ',',
      '=',
      'PART',
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 30 }), (rest) => {
        const { lifetimeMs, staleIfErrorMs } = life(`#EXTM3U\n${rest}`, '/x?_HLS_msn=0&_HLS_part=0');
        expect(lifetimeMs >= 0 && staleIfErrorMs >= 0 && lifetimeMs < 1e9).toBe(true);
      }),
    );
  });
});

describe('life', () => {
  it('of a live playlist is a quarter of the target duration, within 200 ms and 2 s', () => {
    expect(life(plain(LIVE)).lifetimeMs).toBe(1000);
    expect(life(plain(LIVE).replace('DURATION:4', 'DURATION:60')).lifetimeMs).toBe(2000);
    expect(life(plain(LIVE).replace('DURATION:4', 'DURATION:0')).lifetimeMs).toBe(200);
  });

  it('follows the parts where there are some', () => {
    expect(life(LIVE).lifetimeMs).toBe(500);
    expect(life(LIVE.replace('PART-TARGET=1.0', 'PART-TARGET=0.2')).lifetimeMs).toBe(200);
  });

  it('is never longer than what the origin said', () => {
    expect(life(LIVE, '/', 300).lifetimeMs).toBe(300);
    expect(life(LIVE, '/', 0).lifetimeMs).toBe(0);
    expect(life(LIVE, '/', 60_000).lifetimeMs).toBe(500);
  });

  it('of a state that a blocking reload waited for is six target durations', () => {
    expect(life(LIVE, '/l.m3u8?_HLS_msn=101').lifetimeMs).toBe(24_000);
    expect(life(LIVE, '/l.m3u8?a=b&_HLS_msn=102&_HLS_part=1').lifetimeMs).toBe(24_000);
  });

  it('is short where the answer has not got what was asked for, or the origin cannot block', () => {
    expect(life(LIVE, '/l.m3u8?_HLS_msn=102').lifetimeMs).toBe(500);
    expect(life(LIVE, '/l.m3u8?_HLS_msn=102&_HLS_part=2').lifetimeMs).toBe(500);
    expect(life(LIVE, '/l.m3u8?_HLS_msn=x').lifetimeMs).toBe(500);
    expect(life(plain(LIVE), '/l.m3u8?_HLS_msn=101').lifetimeMs).toBe(1000);
  });

  it('of what does not grow is long', () => {
    expect(life(`${LIVE}#EXT-X-ENDLIST\n`).lifetimeMs).toBe(3600_000);
    expect(life('#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\n').lifetimeMs).toBe(300_000);
  });

  it('when the origin fails lasts as long as the listed segments, at most a minute', () => {
    expect(life(LIVE).staleIfErrorMs).toBe(7500);
    expect(life('#EXTM3U\n#EXT-X-TARGETDURATION:4\n').staleIfErrorMs).toBe(4000);
    expect(life(LIVE + '#EXTINF:50,\nx\n'.repeat(9)).staleIfErrorMs).toBe(60_000);
  });
});
