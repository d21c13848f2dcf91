// LL-HLS: the playlist with parts, and what a player may ask for.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LiveShape, liveWindow } from '../../../origin-stub/live-window.ts';
import { deliveryOf, lowLatencyPlaylist } from '../../../origin-stub/low-latency.ts';

const shape: LiveShape = {
  epochMs: 0,
  partMs: 500,
  partsPerSegment: 4,
  loopSegments: 32,
  windowSegments: 10,
};
// 21.2 s: segments 0 to 9 are complete, parts 10.0 and 10.1 exist, 10.2 is next.
const window = liveWindow(shape, 21_200);
const playlist = (skip: boolean): string => lowLatencyPlaylist(shape, window, { siblings: ['270p'], skip });

describe('a low-latency playlist', () => {
  it('says what the server does for players', () => {
    expect(playlist(false)).toContain(
      '#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.0,PART-HOLD-BACK=1.500,HOLD-BACK=6.0\n' +
        '#EXT-X-PART-INF:PART-TARGET=0.50000\n',
    );
  });

  it('lists parts for the three newest segments and the one being made, key frames marked', () => {
    const parts = playlist(false).match(/#EXT-X-PART:.*/g) ?? [];
    expect(parts).toHaveLength(14);
    expect(parts[0]).toBe('#EXT-X-PART:DURATION=0.50000,URI="seg-7.0.m4s",INDEPENDENT=YES');
    expect(parts[1]).toBe('#EXT-X-PART:DURATION=0.50000,URI="seg-7.1.m4s"');
    expect(parts.at(-1)).toBe('#EXT-X-PART:DURATION=0.50000,URI="seg-10.1.m4s"');
    expect(playlist(false)).not.toContain('\nseg-10.m4s');
  });

  it('ends with the next part as a hint and how far the other renditions are', () => {
    expect(playlist(false)).toMatch(
      /#EXT-X-PRELOAD-HINT:TYPE=PART,URI="seg-10\.2\.m4s"\n#EXT-X-RENDITION-REPORT:URI="\.\.\/270p\/index\.m3u8",LAST-MSN=10,LAST-PART=1\n$/,
    );
    const border = lowLatencyPlaylist(shape, liveWindow(shape, 22_000), { siblings: ['270p'], skip: false });
    expect(border).toMatch(
      /seg-10\.m4s\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI="seg-11\.0\.m4s"\n.*LAST-MSN=10,LAST-PART=3/,
    );
  });

  it('marks the loop before the first part of the segment that starts it, and its date only once', () => {
    const text = lowLatencyPlaylist(shape, liveWindow(shape, 64_600), { siblings: [], skip: false });
    expect(text).toMatch(
      /#EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:.*\n#EXT-X-PART:.*URI="seg-32\.0\.m4s"/,
    );
    expect(text.match(/#EXT-X-PROGRAM-DATE-TIME/g)).toHaveLength(11);
  });

  it('skips on request what is older than six target durations, and keeps its numbers', () => {
    expect(playlist(true)).toContain('#EXT-X-MEDIA-SEQUENCE:0\n');
    expect(playlist(true)).toContain('#EXT-X-SKIP:SKIPPED-SEGMENTS=4\n#EXT-X-PROGRAM-DATE-TIME');
    expect(playlist(true)).not.toContain('seg-3.m4s');
    expect(playlist(true)).toContain('seg-4.m4s');
    const young = lowLatencyPlaylist(shape, liveWindow(shape, 9000), { siblings: [], skip: true });
    expect(young).not.toContain('EXT-X-SKIP');
  });
});

describe('a delivery directive', () => {
  const ask = (query: string): ReturnType<typeof deliveryOf> => deliveryOf(shape, window, query);
  const partsNeeded = (query: string): number | string => {
    const delivery = ask(query);
    return delivery.ok ? delivery.partsNeeded : delivery.reason;
  };

  it('is absent in a plain request, whatever else the query has', () => {
    expect(ask('')).toEqual({ ok: true, blocking: false, partsNeeded: 0, skip: false });
    expect(ask('token=abc&CMCD=x')).toEqual({ ok: true, blocking: false, partsNeeded: 0, skip: false });
  });

  it('waits for a whole segment, or for one part of it', () => {
    expect(partsNeeded('_HLS_msn=10')).toBe(44);
    expect(partsNeeded('_HLS_msn=10&_HLS_part=2')).toBe(43);
    expect(partsNeeded('_HLS_msn=3')).toBe(16);
  });

  it('with a part past the end of its segment means the first part of the next', () => {
    expect(partsNeeded('_HLS_msn=10&_HLS_part=4')).toBe(45);
    expect(partsNeeded('_HLS_msn=10&_HLS_part=9')).toBe(45);
  });

  it('may reach two segments ahead, or six parts, and no further', () => {
    expect(partsNeeded('_HLS_msn=11')).toBe(48);
    expect(partsNeeded('_HLS_msn=12')).toBe('_HLS_msn=12 is too far ahead: the newest segment is 9');
    expect(partsNeeded('_HLS_msn=11&_HLS_part=3')).toBe(48);
    expect(partsNeeded('_HLS_msn=11&_HLS_part=4')).toBe('_HLS_msn=11&_HLS_part=4 is more than 6 parts ahead');
  });

  it('asks for a delta update in either version', () => {
    expect(ask('_HLS_skip=YES')).toMatchObject({ ok: true, skip: true, blocking: false });
    expect(ask('_HLS_msn=10&_HLS_skip=v2')).toMatchObject({ ok: true, skip: true, blocking: true });
  });

  it('that makes no sense is refused', () => {
    expect(partsNeeded('_HLS_part=1')).toBe('_HLS_part needs _HLS_msn beside it');
    expect(partsNeeded('_HLS_msn=-1')).toBe("_HLS_msn is a whole number, not '-1'");
    expect(partsNeeded('_HLS_msn=')).toBe("_HLS_msn is a whole number, not ''");
    expect(partsNeeded('_HLS_msn=9999999999999999999')).toMatch(/whole number/);
    expect(partsNeeded('_HLS_msn=1&_HLS_part=x')).toBe("_HLS_part is a whole number, not 'x'");
    expect(partsNeeded('_HLS_skip=NO')).toBe("_HLS_skip is YES or v2, not 'NO'");
  });

  it('never makes anyone wait longer than two target durations', () => {
    fc.assert(
      fc.property(
        fc.nat(30),
        fc.option(fc.nat(12)),
        fc.integer({ min: 2000, max: 40_000 }),
        (msn, part, ms) => {
          const query = `_HLS_msn=${msn}${part === null ? '' : `&_HLS_part=${part}`}`;
          const delivery = deliveryOf(shape, liveWindow(shape, ms), query);
          if (delivery.ok) expect(delivery.partsNeeded * shape.partMs - ms).toBeLessThanOrEqual(4000);
        },
      ),
    );
  });
});
