// Where on an agent's path a segment is at home: one agent in each ring, from the leaf ring up to the region's top.
//
// In a ring of seats the lots pick a seat by its size, then a member or seat of that seat's ring, and so on down to one
// agent: load falls on all agents, not on representatives. Every draw below a ring is salted with that ring's id and
// its own, so that an agent's load at one level says nothing about its load at another.
//
//     home of k in eu:   draw(k, seats of eu, salt "eu") = eu-b      draw(k, members of eu-b, salt "eu eu-b") = b3
//
// An agent knows its own path to the last member. Of another seat's ring it knows the seat's contacts, and its members
// only where a look-up brought their roster; else it asks a contact, who redirects it. Pure but for the rosters.

import type { AgentId, RingId } from '../../wire/ids.ts';
import { ROSTER_CONTACTS_MAX, ROSTERS_PER_REDIRECT_MAX } from '../../wire/limits.ts';
import type { RingRoster, RosterMember, RosterSeat } from '../../wire/message.ts';
import { type Hash64, hash64 } from '../../wire/rendezvous.ts';
import type { PathRing, Seat } from '../polyring/path.ts';
import type { KnownContact } from '../ports.ts';
import { type Candidates, drawAmong } from './draw.ts';
import type { PlacementView } from './placement.ts';
import type { Rosters } from './rosters.ts';

/** The rings of an agent in which segments have homes. */
export interface HomePath {
  readonly leaf: PlacementView;
  /** Up to the ring whose homes ask the origin. */
  readonly above: readonly PathRing[];
}

export type Found =
  /** This agent is home. */
  | { readonly kind: 'self' }
  /** Nobody can be: no weight, or nobody left who could be asked. */
  | { readonly kind: 'nobody' }
  /** The home, as far as is known here. */
  | { readonly kind: 'agent'; readonly peer: KnownContact }
  /** The home is below this ring, whose roster is not known: these can be asked, best first. */
  | { readonly kind: 'seat'; readonly ring: RingId; readonly contacts: readonly KnownContact[] };

/** What is looked for: the home of a key among those that are not left out. */
export interface Sought {
  readonly key: Hash64;
  readonly avoid: readonly AgentId[];
}

const MEMBERS: Candidates<RosterMember> = { name: ({ id }) => id, weight: ({ weight }) => weight };
const SEATS: Candidates<RosterSeat> = { name: ({ ring }) => ring, weight: ({ size }) => size };
const SELF: Found = { kind: 'self' };
const NOBODY: Found = { kind: 'nobody' };

export class Homes {
  readonly #self: AgentId;
  readonly #rosters: Rosters;

  constructor(self: AgentId, rosters: Rosters) {
    this.#self = self;
    this.#rosters = rosters;
  }

  /** @param at 0 for the leaf ring, i + 1 for `above[i]` */
  find(at: number, sought: Sought, path: HomePath): Found {
    if (at === 0) return this.#member(path.leaf.members, path.leaf.ring, sought);
    const ring = path.above[at - 1] as PathRing;
    const seat = drawAmong(ring.seats, SEATS, ring.ring).winner(sought.key);
    if (seat === undefined) return NOBODY;
    if (seat.ring === ring.own.ring) return this.#descend(at, sought, path, []);
    return this.#foreign(seat, ring.ring, sought, []);
  }

  /** As one that is asked for the home below its own seat in a ring.
   *  @returns the home, and the rosters that lead another to it */
  below(at: number, sought: Sought, path: HomePath): { found: Found; rosters: readonly RingRoster[] } {
    const rosters: RingRoster[] = [];
    const found = this.#descend(at, sought, path, rosters);
    return { found, rosters: rosters.slice(0, ROSTERS_PER_REDIRECT_MAX) };
  }

  #descend(at: number, sought: Sought, path: HomePath, rosters: RingRoster[]): Found {
    const top = (path.above[at - 1] as PathRing).ring;
    for (let i = at - 2; i >= 0; i -= 1) {
      const ring = path.above[i] as PathRing;
      rosters.push(rosterOfSeats(ring));
      const seat = drawAmong(ring.seats, SEATS, saltOf(top, ring.ring)).winner(sought.key);
      if (seat === undefined) return NOBODY;
      if (seat.ring !== ring.own.ring) return this.#foreign(seat, top, sought, rosters);
    }
    rosters.push(rosterOfMembers(path.leaf));
    return this.#member(path.leaf.members, saltOf(top, path.leaf.ring), sought);
  }

  /** Below a seat that is not this agent's own. */
  #foreign(from: RosterSeat, top: RingId, sought: Sought, passed: RingRoster[]): Found {
    let seat = from;
    for (let depth = 0; depth <= ROSTERS_PER_REDIRECT_MAX; depth += 1) {
      const roster = this.#rosters.get(seat.ring);
      if (roster === undefined) return this.#contacts(seat, sought);
      passed.push(roster);
      const salt = saltOf(top, roster.ring);
      if (roster.seats.length === 0) return this.#member(roster.members, salt, sought);
      const next = drawAmong(roster.seats, SEATS, salt).winner(sought.key);
      if (next === undefined) return NOBODY;
      seat = next;
    }
    return NOBODY;
  }

  #member(members: readonly RosterMember[], salt: string, { key, avoid }: Sought): Found {
    const left = avoid.length === 0 ? undefined : ({ id }: RosterMember): boolean => avoid.includes(id);
    const peer = drawAmong(members, MEMBERS, salt).winner(key, left);
    if (peer === undefined) return NOBODY;
    return peer.id === this.#self ? SELF : { kind: 'agent', peer };
  }

  /** Each agent starts with another contact, so that first questions do not pile up on the primary. */
  #contacts({ ring, contacts }: RosterSeat, { avoid }: Sought): Found {
    const left = contacts.filter(({ id }) => id !== this.#self && !avoid.includes(id));
    if (left.length === 0) return NOBODY;
    const first = hash64(this.#self + ring).low % left.length;
    return { kind: 'seat', ring, contacts: [...left.slice(first), ...left.slice(0, first)] };
  }
}

function saltOf(top: RingId, ring: RingId): string {
  return `${top} ${ring}`;
}

function rosterOfSeats({ ring, seats }: PathRing): RingRoster {
  return kept(seats, () => ({ ring, members: [], seats: seats.map(rosterSeat) }));
}

function rosterSeat({ ring, size, contacts }: Seat): RosterSeat {
  const known = contacts.slice(0, ROSTER_CONTACTS_MAX).map(({ id, link }) => ({ id, link }));
  return { ring, size, contacts: known };
}

function rosterOfMembers({ ring, members }: PlacementView): RingRoster {
  return kept(members, () => ({
    ring,
    members: members.map(({ id, link, weight }) => ({ id, link, weight })),
    seats: [],
  }));
}

/** A list's roster is made once: lists are replaced when they change. */
function kept(list: object, make: () => RingRoster): RingRoster {
  const known = rosterOf.get(list);
  if (known !== undefined) return known;
  const roster = make();
  rosterOf.set(list, roster);
  return roster;
}

const rosterOf: WeakMap<object, RingRoster> = new WeakMap();
