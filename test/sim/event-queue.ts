// The simulator's future: events by virtual time, first in first out among those of one time.
//
// A binary heap over typed arrays: a hundred thousand agents keep a few events each, and an event costs no object of
// its own. What an event is about is four numbers and, for a message, one reference in `payloads`.

/** Reused by every `pop`: read it before the next one. */
export interface SimEvent {
  atMs: number;
  kind: number;
  agent: number;
  /** Meaning by kind: the sender of a message, the life that an event is for. */
  other: number;
  life: number;
  payload: unknown;
}

export class EventQueue {
  readonly event: SimEvent = { atMs: 0, kind: 0, agent: 0, other: 0, life: 0, payload: undefined };
  #capacity = 1024;
  #size = 0;
  #sequence = 0;
  #heap = new Uint32Array(1024);
  #at = new Float64Array(1024);
  #order = new Float64Array(1024);
  #kind = new Uint8Array(1024);
  #agent = new Int32Array(1024);
  #other = new Int32Array(1024);
  #life = new Int32Array(1024);
  #payloads: unknown[] = [];
  #free: number[] = [];
  #used = 0;

  get size(): number {
    return this.#size;
  }

  /** When the next event is due; infinite where there is none. */
  get nextMs(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#at[this.#heap[0] as number] as number);
  }

  push(atMs: number, kind: number, agent: number, other: number, life: number, payload?: unknown): void {
    const slot = this.#free.pop() ?? this.#grown();
    this.#at[slot] = atMs;
    this.#order[slot] = this.#sequence;
    this.#sequence += 1;
    this.#kind[slot] = kind;
    this.#agent[slot] = agent;
    this.#other[slot] = other;
    this.#life[slot] = life;
    this.#payloads[slot] = payload;
    this.#size += 1;
    this.#rise(this.#size - 1, slot);
  }

  /** @returns the next event in `event`, or undefined where the future is empty */
  pop(): SimEvent | undefined {
    if (this.#size === 0) return undefined;
    const slot = this.#heap[0] as number;
    const event = this.event;
    event.atMs = this.#at[slot] as number;
    event.kind = this.#kind[slot] as number;
    event.agent = this.#agent[slot] as number;
    event.other = this.#other[slot] as number;
    event.life = this.#life[slot] as number;
    event.payload = this.#payloads[slot];
    this.#payloads[slot] = undefined;
    this.#free.push(slot);
    this.#size -= 1;
    if (this.#size > 0) this.#sink(this.#heap[this.#size] as number);
    return event;
  }

  #before(a: number, b: number): boolean {
    const difference = (this.#at[a] as number) - (this.#at[b] as number);
    return difference < 0 || (difference === 0 && (this.#order[a] as number) < (this.#order[b] as number));
  }

  #rise(from: number, slot: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.#heap[parent] as number;
      if (!this.#before(slot, above)) break;
      this.#heap[at] = above;
      at = parent;
    }
    this.#heap[at] = slot;
  }

  #sink(slot: number): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      if (
        child + 1 < this.#size &&
        this.#before(this.#heap[child + 1] as number, this.#heap[child] as number)
      ) {
        child += 1;
      }
      const below = this.#heap[child] as number;
      if (!this.#before(below, slot)) break;
      this.#heap[at] = below;
      at = child;
    }
    this.#heap[at] = slot;
  }

  #grown(): number {
    if (this.#used === this.#capacity) {
      this.#capacity *= 2;
      this.#heap = copied(new Uint32Array(this.#capacity), this.#heap);
      this.#at = copied(new Float64Array(this.#capacity), this.#at);
      this.#order = copied(new Float64Array(this.#capacity), this.#order);
      this.#kind = copied(new Uint8Array(this.#capacity), this.#kind);
      this.#agent = copied(new Int32Array(this.#capacity), this.#agent);
      this.#other = copied(new Int32Array(this.#capacity), this.#other);
      this.#life = copied(new Int32Array(this.#capacity), this.#life);
    }
    this.#used += 1;
    return this.#used - 1;
  }
}

function copied<T extends { set(from: ArrayLike<number>): void }>(to: T, from: ArrayLike<number>): T {
  to.set(from);
  return to;
}
