// Which of two rings of one region the other folds into, as long as a region has one leaf ring.
//
// Everyone who compares the same two rings must name the same one, or agents would swap for ever: the lower ring id
// wins. One exception keeps a newcomer, which always starts in a ring of its own, from moving a whole ring (and with
// it every home, as the ring id salts the placement): an agent alone yields to a ring of several.
// Refused: the larger ring wins (two views of the sizes can disagree, so agents could swap).

import type { RingId } from '../../wire/ids.ts';
import { MEMBERS_MAX } from '../../wire/limits.ts';

export interface RingSize {
  readonly ring: RingId;
  /** Living members as far as known, at least 1. */
  readonly size: number;
}

/** @returns whether a member of `ours` shall move to `theirs` */
export function foldsInto(ours: RingSize, theirs: RingSize): boolean {
  if (ours.ring === theirs.ring || ours.size + theirs.size > MEMBERS_MAX) return false;
  const alone = ours.size === 1;
  if (alone !== (theirs.size === 1)) return alone;
  return theirs.ring < ours.ring;
}
