// A polyring as it stands after a long quiet, built at once: who is in which ring and who holds which seat.
//
// Membership is off: nothing here probes, splits or elects, but what comes out is what those rules lead to. Agents of
// one metro share leaf rings; a ring above 1.75 T is split in two compact halves, rings of seats too, so that levels
// appear as they are needed. A seat's contacts are the first five by rank (equal machines: by rendezvous hash) of its
// members, or of the representatives of its own seats. Agents of one leaf ring have one view, and share it: a million
// agents are a record and an id each.

import type { PathRing, PathView, Seat, SeatContact } from '../../../agent/core/polyring/path.ts';
import type { RingView } from '../../../agent/core/polyring/ring-view.ts';
import { type AgentId, type Region, type RingId, ringIdOf } from '../../../agent/wire/ids.ts';
import type { RingRoster } from '../../../agent/wire/message.ts';
import type { AgentRecord } from '../../../agent/wire/record.ts';
import { type Hash64, hash64, salted, score } from '../../../agent/wire/rendezvous.ts';
import type { Metro } from '../geography.ts';

const TARGET_SIZE = 32;
/** In target sizes. */
const SPLIT_ABOVE = 1.75;
const REPRESENTATIVES = 3;
const CONTACTS = 5;

export interface Ground {
  readonly metros: readonly Metro[];
  readonly metroOf: Int32Array;
  readonly regionOf: Int32Array;
  readonly seed: number;
  /** Target size of a ring; 32 where undefined. */
  readonly target?: number;
}

/** A ring while it is built: of agents, or of seats. */
export interface SimRing {
  readonly id: RingId;
  readonly level: number;
  readonly region: string;
  /** Leaf rings: agents by index. */
  members: number[];
  readonly children: SimRing[];
  parent: SimRing | undefined;
  /** Agents below, as the seat states it. */
  stated: number;
  contacts: SeatContact[];
}

export class Structure {
  readonly records: readonly AgentRecord[];
  /** All rings, the leaf rings first. */
  readonly rings: readonly SimRing[];
  readonly leaves: readonly SimRing[];
  readonly levels: number;
  readonly #ground: Ground;
  readonly #leafOf: SimRing[];
  readonly #indexOf: Map<AgentId, number> = new Map();
  readonly #views: Map<SimRing, PathView> = new Map();
  readonly #seats: Map<SimRing, readonly Seat[]> = new Map();
  readonly #members: Map<SimRing, readonly AgentRecord[]> = new Map();
  #version = 0;

