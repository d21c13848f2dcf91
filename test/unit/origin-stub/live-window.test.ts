// The arithmetic of the live stream, with time passed in.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  discontinuitySequence,
  type LiveShape,
  liveWindow,
  oldestKept,
  partAtMs,
  partPresence,
  programDateMs,
  segmentAtMs,
  segmentPresence,
  startsLoop,
} from '../../../origin-stub/live-window.ts';

const shape: LiveShape = {
  epochMs: 1000,
  partMs: 500,
  partsPerSegment: 4,
  loopSegments: 32,
  windowSegments: 10,
};
const at = (ms: number): number => shape.epochMs + ms;

describe('the live window', () => {
  it('is empty before the epoch and until the first segment is complete', () => {
    expect(liveWindow(shape, at(-5000))).toEqual({ firstMsn: 0, segmentCount: 0, partCount: 0 });
    expect(liveWindow(shape, at(1999))).toEqual({ firstMsn: 0, segmentCount: 0, partCount: 3 });
    expect(liveWindow(shape, at(2000))).toEqual({ firstMsn: 0, segmentCount: 1, partCount: 4 });
  });

  it('is as in the worked example', () => {
    expect(liveWindow(shape, at(5200))).toEqual({ firstMsn: 0, segmentCount: 2, partCount: 10 });
    expect(partAtMs(shape, 10)).toBe(at(5500));
  });

  it('grows to its size and then slides', () => {
    expect(liveWindow(shape, at(20_000))).toMatchObject({ firstMsn: 0, segmentCount: 10 });
    expect(liveWindow(shape, at(21_999))).toMatchObject({ firstMsn: 0, segmentCount: 10 });
    expect(liveWindow(shape, at(22_000))).toMatchObject({ firstMsn: 1, segmentCount: 11 });
  });

  it('dates a segment by its first frame, one segment before it is complete', () => {
    expect(programDateMs(shape, 7)).toBe(at(14_000));
    expect(segmentAtMs(shape, 7)).toBe(at(16_000));
  });
});

describe('a live object', () => {
  it('exists from the moment at which it is complete, not a millisecond before', () => {
    expect(segmentPresence(shape, 3, at(7999))).toEqual({ is: 'future', atMs: at(8000) });
    expect(segmentPresence(shape, 3, at(8000))).toEqual({ is: 'here' });
    expect(partPresence(shape, { msn: 3, index: 1 }, at(6999))).toEqual({ is: 'future', atMs: at(7000) });
    expect(partPresence(shape, { msn: 3, index: 1 }, at(7000))).toEqual({ is: 'here' });
  });

  it('outlives its place in the playlist by the length of a playlist and itself, then it is gone', () => {
    // Segment 3 leaves the window when 14 exist, at 28 s; 20 s + 2 s later nobody may still want it.
    const left = 28_000;
    expect(liveWindow(shape, at(left)).firstMsn).toBe(4);
    expect(segmentPresence(shape, 3, at(left + 22_000))).toEqual({ is: 'here' });
    expect(partPresence(shape, { msn: 3, index: 0 }, at(left + 22_000))).toEqual({ is: 'here' });
    expect(segmentPresence(shape, 3, at(left + 24_000))).toEqual({ is: 'gone' });
    expect(partPresence(shape, { msn: 3, index: 3 }, at(left + 24_000))).toEqual({ is: 'gone' });
  });

  it('that the playlist lists is always there', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000_000 }), (ms) => {
        const window = liveWindow(shape, at(ms));
        expect(oldestKept(shape, at(ms))).toBeLessThanOrEqual(window.firstMsn);
        for (let msn = window.firstMsn; msn < window.segmentCount; msn += 1) {
          expect(segmentPresence(shape, msn, at(ms)).is).toBe('here');
        }
        expect(segmentPresence(shape, window.segmentCount, at(ms)).is).toBe('future');
      }),
    );
  });
});

describe('the loop', () => {
  it('starts over every 32 segments, but the first time is no discontinuity', () => {
    expect([0, 1, 31, 32, 33, 64].filter((msn) => startsLoop(shape, msn))).toEqual([32, 64]);
  });

  it('gives every segment the same discontinuity number in each playlist that lists it', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(9), (firstMsn, offset) => {
        const listed = Array.from({ length: offset + 1 }, (_, index) => firstMsn + index);
        const tags = listed.filter((msn) => startsLoop(shape, msn)).length;
        const number = discontinuitySequence(shape, firstMsn) + tags;
        expect(number).toBe(Math.floor((firstMsn + offset) / shape.loopSegments));
      }),
    );
  });
});
