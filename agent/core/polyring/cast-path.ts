// Down and up the rings: to whom one agent passes a cast on. Pure: a view and a cast in, a list of errands out.
//
//     world        [eu]---------[us]            a1 casts to the world (levels as in path.ts):
//                   |            |              a1 -> a2 a3 a4            its leaf ring, a star
//     eu     [eu-a]-[eu-b]   [us-a]-[us-b]      a2 -> b1 (cover eu-b)     a2 holds eu-a's seat: the ring above
//             |      |        |      |          a2 -> u1 (cover us)       and, eu's seat being a2's too, the next one
//          a1..a4  b1..b4   u1..    v1..        b1 -> b2 b3 b4; u1 -> v1 (cover us-b), u2 u3 u4; v1 -> ...
//
// Every agent gets the cast once: N - 1 messages, and one across each border. Whoever covers a ring sends to all its
// seats itself: a second step inside a ring would save uplink time (31 x 1 KB take 1.3 ms at 200 Mb/s) and cost a
// one-way delay, which between the metros of a region is ten times that.
// Climbing is left to representatives because they keep links to those of the other seats; any agent could, since all
// hold the seats of their path, and does where no representative is at hand or the one that was asked stays silent.

import { type AgentId, type RingId, topLabel } from '../../wire/ids.ts';
import type { CastReach } from '../../wire/message.ts';
import type { KnownContact } from '../ports.ts';
import type { PathRing, PathView, Seat } from './path.ts';

/** What one agent is sent. Without a ring to cover or climb: only the cast. */
export interface Errand {
  readonly to: KnownContact;
  cover:
    | { readonly ring: RingId; readonly others: readonly KnownContact[]; readonly world: boolean }
    | undefined;
  climb: { readonly ring: RingId; readonly world: boolean } | undefined;
}

/** For whom a cast is. */
export interface Reach {
  readonly reach: CastReach;
  readonly target: string;
}

/** Whom a cast passes over, in the leaf ring and among seats. */
export interface Wanted {
  member(id: AgentId): boolean;
  seat(seat: Seat): boolean;
}

export const EVERYBODY: Wanted = { member: () => true, seat: () => true };

/** @returns rings above the leaf that a cast climbs to: `view.above` up to this number */
export function climbsTo(view: PathView, { reach, target }: Reach): number {
  const all = view.above.length;
  switch (reach) {
    case 'world':
    case 'topic':
      return all;
    case 'region':
      return view.world && target === ownRegion(view) ? all - 1 : all;
    case 'ring':
      return view.above.findIndex(({ ring }) => ring === target) + 1;
  }
}

/** Is an agent with this view among those that a cast is for? Topics are its own to know. */
export function inReach(view: PathView, { reach, target }: Reach): boolean {
  if (reach === 'region') return target === ownRegion(view);
  if (reach === 'ring') return target === view.leaf.ring || view.above.some(({ ring }) => ring === target);
  return true;
}

export function ownRegion(view: PathView): string {
  return regionOf(view.leaf.ring);
}

/** The region label of a ring id. */
export function regionOf(ring: RingId): string {
  return topLabel(ring.slice(2) as Parameters<typeof topLabel>[0]).split('|')[0] ?? '';
}

/** Where a cast is to go that this agent passes on. */
export interface Passing extends Reach {
  readonly self: AgentId;
  readonly view: PathView;
  readonly wanted: Wanted;
  /** A ring of the path to cover: the leaf ring's members, or all other seats down to them. */
  readonly cover: RingId | undefined;
  /** First ring above, as an index of `view.above`, whose other seats are to be reached; past the end: none. */
  readonly climbFrom: number;
  /** Round trip to an agent in ms, where it is known. */
  readonly rttMs: (to: AgentId) => number | undefined;
  /** Have another agent climb if one holds the seat; not after one that was asked stayed silent. */
  readonly delegate: boolean;
}

/** @returns errands, the farthest first, and the rings that they serve, so that it is never done twice */
export function errandsOf(passing: Passing): { errands: Errand[]; served: RingId[] } {
  const plan = new Plan(passing);
  const { view, cover, climbFrom } = passing;
  const coverTop = cover === undefined ? -1 : levelIndex(view, cover);
  plan.climb(climbFrom);
  for (let i = coverTop - 1; i >= 0; i -= 1) plan.seats(view.above[i] as PathRing);
  if (coverTop >= 0) plan.leaf();
  plan.delegate();
  return { errands: plan.errands(), served: plan.served };
}

