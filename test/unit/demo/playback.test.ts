// The clock and the choice of rendition of a headless viewer.

import { expect, test } from 'vitest';
import { Playback } from '../../demo/playback.ts';

const VARIANTS = [100_000, 300_000, 800_000].map((bitsPerS) => ({ url: `${bitsPerS}`, bitsPerS }));

test('with room in the buffer the next segment is fetched at once; a full buffer waits for playback', () => {
  const playback = new Playback();
  expect(playback.roomInMs(0)).toBe(0);
  for (let i = 0; i < 6; i += 1) playback.append(2, 0);
  expect(playback.roomInMs(0)).toBe(0);
  playback.append(2, 0);
  expect(playback.roomInMs(0)).toBe(2_000);
  expect(playback.roomInMs(1_500)).toBe(500);
});

test('a segment that comes after the buffer ran dry is a stall, one in time is none', () => {
  const playback = new Playback();
  playback.append(2, 0);
  playback.append(2, 1_999);
  expect(playback.stalls).toBe(0);
  playback.append(2, 4_001);
  expect(playback.stalls).toBe(1);
});

test('the lowest rendition plays until a rate is measured, then the best that it carries with headroom', () => {
  const playback = new Playback();
  expect(playback.choose(VARIANTS, 2)?.bitsPerS).toBe(100_000);
  playback.measured(125_000, 1_000);
  expect(playback.choose(VARIANTS, 2)?.bitsPerS).toBe(300_000);
  const fast = new Playback();
  fast.measured(1_250_000, 1_000);
  expect(fast.choose(VARIANTS, 2)?.bitsPerS).toBe(800_000);
});

test('a small screen caps the choice, and a rate below every rendition takes the lowest', () => {
  const playback = new Playback();
  playback.measured(1_250_000, 1_000);
  expect(playback.choose(VARIANTS, 1)?.bitsPerS).toBe(300_000);
  const slow = new Playback();
  slow.measured(100, 1_000);
  expect(slow.choose(VARIANTS, 2)?.bitsPerS).toBe(100_000);
  expect(slow.choose([], 2)).toBeUndefined();
});
