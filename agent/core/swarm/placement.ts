// Whose is a segment? In each ring exactly one member is its home, and everyone with the same view agrees on it.
//
// Weighted rendezvous hashing over the ring's members, salted with the ring's id (wire/rendezvous.ts says why).
// The salted hash of a member is kept with the view: looking a home up costs one score per member, some 30 ns each.

import type { AgentId, RingId } from '../../wire/ids.ts';
import type { AgentRecord } from '../../wire/record.ts';
import { type Hash64, hash64, salted, score } from '../../wire/rendezvous.ts';

/** What placement needs to know of a ring. */
export interface PlacementView {
  readonly ring: RingId;
  /** Changes whenever `members` does. */
  readonly version: number;
  /** Living members, this agent included, in the order of their ids. */
  readonly members: readonly AgentRecord[];
}

export class Placement {
  #ring: RingId | undefined = undefined;
  #version = -1;
  #hashes: readonly Hash64[] = [];

  /** @param avoid members left out, as if they had gone
   *  @returns the home, or undefined where nobody of positive weight is left */
  home(view: PlacementView, key: string, avoid: readonly AgentId[]): AgentRecord | undefined {
    this.#follow(view);
    const hash = hash64(key);
    let home: AgentRecord | undefined;
    let best = 0;
    for (let i = 0; i < view.members.length; i += 1) {
      const member = view.members[i] as AgentRecord;
      const points = score(this.#hashes[i] as Hash64, hash, member.weight);
      if (points > best && !avoid.includes(member.id)) {
        best = points;
        home = member;
      }
    }
    return home;
  }

  #follow(view: PlacementView): void {
    if (view.ring === this.#ring && view.version === this.#version) return;
    const salt = hash64(view.ring);
    this.#hashes = view.members.map((member) => salted(hash64(member.id), salt));
    this.#ring = view.ring;
    this.#version = view.version;
  }
}
