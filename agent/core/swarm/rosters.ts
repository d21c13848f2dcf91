// Rings that this agent is not in, as their members described them: bounded, least recently used first out.
//
// They are hearsay and may be old. Nothing breaks by that: whoever is asked wrongly answers with a fresh roster, and
// who does not answer at all is taken out until the next one comes.

import type { AgentId, RingId } from '../../wire/ids.ts';
import type { RingRoster } from '../../wire/message.ts';

export class Rosters {
  readonly #countMax: number;
  readonly #byRing: Map<RingId, RingRoster> = new Map();

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  get count(): number {
    return this.#byRing.size;
  }

  /** Agents and seats in all of them. */
  get entries(): number {
    let entries = 0;
    for (const { members, seats } of this.#byRing.values()) entries += members.length + seats.length;
    return entries;
  }

  get(ring: RingId): RingRoster | undefined {
    const roster = this.#byRing.get(ring);
    if (roster === undefined) return undefined;
    this.#byRing.delete(ring);
    this.#byRing.set(ring, roster);
    return roster;
  }

  put(roster: RingRoster): void {
    this.#byRing.delete(roster.ring);
    this.#byRing.set(roster.ring, roster);
    const [oldest] = this.#byRing.keys();
    if (this.#byRing.size > this.#countMax && oldest !== undefined) this.#byRing.delete(oldest);
  }

  /** The agent did not answer. */
  drop(agent: AgentId): void {
    for (const [ring, roster] of this.#byRing) {
      if (!roster.members.some(({ id }) => id === agent)) continue;
      const members = roster.members.filter(({ id }) => id !== agent);
      if (members.length === 0) this.#byRing.delete(ring);
      else this.#byRing.set(ring, { ...roster, members });
    }
  }
}
