// Which sibling a ring that is too small merges into.
//
// Of the seats beside it, in the same parent ring and of the same level, those that can take it whole; the larger takes the
// smaller (by what their seats say, and of equals the lower ring id), so that no two merge into each other. The
// measured round trip has the veto; then the declared place decides, then the round trip.

import { type RingId, ringLevel, sharedLabels } from '../../wire/ids.ts';
import type { SeatRecord } from '../../wire/record.ts';
import type { RingSizes } from './ring-size.ts';

export interface Small {
  readonly ring: RingId;
  /** Members of the ring: agents of a leaf ring, seats of another. */
  readonly count: number;
  /** What the ring's own seat says, or should. */
  readonly seat: { readonly size: number };
  readonly region: string;
  readonly seats: readonly SeatRecord[];
  readonly countOf: (seat: SeatRecord) => number;
  /** Undefined where it was not measured: the caller measures before it merges. */
  readonly rttMs: (ring: RingId) => number | undefined;
  readonly sizes: RingSizes;
  readonly rttMaxMs: number;
}

export function mergeTarget(small: Small): SeatRecord | undefined {
  const { ring, count, seat: own, seats, countOf, rttMs, sizes, rttMaxMs } = small;
  const labels = small.region.split('/');
  const level = ringLevel(ring);
  let best: SeatRecord | undefined;
  let bestRank: readonly number[] = [];
  for (const seat of seats) {
    if (seat.ring === ring || ringLevel(seat.ring) !== level) continue;
    const joint = count + countOf(seat);
    // An agent alone is a newcomer: it may go wherever newcomers may.
    if (joint > (count === 1 && level === 0 ? sizes.splitAbove : sizes.jointMax)) continue;
    if (seat.size < own.size || (seat.size === own.size && seat.ring > ring)) continue;
    const distanceMs = rttMs(seat.ring) ?? 0;
    if (distanceMs > rttMaxMs) continue;
    const rank = [-sharedLabels(labels, seat.region.split('/')), distanceMs, seat.size];
    if (best !== undefined && !isLess(rank, bestRank)) continue;
    best = seat;
    bestRank = rank;
  }
  return best;
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < a.length; i += 1) {
    if (a[i] !== b[i]) return (a[i] as number) < (b[i] as number);
  }
  return false;
}
