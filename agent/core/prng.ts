// A small seeded generator: the only source of chance that the core knows, handed to it as `random`.
//
// sfc32 (Chris Doty-Humphrey's small fast counter, from PractRand): 128 bits of state, passes PractRand, a few
// integer operations per number. Not for secrets.

import type { Random } from './ports.ts';

/** @returns a generator whose sequence depends on the seed alone */
export function prng(seed: number): Random {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = seed | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i += 1) next();
  return () => next() / 2 ** 32;
}

/** @returns a whole number in [0, below) */
export function below(random: Random, bound: number): number {
  return Math.floor(random() * bound);
}

/** Fisher-Yates, in place. */
export function shuffle<T>(items: T[], random: Random): T[] {
  for (let i = items.length - 1; i > 0; i -= 1) {
    const j = below(random, i + 1);
    const held = items[i] as T;
    items[i] = items[j] as T;
    items[j] = held;
  }
  return items;
}
