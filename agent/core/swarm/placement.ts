// Whose is a segment? In each ring exactly one member is its home, and everyone with the same view agrees on it.
//
// Weighted rendezvous hashing over the ring's members, salted with the ring's id (wire/rendezvous.ts says why). This is
// the leaf ring alone; homes.ts has the rings above it.

import type { AgentId, RingId } from '../../wire/ids.ts';
import type { AgentRecord } from '../../wire/record.ts';
import { hash64 } from '../../wire/rendezvous.ts';
import { type Candidates, drawAmong } from './draw.ts';

/** What placement needs to know of a ring. */
export interface PlacementView {
  readonly ring: RingId;
  /** Changes whenever `members` does. */
  readonly version: number;
  /** Living members, this agent included, in the order of their ids. Replaced on every change. */
  readonly members: readonly AgentRecord[];
}

const MEMBERS: Candidates<AgentRecord> = { name: ({ id }) => id, weight: ({ weight }) => weight };

export class Placement {
  /** @param avoid members left out, as if they had gone
   *  @returns the home, or undefined where nobody of positive weight is left */
  home(view: PlacementView, key: string, avoid: readonly AgentId[]): AgentRecord | undefined {
    const draw = drawAmong(view.members, MEMBERS, view.ring);
    return draw.winner(hash64(key), ({ id }) => avoid.includes(id));
  }
}
