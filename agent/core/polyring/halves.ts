// Cuts a ring into two compact halves: by declared place first, then by measured round trip.
//
// Members are put in a line, ordered by region path, then by the round trip that the cutting agent measured, then by
// id, and the line is cut once in its middle half: where the declared places differ most, else where the round trips
// jump most, and nearest to the middle among equals. Example: ber1 ber2 ber3 fra1 fra2 is cut between ber and fra.
// Refused: clustering by all pairwise round trips: nobody has them, and a wrong cut is mended by later moves.

import { sharedLabels } from '../../wire/ids.ts';

export interface Placed {
  readonly region: string;
  /** As measured by the cutting agent; undefined where it was not. */
  readonly rttMs: number | undefined;
  readonly id: string;
}

/** A jump of round trips below this is noise. */
const JUMP_MIN_MS = 2;

/** @param members at least 2
 *  @returns both halves, the larger first; of two equal ones that with the lowest id */
export function halves<T extends Placed>(members: readonly T[]): readonly [T[], T[]] {
  const line = [...members].sort(alongLine);
  const quarter = Math.max(1, Math.floor(line.length / 4));
  let best = 0;
  let bestGap: Gap | undefined;
  for (let at = quarter; at <= line.length - quarter; at += 1) {
    const gap = gapAt(line, at);
    if (bestGap !== undefined && !isBetter(gap, bestGap)) continue;
    best = at;
    bestGap = gap;
  }
  const [a, b] = [line.slice(0, best), line.slice(best)];
  const swap = a.length === b.length ? lowest(b) < lowest(a) : b.length > a.length;
  return swap ? [b, a] : [a, b];
}

interface Gap {
  /** Labels shared across the cut: the fewer, the farther apart. */
  readonly shared: number;
  readonly jumpMs: number;
  readonly offCentre: number;
}

function gapAt<T extends Placed>(line: readonly T[], at: number): Gap {
  const [before, after] = [line[at - 1] as T, line[at] as T];
  const same = before.region === after.region;
  const jump = same ? (after.rttMs ?? 0) - (before.rttMs ?? 0) : 0;
  return {
    shared: same ? 99 : sharedLabels(before.region.split('/'), after.region.split('/')),
    jumpMs: jump < JUMP_MIN_MS ? 0 : jump,
    offCentre: Math.abs(2 * at - line.length),
  };
}

function isBetter(a: Gap, b: Gap): boolean {
  if (a.shared !== b.shared) return a.shared < b.shared;
  if (a.jumpMs !== b.jumpMs) return a.jumpMs > b.jumpMs;
  return a.offCentre < b.offCentre;
}

function alongLine(a: Placed, b: Placed): number {
  if (a.region !== b.region) return a.region < b.region ? -1 : 1;
  return (a.rttMs ?? 0) - (b.rttMs ?? 0) || (a.id < b.id ? -1 : 1);
}

function lowest(half: readonly Placed[]): string {
  return half.reduce((least, { id }) => (id < least ? id : least), half[0]?.id ?? '');
}
