// Chord: Stoica, Morris, Liben-Nowell, Karger, Kaashoek, Dabek, Balakrishnan, "Chord: a scalable peer-to-peer lookup
// protocol for Internet applications", IEEE/ACM Transactions on Networking 11(1), 2003.
//
// A key's home is its successor on the circle. Finger j of n is the successor of n + 2^j; a question goes to the
// closest preceding entry among fingers and successor list (the form of section 5.3, with failures), or straight to
// the home where the list reaches so far. Recursive, with
// 16 successors and, where asked for, proximity neighbour selection PNS(16), as in Dabek, Li, Sit, Robertson, Kaashoek,
// Morris, "Designing a DHT for low latency and high throughput", NSDI 2004, sections 4.2 and 4.4: finger j is the
// nearest of the first 16 members of [n + 2^j, n + 2^(j+1)).
// Upkeep as in the simulations of the 2003 paper: every 30 s on average an agent stabilises and renews all fingers.
// Broadcast: El-Ansary, Alima, Brand, Haridi, "Efficient broadcast in structured P2P networks", IPTPS 2003: each
// finger gets the interval up to the next one. That paper repairs nothing; here an interval whose delegate is silent
// goes to its next living member, known from the successor list or else looked up.

import type { Fabric } from './fabric.ts';
import { FingerTable } from './finger-table.ts';
import { clockwise, KEY_BITS, KEY_SPACE } from './key-space.ts';
import { CONTACT_BYTES, type Found, HEADER_BYTES, type Spread } from './overlay.ts';
import { Recursive } from './recursive.ts';

/** r of the papers: 16 in DHash++. */
const SUCCESSORS = 16;
const NONE = -1;
/** The sender takes whoever gets this for the home. */
const FINAL = 1;

export interface ChordOptions {
  /** PNS(16) in place of plain fingers. */
  readonly proximity?: boolean;
  /** Length of the successor list; the path lengths of the paper's section 6.3 are those without one. */
  readonly successors?: number;
}

export class Chord extends Recursive {
  readonly name: string;
  readonly #proximity: boolean;
  readonly #listLength: number;
  /** [agent, place] -> agent, nearest first. */
  readonly #successors: Int32Array;
  readonly #predecessor: Int32Array;
  /** Empty where the immediate successor covers it. */
  readonly #fingers: FingerTable;

  constructor(fabric: Fabric, ids: Float64Array, options: ChordOptions = {}) {
    super(fabric, ids);
    this.#proximity = options.proximity ?? false;
    this.name = this.#proximity ? 'chord-pns' : 'chord';
    this.#listLength = options.successors ?? SUCCESSORS;
    this.#successors = new Int32Array(fabric.agents * this.#listLength).fill(NONE);
    this.#predecessor = new Int32Array(fabric.agents).fill(NONE);
    this.#fingers = new FingerTable(fabric.agents);
  }

  settle(): void {
    this.open(this.directory.order);
    const { living } = this;
    const candidates = Math.min(SUCCESSORS, living.size);
    for (let rank = 0; rank < living.size; rank += 1) {
      const agent = living.member(rank);
      const after = (from: number, count: number): number[] =>
        Array.from({ length: count }, (_, step) => living.member(from + step));
      this.#setSuccessors(agent, after(rank + 1, Math.min(this.#listLength, living.size - 1)));
      this.#predecessor[agent] = living.size === 1 ? NONE : living.member(rank - 1);
      for (let j = 0; j < KEY_BITS; j += 1) {
        const start = (this.id(agent) + 2 ** j) % KEY_SPACE;
        if (this.#succeeds(agent, start)) continue;
        this.#setFinger(agent, j, after(living.rankOf(start), candidates));
      }
    }
  }

  homeOf(key: number): number {
    return this.living.member(this.living.rankOf(key));
  }

  neighbours(agent: number): number[] {
    const all = new Set([
      ...this.#list(agent),
      ...this.#fingers.all(agent),
      this.#predecessor[agent] as number,
    ]);
    all.delete(NONE);
    return [...all];
  }

  /** What a test compares: successors, predecessor, fingers. */
  tables(agent: number): { successors: number[]; predecessor: number; fingers: number[] } {
    const fingers = Array.from({ length: KEY_BITS }, (_, j) => this.#fingers.first(agent, j));
    return { successors: this.#list(agent), predecessor: this.#predecessor[agent] as number, fingers };
  }

  join(agent: number, via: number): void {
    this.reset(agent);
    this.#findSuccessor(agent, this.id(agent), via, (home, list) => {
      if (home === NONE) {
        this.join(agent, via);
        return;
      }
      this.#setSuccessors(agent, [home, ...list]);
      this.upkeep(agent);
      this.keep(agent);
    });
  }

  protected upkeep(agent: number): void {
    this.#stabilise(agent, () => this.#renewFingers(agent));
    const predecessor = this.#predecessor[agent] as number;
    if (predecessor === NONE) return;
    const alive = { serve: () => {}, answered: () => {}, silent: () => {} };
    this.ask({ from: agent, to: predecessor, known: true, ...alive });
  }

  protected route(at: number, key: number, level: number): void {
    const { hop } = this;
    hop.to = at;
    hop.level = 0;
    const own = this.id(at);
    const successor = this.#successor(at);
    if (successor === NONE || key === own) return;
    if (level === FINAL) {
      this.#confirm(at, key);
      return;
    }
    const distance = clockwise(own, key);
    const base = at * this.#listLength;
    let best = NONE;
    for (let place = 0; place < this.#listLength; place += 1) {
      const each = this.#successors[base + place] as number;
      if (each === NONE) break;
      if (clockwise(own, this.id(each)) >= distance) {
        hop.to = each;
        hop.level = FINAL;
        return;
      }
      best = each;
    }
    let reach = clockwise(own, this.id(best));
    for (
      let j = Math.min(KEY_BITS - 1, Math.floor(Math.log2(distance)));
      j >= 0 && 2 ** (j + 1) > reach;
      j -= 1
    ) {
      const finger = this.#fingers.first(at, j);
      if (finger === NONE) continue;
      const way = clockwise(own, this.id(finger));
      if (way >= distance || way <= reach) continue;
      best = finger;
      reach = way;
    }
    hop.to = best;
  }

  /** A list far from the key may not know of somebody new before the home; the home's predecessor pointer does. */
  #confirm(at: number, key: number): void {
    const predecessor = this.#predecessor[at] as number;
    if (predecessor === NONE) return;
    if (clockwise(this.id(predecessor), key) <= clockwise(this.id(predecessor), this.id(at))) {
      if (key !== this.id(predecessor)) return;
    }
    this.hop.to = predecessor;
    this.hop.level = FINAL;
  }

