// Pastry: Rowstron, Druschel, "Pastry: scalable, decentralized object location and routing for large-scale
// peer-to-peer systems", Middleware 2001. b = 4, leaf set of 16.
//
// A key's home is the member with the numerically closest identifier. A question goes to the leaf set's closest where
// the key is within its span, else to the routing table's entry with one more digit in common, else to any known agent
// that is closer and shares no fewer digits (section 2.3). Joining (2.4): through a nearby member found by going from
// nearest to nearest; the agents on the way to one's own identifier give a row each and the last its leaf set; then all
// whom one knows are told. Upkeep every 30 s: leaf sets are exchanged with the two neighbours, the rest is probed, and
// rows as in prefix-overlay.ts. Tables are by proximity (section 2.5 and Castro et al. 2002). The neighbourhood
// set M serves the join alone and is left out.

import type { Fabric } from './fabric.ts';
import { clockwise, digitAt, ringDistance, sharedDigits, slotSpan, slotStart } from './key-space.ts';
import { CONTACT_BYTES, type Found, HEADER_BYTES, type Spread } from './overlay.ts';
import { PrefixOverlay, type Slot } from './prefix-overlay.ts';
import { WAIT } from './recursive.ts';

const LEAVES_SIDE = 8;
const NONE = -1;

export class Pastry extends PrefixOverlay {
  readonly name = 'pastry';
  /** [agent] -> those that follow it clockwise, nearest first; and those before it. */
  readonly #after: (readonly number[])[];
  readonly #before: (readonly number[])[];

  constructor(fabric: Fabric, ids: Float64Array) {
    super(fabric, ids, 1);
    this.#after = Array.from({ length: fabric.agents }, () => []);
    this.#before = Array.from({ length: fabric.agents }, () => []);
  }

  override settle(): void {
    super.settle();
    const { living } = this;
    const reach = Math.min(LEAVES_SIDE, living.size - 1);
    for (let rank = 0; rank < living.size; rank += 1) {
      const agent = living.member(rank);
      this.#after[agent] = Array.from({ length: reach }, (_, step) => living.member(rank + 1 + step));
      this.#before[agent] = Array.from({ length: reach }, (_, step) => living.member(rank - 1 - step));
    }
  }

  homeOf(key: number): number {
    const { living } = this;
    const rank = living.rankOf(key);
    return this.#closest(key, [living.member(rank), living.member(rank - 1)]);
  }

  leaves(agent: number): number[] {
    return [...new Set([...(this.#before[agent] ?? []), ...(this.#after[agent] ?? [])])];
  }

  neighbours(agent: number): number[] {
    return [...new Set([...this.leaves(agent), ...this.table.entries(agent)])];
  }

  join(agent: number, via: number): void {
    this.reset(agent);
    this.#nearby(agent, via, (near) => {
      const learnt = new Set<number>([near]);
      const visit = (at: number): void => {
        const row = sharedDigits(this.id(agent), this.id(at));
        const rows = this.table.entries(at).filter((each) => sharedDigits(this.id(at), this.id(each)) <= row);
        this.fabric.tell(at, agent, HEADER_BYTES + rows.length * CONTACT_BYTES, () => {
          for (const each of [at, ...rows]) learnt.add(each);
        });
      };
      let leaves: number[] = [];
      const collect = (home: number): void => {
        leaves = [home, ...this.leaves(home)];
      };
      const replyBytes = HEADER_BYTES + 2 * LEAVES_SIDE * CONTACT_BYTES;
      const options = { visit, collect, replyBytes, start: near };
      this.travel(
        agent,
        this.id(agent),
        (found) => {
          if (found === undefined) this.join(agent, via);
          else this.#settleIn(agent, leaves, learnt);
        },
        options,
      );
    });
  }

  /** Tells all whom it knows; they answer with their leaf sets. */
  #settleIn(agent: number, leaves: readonly number[], others: Iterable<number>): void {
    this.keep(agent);
    for (const each of leaves) this.#take(agent, each, true);
    for (const each of others) this.learn(agent, each);
    for (const each of this.neighbours(agent)) this.#exchange(agent, each);
  }

  /** Goes from `via` to ever nearer members, as far as they know any. */
  #nearby(agent: number, via: number, then: (near: number) => void): void {
    const way = (other: number): number => this.fabric.network.delayMs(agent, other);
    this.ask({
      from: agent,
      to: via,
      known: false,
      replyBytes: HEADER_BYTES + 40 * CONTACT_BYTES,
      serve: () => this.neighbours(via),
      answered: (others) => {
        const best = others.reduce((a, b) => (b !== agent && way(b) < way(a) ? b : a), via);
        if (best === via) then(via);
        else this.#nearby(agent, best, then);
      },
      silent: () => then(via),
    });
  }