/** @returns 0 for the leaf ring, i + 1 for `above[i]`, -1 for a ring that is not on the path */
export function levelIndex(view: PathView, ring: RingId): number {
  if (ring === view.leaf.ring) return 0;
  const at = view.above.findIndex((each) => each.ring === ring);
  return at < 0 ? -1 : at + 1;
}

class Plan {
  readonly served: RingId[] = [];
  readonly #passing: Passing;
  readonly #top: number;
  readonly #byAgent: Map<AgentId, Errand> = new Map();
  /** First ring above that somebody else shall climb from; past the top: none. */
  #left = Number.POSITIVE_INFINITY;

  constructor(passing: Passing) {
    this.#passing = passing;
    this.#top = climbsTo(passing.view, passing);
  }

  /** Serves the rings above as long as this agent holds their seats, and leaves the rest to another. */
  climb(from: number): void {
    const { view, self, delegate } = this.#passing;
    let end = from;
    const mine = (ring: PathRing): boolean => ring.own.contacts.some(({ id }) => id === self);
    while (end < this.#top && (!delegate || mine(view.above[end] as PathRing))) end += 1;
    this.#left = end;
    for (let i = end - 1; i >= from; i -= 1) this.seats(view.above[i] as PathRing);
  }

  seats(ring: PathRing): void {
    const { view, wanted, reach, target } = this.#passing;
    const world = view.world && ring === view.above.at(-1);
    this.served.push(ring.ring);
    for (const seat of ring.seats) {
      if (seat.ring === ring.own.ring || !wanted.seat(seat)) continue;
      if (reach === 'region' && (world ? regionOf(seat.ring) !== target : target !== ownRegion(view)))
        continue;
      const [first, ...others] = this.#preferred(seat.contacts.filter(({ id }) => id !== this.#passing.self));
      if (first !== undefined) this.#errand(first).cover = { ring: seat.ring, others, world };
    }
  }

  leaf(): void {
    const { view, self, wanted } = this.#passing;
    if (!inReach(view, this.#passing)) return;
    this.served.push(view.leaf.ring);
    for (const member of view.leaf.members) {
      if (member.id !== self && wanted.member(member.id)) this.#errand(member);
    }
  }

  /** Hands the rest of the climb to whoever holds a seat up there and gets the cast from here anyway, the higher the
   *  better; where there is nobody, climbs itself. */
  delegate(): void {
    const { view, reach } = this.#passing;
    if (this.#left >= this.#top) return;
    const ring = view.above[this.#left] as PathRing;
    const climb = { ring: ring.ring, world: view.world && ring === view.above.at(-1) };
    for (let i = this.#top - 1; i >= this.#left; i -= 1) {
      for (const contact of this.#nearest((view.above[i] as PathRing).own.contacts)) {
        const errand = this.#byAgent.get(contact.id);
        if (errand === undefined) continue;
        errand.climb = climb;
        return;
      }
    }
    const holder = ring.own.contacts[0];
    if (reach === 'topic' && holder !== undefined) this.#errand(holder).climb = climb;
    else for (let i = this.#left; i < this.#top; i += 1) this.seats(view.above[i] as PathRing);
  }

  errands(): Errand[] {
    const all = [...this.#byAgent.values()];
    return all.sort((a, b) => farness(b) - farness(a));
  }

  #errand(to: KnownContact): Errand {
    const known = this.#byAgent.get(to.id);
    if (known !== undefined) return known;
    const errand: Errand = { to, cover: undefined, climb: undefined };
    this.#byAgent.set(to.id, errand);
    return errand;
  }

  /** Contacts of a seat, the nearest first; before them all one that holds a higher seat and so can climb on. */
  #preferred(all: readonly KnownContact[]): readonly KnownContact[] {
    const { view } = this.#passing;
    const contacts = this.#nearest(all);
    for (let i = this.#top - 1; i >= this.#left; i -= 1) {
      const holders = (view.above[i] as PathRing).own.contacts;
      const found = contacts.find(({ id }) => holders.some((holder) => holder.id === id));
      if (found !== undefined) return [found, ...contacts.filter((each) => each !== found)];
    }
    return contacts;
  }

  /** Whoever is not known stays behind those that are, in the order of the seat. */
  #nearest(contacts: readonly KnownContact[]): readonly KnownContact[] {
    const { rttMs } = this.#passing;
    const rtt = new Map(contacts.map(({ id }) => [id, rttMs(id) ?? Number.MAX_VALUE]));
    return [...contacts].sort((a, b) => (rtt.get(a.id) ?? 0) - (rtt.get(b.id) ?? 0));
  }
}

function farness({ cover, climb }: Errand): number {
  if (cover?.world === true) return 3;
  if (climb !== undefined) return 2;
  return cover === undefined ? 0 : 1;
}
