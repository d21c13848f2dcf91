// Which of two leaf rings of one region the other folds into.
//
// Everyone who compares the same two rings must name the same one, or agents would swap for ever: the lower ring id
// wins. One exception keeps a newcomer, which always starts in a ring of its own, from moving a whole ring (and with
// it every home, as the ring id salts the placement): an agent alone yields to a ring of several.
// Rings that are too large together do not fold: they get a parent ring.
// Refused: the larger ring wins (two views of the sizes can disagree, so agents could swap).

import type { RingId } from '../../wire/ids.ts';
import type { RingSizes } from './ring-size.ts';

export interface RingSize {
  readonly ring: RingId;
  /** Living members as far as known, at least 1. */
  readonly size: number;
}

/** @returns whether both may become one: an agent alone goes wherever there is room */
export function mayFold(ours: RingSize, theirs: RingSize, sizes: RingSizes): boolean {
  if (ours.ring === theirs.ring) return false;
  const joint = ours.size + theirs.size;
  return joint <= sizes.jointMax || (Math.min(ours.size, theirs.size) === 1 && joint <= sizes.cap);
}

/** @returns whether members of `ours` shall move to `theirs` */
export function foldsInto(ours: RingSize, theirs: RingSize, sizes: RingSizes): boolean {
  if (!mayFold(ours, theirs, sizes)) return false;
  const alone = ours.size === 1;
  if (alone !== (theirs.size === 1)) return alone;
  return theirs.ring < ours.ring;
}
