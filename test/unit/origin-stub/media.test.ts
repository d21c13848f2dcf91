// The committed ladder is what the playlists promise, and a ladder that is not gets refused.
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { boxesIn, trackRuns } from '../../../origin-stub/box.ts';
import { cutFragmented, loadLadder, MediaError, type Rendition } from '../../../origin-stub/media.ts';

const folder = fileURLToPath(new URL('../../../origin-stub/media', import.meta.url));
const ladder = loadLadder(folder);

function soundRuns(rendition: Rendition): { from: number; to: number }[] {
  return rendition.segments.flatMap((segment) =>
    boxesIn(segment.bytes)
      .filter((box) => box.type === 'moof')
      .flatMap((moof) => trackRuns(segment.bytes, moof).filter((run) => run.trackId === 2))
      .map((run) => ({ from: run.baseDecodeTime, to: run.baseDecodeTime + run.sampleCount * 1024 })),
  );
}

describe('the committed ladder', () => {
  it('has three fMP4 renditions, best first, and one of them as MPEG-TS', () => {
    expect(ladder.fmp4.map(({ name, width, height }) => [name, width, height])).toEqual([
      ['360p', 640, 360],
      ['270p', 480, 270],
      ['180p', 320, 180],
    ]);
    for (const { codecs } of ladder.fmp4) expect(codecs).toMatch(/^avc1\.4d[0-9a-f]{4},mp4a\.40\.2$/);
    expect(ladder.ts).toMatchObject({ name: '180p', container: 'ts', init: undefined });
    for (const { bytes } of ladder.ts.segments) expect([bytes[0], bytes.length % 188]).toEqual([0x47, 0]);
  });

  it('has 32 segments of four parts, of which only the first starts with a key frame', () => {
    for (const { segments } of ladder.fmp4) {
      expect(segments).toHaveLength(32);
      for (const { bytes, parts } of segments) {
        expect(parts.map((part) => part.independent)).toEqual([true, false, false, false]);
        expect(Buffer.concat(parts.map((part) => part.bytes)).equals(bytes)).toBe(true);
      }
    }
  });

  it('has sound without a gap from 0 to 64 s, across segments and into the next loop', () => {
    for (const rendition of ladder.fmp4) {
      let at = 0;
      for (const { from, to } of soundRuns(rendition)) {
        expect(from).toBe(at);
        at = to;
      }
      expect(at).toBe(64 * 48_000);
    }
  });

  it('knows its bit rates from its bytes', () => {
    const [best] = ladder.fmp4;
    const bits = best?.segments.map(({ bytes }) => bytes.length * 4) ?? [];
    expect(best?.peakBitsPerS).toBe(Math.max(...bits));
    expect(best?.averageBitsPerS).toBe(Math.ceil(bits.reduce((sum, one) => sum + one, 0) / 32));
  });

  it('stays within its 10 MB', () => {
    const files = ['360p.mp4', '270p.mp4', '180p.mp4'].map((name) => statSync(`${folder}/${name}`).size);
    const ts = ladder.ts.segments.map(({ bytes }) => bytes.length);
    expect([...files, ...ts].reduce((sum, one) => sum + one, 0)).toBeLessThan(10_000_000);
  });
});

describe('a fragmented file', () => {
  const file = readFileSync(`${folder}/180p.mp4`);
  const fragments = boxesIn(file).filter((box) => box.type === 'moof');

  it('is refused without its moov', () => {
    const start = fragments[0]?.start;
    expect(() => cutFragmented(file.subarray(start), 'x', 0)).toThrow(
      'x: expected a fragmented MP4, found no moov',
    );
  });

  it('is refused when a fragment lacks its media', () => {
    const moofEnd = fragments[5]?.end;
    expect(() => cutFragmented(file.subarray(0, moofEnd), 'x', 0)).toThrow(/moof at \d+ has no mdat/);
  });

  it('is refused when it ends early, between segments or inside one', () => {
    expect(() => cutFragmented(file.subarray(0, fragments[8]?.start), 'x', 0)).toThrow(
      /expected 32 segments, found 2/,
    );
    expect(() => cutFragmented(file.subarray(0, fragments[126]?.start), 'x', 0)).toThrow(MediaError);
  });

  it('is refused when a fragment is missing in the middle', () => {
    const without = Buffer.concat([
      file.subarray(0, fragments[2]?.start),
      file.subarray(fragments[3]?.start),
    ]);
    expect(() => cutFragmented(without, 'x', 0)).toThrow(/fragment 2 starts at 23040, expected 15360/);
  });

  it('is refused when its key frames are elsewhere', () => {
    const forged = Buffer.from(file);
    const run = forged.indexOf('trun', fragments[0]?.start) + 16;
    forged.writeUInt32BE(0x01_01_00_00, run);
    expect(() => cutFragmented(forged, 'x', 0)).toThrow('x: fragment 0 lacks a key frame');
  });
});