  protected override upkeep(agent: number): void {
    const leaves = this.leaves(agent);
    const nearest = [this.#after[agent]?.[0], this.#before[agent]?.[0]];
    for (const each of leaves) {
      if (nearest.includes(each)) this.#exchange(agent, each);
      else this.#probe(agent, each);
    }
    super.upkeep(agent);
  }

  protected route(at: number, key: number): void {
    const { hop } = this;
    hop.to = at;
    if (this.#spans(at, key)) {
      hop.to = this.#closest(key, [at, ...this.leaves(at)]);
      return;
    }
    const row = sharedDigits(this.id(at), key);
    const column = digitAt(key, row);
    const entry = this.table.first(at, row, column);
    if (entry !== NONE) {
      hop.to = entry;
      return;
    }
    if (this.table.isCut(at, row, column)) {
      this.wanted.row = row;
      this.wanted.column = column;
      hop.to = WAIT;
      return;
    }
    const closer = this.neighbours(at).filter((each) => sharedDigits(this.id(each), key) >= row);
    hop.to = this.#closest(key, [at, ...closer]);
  }

  /** The leaf set knows all there are of a slot whose range it spans. */
  protected aside(agent: number, { row, column }: Slot): { known: number[]; complete: boolean } {
    const leaves = this.leaves(agent);
    const inSlot = (each: number): boolean =>
      sharedDigits(this.id(each), this.id(agent)) === row && digitAt(this.id(each), row) === column;
    const low = slotStart(this.id(agent), row, column);
    const complete = this.#spans(agent, low) && this.#spans(agent, low + slotSpan(row) - 1);
    const known = leaves.filter((each) => inSlot(each) && !this.shuns(agent, each));
    return { known, complete };
  }

  /** Sends a question into the slot's range: leaf sets bring it to somebody there, if anybody is. */
  protected override lastResort(at: number, { row, column }: Slot, spread: Spread, then: () => void): void {
    const middle = slotStart(this.id(at), row, column) + slotSpan(row) / 2;
    const done = (found: Found | undefined): void => {
      spread.messages += found?.messages ?? 0;
      spread.crossRegion += found?.crossRegion ?? 0;
      if (found === undefined) return;
      this.learn(at, found.home);
      if (this.table.first(at, row, column) !== NONE) then();
    };
    this.travel(at, middle, done, {});
  }

  /** A leaf set grows at its ends from leaf sets alone: anybody else farther out would leave a gap before it. */
  protected override learn(agent: number, other: number): void {
    this.#take(agent, other, false);
  }

  #take(agent: number, other: number, leaf: boolean): void {
    if (agent === other || this.shuns(agent, other)) return;
    super.learn(agent, other);
    this.#after[agent] = this.#inserted(agent, this.#after[agent] ?? [], other, { leaf, sense: 1 });
    this.#before[agent] = this.#inserted(agent, this.#before[agent] ?? [], other, { leaf, sense: -1 });
  }

  protected override forget(agent: number, other: number): void {
    super.forget(agent, other);
    const without = (side: readonly number[] | undefined): readonly number[] =>
      side?.includes(other) ? side.filter((each) => each !== other) : (side ?? []);
    const lost = this.leaves(agent).includes(other);
    this.#after[agent] = without(this.#after[agent]);
    this.#before[agent] = without(this.#before[agent]);
    if (lost) this.#refill(agent);
  }

  protected override clear(agent: number): void {
    super.clear(agent);
    this.#after[agent] = [];
    this.#before[agent] = [];
  }

  /** A leaf is gone: the farthest on each side has the next ones (section 2.4). */
  #refill(agent: number): void {
    for (const side of [this.#after[agent], this.#before[agent]]) {
      const farthest = side?.at(-1);
      if (farthest !== undefined && (side?.length ?? 0) < LEAVES_SIDE / 2) this.#exchange(agent, farthest);
    }
  }

  #exchange(agent: number, other: number): void {
    this.ask({
      from: agent,
      to: other,
      known: true,
      replyBytes: HEADER_BYTES + 2 * LEAVES_SIDE * CONTACT_BYTES,
      serve: () => {
        this.learn(other, agent);
        return this.leaves(other);
      },
      answered: (leaves) => {
        for (const each of leaves) this.#take(agent, each, true);
      },
      silent: () => {},
    });
  }

  #probe(agent: number, other: number): void {
    this.ask({ from: agent, to: other, known: true, serve: () => {}, answered: () => {}, silent: () => {} });
  }

  #inserted(
    agent: number,
    side: readonly number[],
    other: number,
    { leaf, sense }: { leaf: boolean; sense: 1 | -1 },
  ): readonly number[] {
    if (side.includes(other)) return side;
    const way = (each: number): number =>
      sense === 1 ? clockwise(this.id(agent), this.id(each)) : clockwise(this.id(each), this.id(agent));
    const last = side.at(-1);
    const open = last === undefined || (leaf && side.length < LEAVES_SIDE);
    if (!open && way(other) > way(last)) return side;
    return [...side, other].sort((a, b) => way(a) - way(b)).slice(0, LEAVES_SIDE);
  }

  /** Whether a key lies within the leaf set, from its first before to its last after. */
  #spans(agent: number, key: number): boolean {
    const last = this.#after[agent]?.at(-1) ?? agent;
    const first = this.#before[agent]?.at(-1) ?? agent;
    if (first === last || this.#before[agent]?.includes(last)) return true;
    return clockwise(this.id(first), key) <= clockwise(this.id(first), this.id(last));
  }

  #closest(key: number, agents: readonly number[]): number {
    let best = agents[0] as number;
    for (const each of agents) {
      const [way, bestWay] = [ringDistance(this.id(each), key), ringDistance(this.id(best), key)];
      if (way < bestWay || (way === bestWay && this.id(each) < this.id(best))) best = each;
    }
    return best;
  }
}
