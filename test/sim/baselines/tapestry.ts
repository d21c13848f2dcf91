// Tapestry: Zhao, Huang, Stribling, Rhea, Joseph, Kubiatowicz, "Tapestry: a resilient global-scale overlay for service
// deployment", IEEE Journal on Selected Areas in Communications 22(1), 2004. Base 16; an entry and two backups.
//
// Routing resolves one digit a level; where a level has nobody with the digit, the next digit that somebody has takes
// its place (surrogate routing), so every key has one root. A publisher's path to the root leaves pointers, and a
// question that meets one goes straight to the nearest copy known there. Joining: Hildrum, Kubiatowicz, Rao, Zhao,
// "Distributed object location in a dynamic network", SPAA 2002: an acknowledged multicast tells all who share the
// longest prefix; from that list the rows are built downwards, keeping the nearest at each level. Upkeep, repair
// and broadcast: prefix-overlay.ts. A cut slot is repaired before a surrogate takes its place, else two would be roots.

import type { Fabric } from './fabric.ts';
import { BASE, DIGITS, digitAt, sharedDigits, slotStart } from './key-space.ts';
import { type Found, HEADER_BYTES } from './overlay.ts';
import { PrefixOverlay } from './prefix-overlay.ts';
import { WAIT } from './recursive.ts';

const ENTRIES = 3;
/** k of the nearest-neighbour search, which the paper wants of the order of log n. */
const NEAREST_KEPT = 24;
/** Longer than a multicast takes to reach anyone and its word to come back. */
const ANNOUNCE_MS = 2000;
const NONE = -1;

export class Tapestry extends PrefixOverlay {
  readonly name: string;
  /** By key: at each agent that has a pointer, the copies it knows. Undefined where look-ups go to the root alone. */
  readonly #pointers: Map<number, Map<number, number[]>> | undefined;

  /** @param options.pointers whether questions end at a pointer, in place of the root */
  constructor(fabric: Fabric, ids: Float64Array, options: { pointers?: boolean } = {}) {
    super(fabric, ids, ENTRIES);
    this.name = options.pointers ? 'tapestry-nearest' : 'tapestry';
    this.#pointers = options.pointers ? new Map() : undefined;
  }

  homeOf(key: number): number {
    const { living } = this;
    let [low, high] = [0, living.size];
    for (let row = 0; row < DIGITS && high - low > 1; row += 1) {
      for (let step = 0; step < BASE; step += 1) {
        const prefix = living.keys[low] as number;
        const wanted = slotStart(prefix, row, (digitAt(key, row) + step) % BASE);
        const [from, to] = living.range(wanted, 4 * (row + 1), low, high);
        if (from === to) continue;
        low = from;
        high = to;
        break;
      }
    }
    return living.member(low);
  }

  neighbours(agent: number): number[] {
    return this.table.entries(agent);
  }

  /** Leaves pointers on the way from a holder to the key's root. */
  publish(holder: number, key: number): void {
    const pointers = this.#pointers?.get(key) ?? new Map<number, number[]>();
    this.#pointers?.set(key, pointers);
    const visit = (at: number): void => {
      const known = pointers.get(at) ?? [];
      if (!known.includes(holder)) pointers.set(at, [...known, holder]);
    };
    this.travel(holder, key, () => {}, { visit, toRoot: true });
  }

  join(agent: number, via: number): void {
    this.reset(agent);
    const done = (found: Found | undefined): void => {
      if (found === undefined) this.join(agent, via);
      else this.#announce(agent, found.home);
    };
    this.travel(agent, this.id(agent), done, { start: via, toRoot: true });
  }

  protected route(at: number, key: number, level: number): void {
    const { hop, table } = this;
    hop.to = at;
    for (let row = level; row < table.rows(at); row += 1) {
      const own = digitAt(this.id(at), row);
      const wanted = digitAt(key, row);
      for (let step = 0; step < BASE; step += 1) {
        const column = (wanted + step) % BASE;
        if (column === own) break;
        const entry = table.first(at, row, column);
        if (entry === NONE && !table.isCut(at, row, column)) continue;
        this.wanted.row = row;
        this.wanted.column = column;
        hop.to = entry === NONE ? WAIT : entry;
        hop.level = row + 1;
        return;
      }
    }
  }

  protected override shortcut(at: number, key: number): number {
    const known =
      this.#pointers
        ?.get(key)
        ?.get(at)
        ?.filter((each) => !this.shuns(at, each)) ?? [];
    if (known.includes(at)) return at;
    const way = (each: number): number => this.fabric.network.delayMs(at, each);
    return known.reduce((a, b) => (a === NONE || way(b) < way(a) ? b : a), NONE);
  }

  protected aside(): { known: number[]; complete: boolean } {
    return { known: [], complete: false };
  }

  /** The surrogate is found: all who share as many digits with the newcomer learn of it and tell it that they are there.
   *  Every hop is acknowledged; where the paper's newcomer waits for the whole multicast, ours waits two seconds. */
  #announce(agent: number, surrogate: number): void {
    const row = sharedDigits(this.id(agent), this.id(surrogate));
    const told = new Set<number>();
    this.#multicast(agent, surrogate, row, { agent, told });
    this.fabric.after(agent, ANNOUNCE_MS, () => {
      const nearest = this.#nearest(agent, told);
      for (const each of told) this.learn(agent, each);
      this.open([agent]);
      this.#buildRow(agent, row, nearest);
    });
  }

  #multicast(from: number, to: number, scope: number, newcomer: { agent: number; told: Set<number> }): void {
    const { agent, told } = newcomer;
    const serve = (): void => {
      if (to === agent) return;
      this.learn(to, agent);
      this.fabric.tell(to, agent, HEADER_BYTES, () => told.add(to));
      for (let row = scope; row < this.table.rows(to); row += 1) {
        for (let column = 0; column < BASE; column += 1) {
          const next = this.table.first(to, row, column);
          if (next !== NONE && next !== agent) this.#multicast(to, next, row + 1, newcomer);
        }
      }
    };
    this.ask({ from, to, known: true, serve, answered: () => {}, silent: () => {} });
  }

  /** Asks the nearest of the level above for the row; the nearest of all these are asked for the row below. */
  #buildRow(agent: number, row: number, list: readonly number[]): void {
    if (row < 0) {
      this.keep(agent);
      return;
    }
    const seen = new Set(list);
    let open = list.length;
    const then = (entries: readonly number[]): void => {
      for (const each of entries) if (each !== agent) seen.add(each);
      open -= 1;
      if (open === 0) this.#buildRow(agent, row - 1, this.#nearest(agent, seen));
    };
    for (const each of list) this.askForRow(agent, each, row, then);
  }

  #nearest(agent: number, from: Iterable<number>): number[] {
    const way = (each: number): number => this.fabric.network.delayMs(agent, each);
    return [...from].sort((a, b) => way(a) - way(b)).slice(0, NEAREST_KEPT);
  }
}
