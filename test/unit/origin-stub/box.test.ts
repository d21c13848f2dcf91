// Reading ISO boxes: well-formed ones, and ones that lie about their length.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoxError, boxesIn, findBox, requireBox, trackRuns } from '../../../origin-stub/box.ts';

function box(type: string, ...payload: (Buffer | number[])[]): Buffer {
  const body = Buffer.concat(payload.map((piece) => Buffer.from(piece as number[])));
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + body.length, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, body]);
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
}

const nonSync = 0x01_01_00_00;

function moof(tfhd: Buffer, trun: Buffer, tfdt: Buffer = words(0, 7680)): Buffer {
  return box(
    'moof',
    box('mfhd', words(0, 1)),
    box('traf', box('tfhd', tfhd), box('tfdt', tfdt), box('trun', trun)),
  );
}

function onlyRun(bytes: Buffer): ReturnType<typeof trackRuns>[number] | undefined {
  return trackRuns(bytes, requireBox(bytes, ['moof']))[0];
}

describe('boxes', () => {
  it('are listed in order with where their payloads lie', () => {
    const bytes = Buffer.concat([box('ftyp', [1, 2]), box('moov', box('trak', box('mdia')))]);
    expect(boxesIn(bytes).map((one) => [one.type, one.start, one.payload, one.end])).toEqual([
      ['ftyp', 0, 8, 10],
      ['moov', 10, 18, 34],
    ]);
    expect(findBox(bytes, ['moov', 'trak', 'mdia'])?.start).toBe(26);
  });

  it('may have a 64-bit length, or 0 for all that is left', () => {
    const wide = Buffer.concat([words(1), Buffer.from('mdat'), words(0, 18), Buffer.from([7, 8])]);
    expect(boxesIn(wide)).toEqual([{ type: 'mdat', start: 0, payload: 16, end: 18 }]);
    const open = Buffer.concat([words(0), Buffer.from('mdat'), Buffer.from([7, 8, 9])]);
    expect(boxesIn(open)).toEqual([{ type: 'mdat', start: 0, payload: 8, end: 11 }]);
  });

  it('are refused when they claim more than there is, or less than their header', () => {
    expect(() => boxesIn(Buffer.concat([words(9), Buffer.from('free')]))).toThrow(
      /claims 9 bytes, 8 are left/,
    );
    expect(() => boxesIn(Buffer.concat([words(7), Buffer.from('free')]))).toThrow(BoxError);
    expect(() => boxesIn(Buffer.alloc(5))).toThrow(/needs a header of 8 bytes, 5 are left/);
    expect(() => boxesIn(Buffer.concat([words(1), Buffer.from('mdat')]))).toThrow(/cut off/);
  });

  it('that are needed and missing are named', () => {
    expect(() => requireBox(box('moov'), ['moov', 'trak'])).toThrow('expected a box moov/trak, found none');
  });

  it('of any bytes either fill them exactly or are refused as boxes', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc.uint8Array({ maxLength: 20 }).map((bytes) => box('free', Buffer.from(bytes))),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 5 }), (pieces) => {
        const bytes = Buffer.concat(pieces);
        let at = 0;
        try {
          for (const one of boxesIn(bytes)) {
            expect(one.start).toBe(at);
            expect(one.payload).toBeLessThanOrEqual(one.end);
            at = one.end;
          }
          expect(at).toBe(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(BoxError);
        }
      }),
    );
  });
});

describe('a track run', () => {
  it('has its track, its time of either width and its number of samples', () => {
    const narrow = moof(words(0, 2), words(0, 15));
    expect(onlyRun(narrow)).toMatchObject({ trackId: 2, baseDecodeTime: 7680, sampleCount: 15 });
    const wide = moof(words(0, 2), words(0, 15), words(0x01_00_00_00, 1, 5));
    expect(onlyRun(wide)?.baseDecodeTime).toBe(2 ** 32 + 5);
  });

  it('starts with a key frame as its own flags say, before the sample and the track default', () => {
    const defaultFlags = words(0x20, 1, nonSync);
    expect(onlyRun(moof(defaultFlags, words(0, 1)))?.startsWithSync).toBe(false);
    expect(onlyRun(moof(defaultFlags, words(0x5, 1, 100, 0x02_00_00_00)))?.startsWithSync).toBe(true);
    expect(onlyRun(moof(words(0, 1), words(0x5, 1, 100, nonSync)))?.startsWithSync).toBe(false);
    expect(onlyRun(moof(defaultFlags, words(0x701, 1, 100, 512, 99, 0x02_00_00_00)))?.startsWithSync).toBe(
      true,
    );
    expect(onlyRun(moof(words(0x3b, 1, 0, 0, 3, 512, 99, nonSync), words(0, 1)))?.startsWithSync).toBe(false);
  });
});