  protected override wholeScope(from: number): number {
    return this.id(from);
  }

  /** @param scope the identifier before which this agent's part of the circle ends */
  protected relay(at: number, scope: number, spread: Spread): void {
    const own = this.id(at);
    let end = scope;
    let span = clockwise(own, scope) || KEY_SPACE;
    const delegate = (line: readonly number[]): void => {
      const [to] = line;
      if (to === undefined || clockwise(own, this.id(to)) >= span) return;
      this.#delegate(at, line, end, spread);
      end = this.id(to);
      span = clockwise(own, end);
    };
    for (let j = KEY_BITS - 1; j >= 0; j -= 1) {
      if (this.#fingers.first(at, j) !== NONE) delegate(this.#fingers.line(at, j));
    }
    delegate(this.#list(at));
  }

  /** @param line members in the order of the circle, without gaps: the first is told, the others are its heirs */
  #delegate(at: number, line: readonly number[], end: number, spread: Spread): void {
    const [to, ...heirs] = line;
    if (to === undefined) return;
    const inside = (agent: number | undefined): boolean =>
      agent !== undefined && clockwise(this.id(to), this.id(agent)) < clockwise(this.id(to), end);
    const next = (rest: readonly number[]): void => {
      if (inside(rest[0])) this.#delegate(at, rest, end, spread);
    };
    this.hand(at, to, end, spread, () => {
      const living = heirs.filter((each) => !this.shuns(at, each));
      if (living.length > 0) next(living);
      else {
        const beyond = this.id(heirs.at(-1) ?? to) + 1;
        this.#lookFor(at, beyond % KEY_SPACE, spread, (home) => next([home]));
      }
    });
  }

  #lookFor(at: number, key: number, spread: Spread, then: (home: number) => void): void {
    const done = (found: Found | undefined): void => {
      if (found === undefined) return;
      spread.messages += found.messages;
      spread.crossRegion += found.crossRegion;
      if (found.home !== at) then(found.home);
    };
    this.travel(at, key, done, {});
  }

  protected forget(agent: number, other: number): void {
    const list = this.#list(agent);
    if (list.includes(other)) {
      this.#setSuccessors(
        agent,
        list.filter((each) => each !== other),
      );
    }
    if (this.#predecessor[agent] === other) this.#predecessor[agent] = NONE;
    this.#fingers.remove(agent, other);
  }

  protected learn(agent: number, other: number): void {
    this.#setSuccessors(agent, this.#ordered(agent, [...this.#list(agent), other]));
  }

  protected clear(agent: number): void {
    this.#setSuccessors(agent, []);
    this.#predecessor[agent] = NONE;
    this.#fingers.clear(agent);
  }

