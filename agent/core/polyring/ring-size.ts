// How many members a ring may have, all from one number: the target size T.
//
// A split leaves halves of 0.85 T and more, a merge at most 1.25 T, and the next split comes above 1.75 T: between any
// two of them lie many joins or deaths, so that rings do not flap.
// A ring of one is always too small, also where a quarter of T is not more than one.

export interface RingSizes {
  /** A ring with more members is split. */
  readonly splitAbove: number;
  /** A ring with as many takes nobody in. */
  readonly cap: number;
  /** A ring with fewer looks for one to merge into. */
  readonly mergeBelow: number;
  /** Two rings with more than this together do not merge. */
  readonly jointMax: number;
}

/** @param target T, 4 to 64 */
export function ringSizes(target: number): RingSizes {
  return {
    splitAbove: Math.floor(1.75 * target),
    cap: 2 * target,
    mergeBelow: Math.max(2, Math.ceil(target / 4)),
    jointMax: Math.floor(1.25 * target),
  };
}