  constructor(ground: Ground) {
    this.#ground = ground;
    const { metroOf } = ground;
    this.records = Array.from(metroOf, (_, index) => this.#recordOf(index));
    for (const [index, { id }] of this.records.entries()) this.#indexOf.set(id, index);
    const tops = grouped(metroOf.keys(), (agent) => ground.regionOf[agent] ?? 0).map((agents) =>
      this.#region(agents),
    );
    const world =
      tops.length > 1 ? this.#ringAbove(tops, Math.max(...tops.map(({ level }) => level)) + 1) : undefined;
    this.rings = world === undefined ? tops.flatMap(below) : below(world);
    this.leaves = this.rings.filter(({ level }) => level === 0);
    this.levels = Math.max(...this.rings.map(({ level }) => level)) + 1;
    this.#leafOf = [];
    for (const leaf of this.leaves) for (const agent of leaf.members) this.#leafOf[agent] = leaf;
    for (const ring of [...this.rings].sort((a, b) => a.level - b.level)) this.#elect(ring);
  }

  indexOf(id: AgentId): number {
    const index = this.#indexOf.get(id);
    if (index === undefined) throw new RangeError(`expected the id of an agent, got ${id}`);
    return index;
  }

  leafOf(agent: number): SimRing {
    return this.#leafOf[agent] as SimRing;
  }

  viewOf(agent: number): PathView {
    return this.view(this.leafOf(agent));
  }

  view(leaf: SimRing): PathView {
    const known = this.#views.get(leaf);
    if (known !== undefined) return known;
    const above: PathRing[] = [];
    for (let ring = leaf; ring.parent !== undefined; ring = ring.parent) {
      const seats = this.#seatsOf(ring.parent);
      const own = seats.find((seat) => seat.ring === ring.id) as Seat;
      above.push({ ring: ring.parent.id, level: ring.parent.level, seats, own });
    }
    const top = this.rings.find(({ parent }) => parent === undefined);
    const world = above.length > 0 && top?.region === '';
    const view = { leaf: this.#leafView(leaf), above, world, version: this.#version };
    this.#views.set(leaf, view);
    return view;
  }

  /** The ring of the region in which an agent is that has no parent but the world. */
  topOf(agent: number): SimRing {
    let ring = this.leafOf(agent);
    while (ring.parent !== undefined && ring.parent.region !== '') ring = ring.parent;
    return ring;
  }

  /** Places on an agent's path, as indices for `homeOf`: of its region's top ring and of the world ring. */
  heightsOf(agent: number): { region: number; world: number } {
    const { above, world } = this.viewOf(agent);
    return { region: above.length - (world ? 1 : 0), world: above.length };
  }

  /** @param at 0 for the leaf ring of the agent, i + 1 for the i-th ring above
   *  @returns the key's home there, by the rule and not by anyone's view */
  homeOf(agent: number, at: number, key: Hash64): number {
    let ring = this.leafOf(agent);
    for (let height = 0; height < at; height += 1) ring = ring.parent as SimRing;
    const top = ring.id;
    while (ring.level > 0) {
      const salt = hash64(ring.id === top ? top : `${top} ${ring.id}`);
      ring = best(ring.children, (child) => score(salted(hash64(child.id), salt), key, child.stated));
    }
    const salt = hash64(ring.id === top ? top : `${top} ${ring.id}`);
    return best(ring.members, (member) => {
      const { id, weight } = this.records[member] as AgentRecord;
      return score(salted(hash64(id), salt), key, weight);
    });
  }

  rosterOf(ring: SimRing): RingRoster {
    const members = ring.members.map((agent) => this.records[agent] as AgentRecord);
    return { ring: ring.id, members, seats: ring.level === 0 ? [] : this.#seatsOf(ring) };
  }

  /** An agent goes: its leaf ring is smaller, and the seats above state it once it is a quarter. */
  leave(agent: number): void {
    const leaf = this.leafOf(agent);
    leaf.members = leaf.members.filter((each) => each !== agent);
    this.#changed(leaf);
  }

  /** It comes back to its leaf ring. */
  join(agent: number): void {
    const leaf = this.leafOf(agent);
    leaf.members = [...leaf.members, agent];
    this.#changed(leaf);
  }

  #changed(leaf: SimRing): void {
    this.#version += 1;
    this.#members.delete(leaf);
    this.#views.delete(leaf);
    for (let ring: SimRing | undefined = leaf; ring !== undefined; ring = ring.parent) {
      const stated = statedSize(ring.stated, sizeOf(ring));
      if (stated === ring.stated || ring.parent === undefined) continue;
      ring.stated = stated;
      this.#seats.delete(ring.parent);
      this.#views.clear();
    }
  }

  #leafView(leaf: SimRing): RingView {
    let members = this.#members.get(leaf);
    if (members === undefined) {
      members = leaf.members
        .map((agent) => this.records[agent] as AgentRecord)
        .sort((a, b) => (a.id < b.id ? -1 : 1));
      this.#members.set(leaf, members);
    }
    return {
      ring: leaf.id,
      version: this.#version,
      members,
      loadOf: () => 0,
      rttMs: () => undefined,
      state: () => 'alive',
    };
  }

  #seatsOf(ring: SimRing): readonly Seat[] {
    const known = this.#seats.get(ring);
    if (known !== undefined) return known;
    const seats = ring.children
      .map(({ id, stated, contacts }) => ({ ring: id, parent: ring.id, term: 1, size: stated, contacts }))
      .sort((a, b) => (a.ring < b.ring ? -1 : 1));
    this.#seats.set(ring, seats);
    return seats;
  }

