// One iterative look-up of Kademlia: three questions under way, always to the closest agents not asked yet.
//
// Whoever asks keeps all that it has heard of, by distance; each answer brings up to k more. FIND_NODE ends when the k
// closest that answer have answered; FIND_VALUE with the first who holds the value. Nobody waits for a round to end
// (section 2.3: asynchronous, "a node can ... choose to send to any alpha of the k"), so fast answers lead the way.
// Hops are the depth of the answer: contacts of one's own table are 1, those that they name 2.

import type { Closest, Kademlia } from './kademlia.ts';
import { xor } from './key-space.ts';

const ALPHA = 3;
const K = 20;
/** Heard of and kept: more would never be asked. */
const KEPT_MAX = 4 * K;

export interface SearchOptions {
  readonly from: number;
  readonly key: number;
  /** FIND_VALUE in place of FIND_NODE. */
  readonly value: boolean;
  /** Nobody is left to ask: the k closest that answered. */
  readonly closest: (agents: readonly number[]) => void;
  readonly found?: (holder: number, hops: number, providers: readonly number[]) => void;
}

interface Candidate {
  readonly agent: number;
  readonly distance: number;
  readonly depth: number;
  state: 'new' | 'asked' | 'answered';
}

export class Search {
  messages = 0;
  crossRegion = 0;
  timeouts = 0;
  readonly #overlay: Kademlia;
  readonly #options: SearchOptions;
  readonly #candidates: Candidate[] = [];
  readonly #heardOf: Set<number> = new Set();
  #underWay = 0;
  #ended = false;

  constructor(overlay: Kademlia, options: SearchOptions) {
    this.#overlay = overlay;
    this.#options = options;
    this.#heardOf.add(options.from);
  }

  start(): void {
    const { from, key, value } = this.#options;
    const own = this.#overlay.answer(from, key, value);
    if (own.holds) this.#options.found?.(from, 0, own.providers);
    else {
      this.#take(own.contacts, 1);
      this.#pump();
    }
  }

  #pump(): void {
    while (!this.#ended && this.#underWay < ALPHA) {
      const next = this.#candidates.slice(0, K).find((each) => each.state === 'new');
      if (next === undefined) break;
      this.#ask(next);
    }
    if (this.#ended || this.#underWay > 0) return;
    this.#ended = true;
    const answered = this.#candidates.filter((each) => each.state === 'answered');
    this.#options.closest(answered.slice(0, K).map((each) => each.agent));
  }

  #ask(candidate: Candidate): void {
    const { from, key, value } = this.#options;
    const { agent: to, depth } = candidate;
    candidate.state = 'asked';
    this.#underWay += 1;
    this.#count(to);
    const answered = (reply: Closest): void => {
      this.#underWay -= 1;
      this.#count(to);
      candidate.state = 'answered';
      if (this.#ended) return;
      if (reply.holds) {
        this.#ended = true;
        this.#options.found?.(to, depth, reply.providers);
        return;
      }
      this.#take(reply.contacts, depth + 1);
      this.#pump();
    };
    const silent = (): void => {
      this.#underWay -= 1;
      this.timeouts += 1;
      const place = this.#candidates.indexOf(candidate);
      if (place >= 0) this.#candidates.splice(place, 1);
      this.#pump();
    };
    this.#overlay.find({ from, to, key, value }, answered, silent);
  }

  #count(to: number): void {
    this.messages += 1;
    if (this.#overlay.fabric.network.crossesRegions(this.#options.from, to)) this.crossRegion += 1;
  }

  #take(agents: readonly number[], depth: number): void {
    for (const agent of agents) {
      if (this.#heardOf.has(agent) || this.#overlay.shuns(this.#options.from, agent)) continue;
      this.#heardOf.add(agent);
      const distance = xor(this.#overlay.id(agent), this.#options.key);
      const place = this.#candidates.findIndex((each) => each.distance > distance);
      const candidate: Candidate = { agent, distance, depth, state: 'new' };
      this.#candidates.splice(place < 0 ? this.#candidates.length : place, 0, candidate);
    }
    if (this.#candidates.length > KEPT_MAX) this.#candidates.length = KEPT_MAX;
  }
}
