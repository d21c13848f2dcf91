// The circle of identifiers that all four baselines share, and the two ways of measuring it.
//
// Their papers use 128 or 160 bits so that nobody collides. Here 48 do, drawn until all differ, because they fit a
// JavaScript number exactly: tables fill from the top, and a hundred thousand agents reach some 34 bits deep.
// A directory is the true order of all members. Only the as-if-converged construction and the checks of
// an answer read it; no protocol step does.

import type { Random } from '../../../agent/core/ports.ts';

export const KEY_BITS = 48;
export const KEY_SPACE: number = 2 ** KEY_BITS;
/** b = 4: sixteen digits, twelve of them. */
export const DIGITS = 12;
export const BASE = 16;
const HALF = 2 ** 24;

export function randomKey(random: Random): number {
  return Math.floor(random() * HALF) * HALF + Math.floor(random() * HALF);
}

/** @returns `count` identifiers, no two alike */
export function drawIds(count: number, random: Random): Float64Array {
  const seen = new Set<number>();
  while (seen.size < count) seen.add(randomKey(random));
  return Float64Array.from(seen);
}

/** @returns how far `to` is from `from`, walking clockwise */
export function clockwise(from: number, to: number): number {
  return to >= from ? to - from : to - from + KEY_SPACE;
}

/** @returns the shorter way round */
export function ringDistance(a: number, b: number): number {
  const way = clockwise(a, b);
  return Math.min(way, KEY_SPACE - way);
}

export function xor(a: number, b: number): number {
  const high = Math.floor(a / HALF) ^ Math.floor(b / HALF);
  const low = (a % HALF) ^ (b % HALF);
  return high * HALF + low;
}

/** @returns leading bits that both have; 48 for equal keys */
export function sharedBits(a: number, b: number): number {
  const high = Math.floor(a / HALF) ^ Math.floor(b / HALF);
  if (high !== 0) return Math.clz32(high) - 8;
  const low = (a % HALF) ^ (b % HALF);
  return low === 0 ? KEY_BITS : 24 + Math.clz32(low) - 8;
}

/** @returns leading hexadecimal digits that both have; 12 for equal keys */
export function sharedDigits(a: number, b: number): number {
  return sharedBits(a, b) >> 2;
}

/** @param row 0 for the leading digit */
export function digitAt(key: number, row: number): number {
  const half = row < 6 ? Math.floor(key / HALF) : key % HALF;
  return (half >>> (20 - 4 * (row % 6))) & 15;
}

/** @returns how many identifiers share `row` digits and the next one */
export function slotSpan(row: number): number {
  return BASE ** (DIGITS - 1 - row);
}

/** @returns the lowest identifier that shares `row` digits with `id` and has the digit `column` next */
export function slotStart(id: number, row: number, column: number): number {
  const span = slotSpan(row);
  return Math.floor(id / (span * BASE)) * span * BASE + column * span;
}

export class Directory {
  /** Members by identifier. */
  readonly order: Int32Array;
  /** Their identifiers, ascending. */
  readonly keys: Float64Array;

  constructor(ids: Float64Array, members: Iterable<number>) {
    const idOf = (agent: number): number => ids[agent] as number;
    this.order = Int32Array.from(members).sort((a, b) => idOf(a) - idOf(b));
    this.keys = Float64Array.from(this.order, idOf);
  }

  get size(): number {
    return this.order.length;
  }

  /** @returns the member `rank` steps from the lowest identifier, round and round */
  member(rank: number): number {
    const { size } = this;
    return this.order[((rank % size) + size) % size] as number;
  }

  /** @returns the first rank in [low, high) whose identifier is >= `key`, or `high` */
  rankOf(key: number, low = 0, high: number = this.size): number {
    let [from, to] = [low, high];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.keys[middle] as number) < key) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** @returns ranks [low, high) of those that share the leading `bits` of `key` */
  range(key: number, bits: number, low = 0, high: number = this.size): [low: number, high: number] {
    const span = 2 ** (KEY_BITS - bits);
    const first = Math.floor(key / span) * span;
    const from = this.rankOf(first, low, high);
    return [from, this.rankOf(first + span, from, high)];
  }
}
