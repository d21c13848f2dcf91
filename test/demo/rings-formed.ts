// Whether the polyring has taken the shape that it will keep. Pure.
//
// Europe starts as one ring and splits some seconds later, so that agents see each other is not enough: the region's
// agents are in several leaf rings then, with one more level above them, and all members of a ring agree on its size.

import type { AgentStatus } from './status.ts';

type Seen = Pick<AgentStatus, 'region' | 'ring' | 'ringMembers' | 'ringLevels'>;

/** A ring splits above so many times its target size. */
const SPLIT_ABOVE = 1.75;

/** @param ringSize target of a ring */
export function ringsFormed(agents: readonly Seen[], ringSize: number): boolean {
  const sizes = countsOf(agents.map(({ ring }) => ring));
  const regions = countsOf(agents.map(({ region }) => region));
  return agents.every(({ region, ring, ringMembers, ringLevels }) => {
    if (ring === undefined || ringMembers === undefined || ringMembers !== sizes.get(ring)) return false;
    const levels = (regions.size > 1 ? 2 : 1) + ((regions.get(region) ?? 0) > SPLIT_ABOVE * ringSize ? 1 : 0);
    return ringMembers <= SPLIT_ABOVE * ringSize && ringLevels !== undefined && ringLevels >= levels;
  });
}

function countsOf<T>(values: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