  #region(agents: readonly number[]): SimRing {
    let rings = grouped(agents, (agent) => this.#ground.metroOf[agent] ?? 0)
      .flatMap((metro) => this.#halves(metro))
      .map((members) => this.#leafRing(members));
    for (let level = 1; rings.length > 1; level += 1) {
      rings = this.#halves(rings).map((children) => this.#ringAbove(children, level));
    }
    return rings[0] as SimRing;
  }

  /** Split in two as long as it is too large. */
  #halves<T>(items: readonly T[]): T[][] {
    if (items.length <= SPLIT_ABOVE * (this.#ground.target ?? TARGET_SIZE)) return [[...items]];
    const middle = Math.ceil(items.length / 2);
    return [...this.#halves(items.slice(0, middle)), ...this.#halves(items.slice(middle))];
  }

  #leafRing(members: number[]): SimRing {
    const region = this.records[members[0] ?? 0]?.region as Region;
    return {
      id: ringIdOf(0, region, this.#random(`leaf ${members[0]}`)),
      level: 0,
      region,
      members,
      children: [],
      parent: undefined,
      stated: members.length,
      contacts: [],
    };
  }

  #ringAbove(children: SimRing[], level: number): SimRing {
    const regions = new Set(children.map(({ region }) => region.split('/')[0]));
    const region = regions.size > 1 ? '' : `${[...regions][0]}`;
    const label = (region === '' ? 'world' : region) as Region;
    const ring: SimRing = {
      id: ringIdOf(level, label, this.#random(`ring ${level} ${children[0]?.id}`)),
      level,
      region,
      members: [],
      children,
      parent: undefined,
      stated: 0,
      contacts: [],
    };
    for (const child of children) child.parent = ring;
    ring.stated = sizeOf(ring);
    return ring;
  }

  #elect(ring: SimRing): void {
    const candidates =
      ring.level === 0
        ? ring.members.map((agent) => this.records[agent] as SeatContact)
        : ring.children.flatMap(({ contacts }) => contacts.slice(0, REPRESENTATIVES));
    const salt = hash64(`rank ${ring.id}`);
    const key = hash64(ring.id);
    const rank = new Map(candidates.map((each) => [each, score(salted(hash64(each.id), salt), key, 1)]));
    ring.contacts = [...candidates]
      .sort((a, b) => (rank.get(b) ?? 0) - (rank.get(a) ?? 0))
      .slice(0, CONTACTS);
  }

  #recordOf(index: number): AgentRecord {
    const { high, low } = hash64(`agent ${this.#ground.seed} ${index}`);
    const half = high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
    const metro = this.#ground.metros[this.#ground.metroOf[index] ?? 0];
    const region = REGIONS.get(metro) ?? (`${metro?.region}/${metro?.name}` as Region);
    if (metro !== undefined) REGIONS.set(metro, region);
    return {
      id: (half + NUMBERED.slice(half.length, -8) + index.toString(16).padStart(8, '0')) as AgentId,
      incarnation: 1,
      sequence: 0,
      ring: NO_RING,
      region,
      link: '',
      publicUrl: '',
      reachability: 'dialable',
      weight: 100,
      version: 'sim',
      proof: NO_PROOF,
    };
  }

  #random(what: string): string {
    const { high, low } = hash64(`${this.#ground.seed} ${what}`);
    return (high.toString(36) + low.toString(36)).padStart(8, '0').slice(-8);
  }
}

const REGIONS: Map<Metro | undefined, Region> = new Map();
const NO_PROOF: AgentRecord['proof'] = { body: new Uint8Array(0), signature: new Uint8Array(0) };
/** Placement reads a member's ring from its view. */
const NO_RING = '' as RingId;
const NUMBERED = '0'.repeat(64);

/** A seat states another size when the true one is an eighth off (seat-writer.ts). The exact size would move 2/N of the
 *  ring's segments with every join: 1/N inside the seat's ring and 1/N between seats. */
function statedSize(stated: number, actual: number): number {
  return Math.abs(actual - stated) * 8 > stated ? actual : stated;
}

export function sizeOf(ring: SimRing): number {
  return ring.level === 0
    ? ring.members.length
    : ring.children.reduce((sum, child) => sum + sizeOf(child), 0);
}

/** The ring and all below it, leaf rings first. */
export function below(ring: SimRing): SimRing[] {
  return [...ring.children.flatMap(below), ring].sort((a, b) => a.level - b.level);
}

function best<T>(items: readonly T[], points: (item: T) => number): T {
  let winner = items[0] as T;
  let most = Number.NEGATIVE_INFINITY;
  for (const item of items) {
    const own = points(item);
    if (own > most) {
      most = own;
      winner = item;
    }
  }
  return winner;
}

function grouped(items: Iterable<number>, groupOf: (item: number) => number): number[][] {
  const groups = new Map<number, number[]>();
  for (const item of items) {
    const group = groupOf(item);
    const known = groups.get(group);
    if (known === undefined) groups.set(group, [item]);
    else known.push(item);
  }
  return [...groups.values()];
}
