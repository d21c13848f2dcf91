// The routing table of Pastry and Tapestry: row r, column c holds agents that share r digits with the owner and have
// digit c next, nearest in round trip first; one of them in Pastry, three in Tapestry.
//
// Rows are added as they are needed: some five at a hundred thousand agents. A slot that was full and lost an entry
// is "cut": there may be others for it that its owner never kept. A slot that was never full holds all there are.

import { BASE, digitAt, sharedDigits } from './key-space.ts';

const NONE = -1;

export class PrefixTable {
  readonly #ids: Float64Array;
  readonly #width: number;
  readonly #nearness: (agent: number, other: number) => number;
  /** [agent][row, column, place] -> agent */
  readonly #slots: Int32Array[];
  readonly #cut: (Set<number> | undefined)[] = [];

  /** @param width entries of a slot */
  constructor(ids: Float64Array, width: number, nearness: (agent: number, other: number) => number) {
    this.#ids = ids;
    this.#width = width;
    this.#nearness = nearness;
    this.#slots = Array.from({ length: ids.length }, () => new Int32Array(0));
  }

  rows(agent: number): number {
    return (this.#slots[agent] as Int32Array).length / (BASE * this.#width);
  }

  /** @returns the nearest entry, or -1 */
  first(agent: number, row: number, column: number): number {
    return (this.#slots[agent] as Int32Array)[(row * BASE + column) * this.#width] ?? NONE;
  }

  /** @returns all entries of a slot, nearest first */
  slot(agent: number, row: number, column: number): number[] {
    const base = (row * BASE + column) * this.#width;
    const all = (this.#slots[agent] as Int32Array).subarray(base, base + this.#width);
    return [...all].filter((each) => each !== NONE);
  }

  /** @returns all entries of a row, or of the whole table */
  entries(agent: number, row?: number): number[] {
    const slots = this.#slots[agent] as Int32Array;
    const size = BASE * this.#width;
    const part = row === undefined ? slots : slots.subarray(row * size, (row + 1) * size);
    return [...part].filter((each) => each !== NONE);
  }

  isCut(agent: number, row: number, column: number): boolean {
    return this.#cut[agent]?.has(row * BASE + column) ?? false;
  }

  /** Nothing more is to be learnt of the slot. */
  accept(agent: number, row: number, column: number): void {
    this.#cut[agent]?.delete(row * BASE + column);
  }

  clear(agent: number): void {
    this.#slots[agent] = new Int32Array(0);
    this.#cut[agent] = undefined;
  }

  /** Fills an empty slot with entries that come nearest first. */
  fill(agent: number, row: number, column: number, nearestFirst: readonly number[]): void {
    this.#grow(agent, row + 1);
    const slots = this.#slots[agent] as Int32Array;
    const base = (row * BASE + column) * this.#width;
    for (let place = 0; place < this.#width; place += 1) slots[base + place] = nearestFirst[place] ?? NONE;
  }

  /** Enters the other where it is nearer than what is there. */
  offer(agent: number, other: number): void {
    if (agent === other) return;
    const own = this.#ids[agent] as number;
    const its = this.#ids[other] as number;
    const row = sharedDigits(own, its);
    this.#grow(agent, row + 1);
    const slots = this.#slots[agent] as Int32Array;
    const base = (row * BASE + digitAt(its, row)) * this.#width;
    const part = slots.subarray(base, base + this.#width);
    if (part.includes(other)) return;
    const way = this.#nearness(agent, other);
    let place = this.#width;
    while (place > 0) {
      const before = part[place - 1] as number;
      if (before !== NONE && this.#nearness(agent, before) <= way) break;
      place -= 1;
    }
    if (place === this.#width) return;
    part.copyWithin(place + 1, place, this.#width - 1);
    part[place] = other;
  }

  remove(agent: number, other: number): void {
    const own = this.#ids[agent] as number;
    const its = this.#ids[other] as number;
    const row = sharedDigits(own, its);
    if (row >= this.rows(agent)) return;
    const column = digitAt(its, row);
    const base = (row * BASE + column) * this.#width;
    const part = (this.#slots[agent] as Int32Array).subarray(base, base + this.#width);
    const place = part.indexOf(other);
    if (place < 0) return;
    if (part[this.#width - 1] !== NONE) {
      const cut = this.#cut[agent] ?? new Set<number>();
      this.#cut[agent] = cut;
      cut.add(row * BASE + column);
    }
    part.copyWithin(place, place + 1);
    part[this.#width - 1] = NONE;
  }

  #grow(agent: number, rows: number): void {
    if (this.rows(agent) >= rows) return;
    const slots = new Int32Array(rows * BASE * this.#width).fill(NONE);
    slots.set(this.#slots[agent] as Int32Array);
    this.#slots[agent] = slots;
  }
}
