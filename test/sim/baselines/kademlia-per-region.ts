// One Kademlia per region: the simplest answer of a Kademlia operator to locality, and the nearest to ours.
//
// An agent is a member of the overlay of its own region alone, so a key has a home (k homes) in every region, and a
// look-up never leaves it. Each agent also knows eight agents of each other region, drawn by chance, as a bootstrap
// list would give; a broadcast enters every other region through one of them. No paper describes just this.

import { below } from '../../../agent/core/prng.ts';
import type { Fabric } from './fabric.ts';
import { Kademlia } from './kademlia.ts';
import { Base, type Found, type Spread } from './overlay.ts';

const ENTRIES = 8;

export class KademliaPerRegion extends Base {
  readonly name = 'kademlia-per-region';
  readonly #regions: readonly Regional[];
  /** [agent, region, place] -> agent of that region. */
  readonly #entries: Int32Array;

  constructor(fabric: Fabric, ids: Float64Array) {
    super(fabric, ids);
    this.#regions = Array.from({ length: fabric.regions }, (_, region) => {
      const members = [...ids.keys()].filter((agent) => fabric.regionOf[agent] === region);
      return new Regional(fabric, ids, { name: `kademlia of region ${region}`, members });
    });
    this.#entries = new Int32Array(fabric.agents * fabric.regions * ENTRIES);
  }

  settle(): void {
    this.open(this.directory.order);
    for (const region of this.#regions) region.settle();
    for (let slot = 0; slot < this.#entries.length; slot += 1) {
      const { living } = this.#regions[Math.floor(slot / ENTRIES) % this.fabric.regions] as Regional;
      this.#entries[slot] = living.member(below(this.fabric.random, living.size));
    }
  }

  join(agent: number, via: number): void {
    this.open([agent]);
    this.#own(agent).join(agent, via);
  }

  override keep(agent: number): void {
    this.open([agent]);
    this.#own(agent).keep(agent);
  }

  lookup(from: number, key: number, done: (found: Found | undefined) => void): void {
    this.#own(from).lookup(from, key, done);
  }

  place(key: number): void {
    for (const region of this.#regions) region.place(key);
  }

  homeOf(key: number, from: number): number {
    return this.#own(from).homeOf(key);
  }

  override isRight(found: Found, _key: number, from: number): boolean {
    return this.#own(from).isRight(found);
  }

  override lose(agent: number): void {
    this.#own(agent).lose(agent);
  }

  protected override mayEnterBy(agent: number, via: number): boolean {
    return agent < 0 || this.fabric.regionOf[agent] === this.fabric.regionOf[via];
  }

  neighbours(agent: number): number[] {
    const width = this.fabric.regions * ENTRIES;
    const entries = this.#entries.subarray(agent * width, (agent + 1) * width);
    return [...new Set([...this.#own(agent).neighbours(agent), ...entries])];
  }

  /** The agent that starts also enters the other regions. */
  override broadcast(from: number): Spread {
    const spread = this.#own(from).broadcast(from);
    for (let region = 0; region < this.fabric.regions; region += 1) {
      if (region !== this.fabric.regionOf[from]) this.#enter(from, region, 0, spread);
    }
    return spread;
  }

  /** @param scope unused: the whole region */
  protected relay(at: number, _scope: number, spread: Spread): void {
    this.#own(at).relayAll(at, spread);
  }

  protected upkeep(): void {}
  protected forget(): void {}
  protected learn(): void {}
  protected clear(): void {}

  #enter(from: number, region: number, attempt: number, spread: Spread): void {
    if (attempt === ENTRIES) return;
    const to = this.#entries[(from * this.fabric.regions + region) * ENTRIES + attempt] as number;
    this.hand(from, to, 0, spread, () => this.#enter(from, region, attempt + 1, spread));
  }

  #own(agent: number): Regional {
    return this.#regions[this.fabric.regionOf[agent] as number] as Regional;
  }
}

class Regional extends Kademlia {
  relayAll(at: number, spread: Spread): void {
    this.relay(at, 0, spread);
  }
}
