// The size that a seat states, which decides its share of its parent ring's segments.
//
// The exact size would move 2/N of the ring's segments with every join: 1/N inside the seat's ring, where the newcomer
// takes its share, and 1/N between seats. So the stated size follows only when the true one is a quarter off: a join
// or leave then moves 1/N, and members of two rings carry loads that differ by a quarter at most, which hashing alone
// does too. The first stated size is exact. Who holds the seat keeps it, and its successor goes on from the record.

/** @param stated size in the newest seat record; 0 where there is none yet
 *  @param actual agents below the seat
 *  @returns what the next record should state */
export function statedSize(stated: number, actual: number): number {
  return Math.abs(actual - stated) * SLACK > stated ? actual : stated;
}

/** A quarter. */
const SLACK = 4;
