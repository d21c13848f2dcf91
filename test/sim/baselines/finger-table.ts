// Chord's fingers: at each of the 48 places one agent and the two that follow it on the circle.
//
// Whoever renews a finger gets the home's successor list with it (Dabek et al. 2004, section 4.4, need it to choose);
// two of that list are kept, so that a dead finger has a heir at once, in routing and in a broadcast.

import { KEY_BITS } from './key-space.ts';

const KEPT = 3;
const NONE = -1;

export class FingerTable {
  /** [agent, j, place] -> agent; place 0 is the finger. */
  readonly #slots: Int32Array;

  constructor(agents: number) {
    this.#slots = new Int32Array(agents * KEY_BITS * KEPT).fill(NONE);
  }

  /** @returns the finger, or -1 */
  first(agent: number, j: number): number {
    return this.#slots[(agent * KEY_BITS + j) * KEPT] as number;
  }

  /** @returns the finger and its heirs */
  line(agent: number, j: number): number[] {
    return [...this.#slot(agent, j)].filter((each) => each !== NONE);
  }

  all(agent: number): number[] {
    const base = agent * KEY_BITS * KEPT;
    return [...this.#slots.subarray(base, base + KEY_BITS * KEPT)].filter((each) => each !== NONE);
  }

  set(agent: number, j: number, line: readonly number[]): void {
    const slot = this.#slot(agent, j);
    for (let place = 0; place < KEPT; place += 1) slot[place] = line[place] ?? NONE;
  }

  remove(agent: number, other: number): void {
    for (let j = 0; j < KEY_BITS; j += 1) {
      const slot = this.#slot(agent, j);
      const place = slot.indexOf(other);
      if (place < 0) continue;
      slot.copyWithin(place, place + 1);
      slot[KEPT - 1] = NONE;
    }
  }

  clear(agent: number): void {
    this.#slots.fill(NONE, agent * KEY_BITS * KEPT, (agent + 1) * KEY_BITS * KEPT);
  }

  #slot(agent: number, j: number): Int32Array {
    const base = (agent * KEY_BITS + j) * KEPT;
    return this.#slots.subarray(base, base + KEPT);
  }
}