  /** Repeated at once while it finds a closer successor: after many joins at one place a round for each would be hours. */
  #stabilise(agent: number, then: () => void): void {
    const successor = this.#successor(agent);
    if (successor === NONE) return;
    this.ask({
      from: agent,
      to: successor,
      known: true,
      replyBytes: HEADER_BYTES + (this.#listLength + 1) * CONTACT_BYTES,
      serve: () => ({ before: this.#predecessor[successor] as number, list: this.#list(successor) }),
      answered: ({ before, list }) => {
        const between =
          before !== NONE &&
          clockwise(this.id(agent), this.id(before)) < clockwise(this.id(agent), this.id(successor));
        const heads = between ? [before, successor] : [successor];
        if (!between && this.#predecessor[agent] === NONE && before !== agent)
          this.#predecessor[agent] = before;
        this.#setSuccessors(agent, this.#ordered(agent, [...heads, ...list]));
        const next = this.#successor(agent);
        this.fabric.tell(agent, next, HEADER_BYTES, () => this.#notified(next, agent));
        if (next === successor) then();
        else this.#stabilise(agent, then);
      },
      silent: () => this.#stabilise(agent, then),
    });
  }

  /** The predecessor of before hears at once who came between, and a newcomer takes over its successor's predecessor,
   *  as in the join of the first paper (SIGCOMM 2001, section 4.4): else everybody who joins at one place within a round of upkeep waits for another round of it. */
  #notified(at: number, by: number): void {
    this.heard(at, by);
    const present = this.#predecessor[at] as number;
    const closer =
      present === NONE || clockwise(this.id(by), this.id(at)) < clockwise(this.id(present), this.id(at));
    if (this.#successor(at) === NONE) this.#setSuccessors(at, [by]);
    if (!closer) return;
    this.#predecessor[at] = by;
    if (present !== NONE && present !== by) {
      this.fabric.tell(at, present, HEADER_BYTES + CONTACT_BYTES, () => this.learn(present, by));
    }
  }

  #renewFingers(agent: number): void {
    for (let j = 0; j < KEY_BITS; j += 1) {
      const start = (this.id(agent) + 2 ** j) % KEY_SPACE;
      if (this.#succeeds(agent, start)) this.#fingers.set(agent, j, []);
      else {
        this.#findSuccessor(agent, start, agent, (home, list) => {
          if (home !== NONE) this.#setFinger(agent, j, [home, ...list].slice(0, SUCCESSORS));
        });
      }
    }
  }

  /** @param then gets the home of the key and that one's successors, or NONE */
  #findSuccessor(
    agent: number,
    key: number,
    via: number,
    then: (home: number, list: number[]) => void,
  ): void {
    let list: number[] = [];
    const collect = (home: number): void => {
      list = this.#list(home);
    };
    const replyBytes = HEADER_BYTES + this.#listLength * CONTACT_BYTES;
    this.travel(agent, key, (found) => then(found?.home ?? NONE, list), { collect, replyBytes, start: via });
  }

  /** @param candidates the home of the finger's start and those that follow it */
  #setFinger(agent: number, j: number, candidates: readonly number[]): void {
    const start = (this.id(agent) + 2 ** j) % KEY_SPACE;
    const usable = candidates.filter((each) => each !== agent && !this.shuns(agent, each));
    let chosen = 0;
    let best = Number.POSITIVE_INFINITY;
    for (const [place, each] of usable.entries()) {
      if (!this.#proximity || clockwise(start, this.id(each)) >= 2 ** j) break;
      const rttMs = this.fabric.network.rttMs(agent, each);
      if (rttMs >= best) continue;
      best = rttMs;
      chosen = place;
    }
    const end = clockwise(this.id(agent), this.id(usable[chosen] ?? agent));
    const ahead = (each: number): boolean => clockwise(this.id(agent), this.id(each)) >= end;
    this.#fingers.set(agent, j, usable.slice(chosen).filter(ahead));
  }

  /** @returns whether the agent's immediate successor is the successor of `start` */
  #succeeds(agent: number, start: number): boolean {
    const successor = this.#successor(agent);
    if (successor === NONE) return true;
    return clockwise(this.id(agent), start) <= clockwise(this.id(agent), this.id(successor));
  }

  #successor(agent: number): number {
    return this.#successors[agent * this.#listLength] as number;
  }

  #list(agent: number): number[] {
    const base = agent * this.#listLength;
    const list = this.#successors.subarray(base, base + this.#listLength);
    const end = list.indexOf(NONE);
    return [...(end < 0 ? list : list.subarray(0, end))];
  }

  #setSuccessors(agent: number, list: readonly number[]): void {
    const base = agent * this.#listLength;
    for (let place = 0; place < this.#listLength; place += 1) {
      this.#successors[base + place] = list[place] ?? NONE;
    }
  }

  #ordered(agent: number, all: readonly number[]): number[] {
    const own = this.id(agent);
    const usable = [...new Set(all)].filter((each) => each !== agent && !this.shuns(agent, each));
    return usable.sort((a, b) => clockwise(own, this.id(a)) - clockwise(own, this.id(b)));
  }
}
