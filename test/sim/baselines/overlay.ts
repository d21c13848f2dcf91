// What every baseline offers, and the ground that they share: identifiers, asking with a time-out, who is shunned.
//
// Fair to all: a request to a table entry waits for its known round trip (fabric.ts), one to a stranger for half a
// second; who was silent is out of the tables, and shunned for a while unless it speaks. What an agent knows of round
// trips it knows from pings or from Vivaldi coordinates (Dabek et al. 2004, section 4): their cost is not counted,
// in the baselines' favour. Broadcast messages carry a payload of a kilobyte.

import type { Random } from '../../../agent/core/ports.ts';
import type { Fabric } from './fabric.ts';
import { Directory, randomKey } from './key-space.ts';

/** TCP and IP headers 40, TLS record 29, kind, number and key 27. */
export const HEADER_BYTES = 96;
/** An identifier of 32 bytes and an address of 18. */
export const CONTACT_BYTES = 50;
const PAYLOAD_BYTES = 1000;
/** One round of upkeep: whoever others name after that may be back. */
const SHUN_MS = 30_000;

export interface Found {
  /** The key's home, or who holds the copy. */
  readonly home: number;
  /** From the question to the home's own answer at who asked. */
  readonly latencyMs: number;
  /** Agents on the way, the last included; 0 where who asked is the home. */
  readonly hops: number;
  /** Forwards, requests, replies; acknowledgements apart. */
  readonly messages: number;
  /** Those of them that left their region. */
  readonly crossRegion: number;
  readonly timeouts: number;
}

export interface Overlay {
  readonly name: string;
  readonly fabric: Fabric;
  /** Fills all tables as they stand after a long quiet. */
  settle(): void;
  /** Enters the overlay through a member, by messages, and keeps the tables from then on. */
  join(agent: number, via: number): void;
  /** Starts the periodic upkeep of a member whose tables `settle` filled. */
  keep(agent: number): void;
  /** @param done gets undefined where the look-up was given up */
  lookup(from: number, key: number, done: (found: Found | undefined) => void): void;
  /** @returns the record of the broadcast, complete when the fabric has run out of events of it */
  broadcast(from: number): Spread;
  /** @returns where the key should be, judged from who lives */
  homeOf(key: number, from: number): number;
  /** @returns entries in the agent's tables, each agent once */
  neighbours(agent: number): number[];
}

/** How one broadcast went. */
export class Spread {
  /** By agent: when it had the payload, since the start; NaN where it never did. */
  readonly reachMs: Float64Array;
  readonly startedMs: number;
  /** Payloads sent, to the dead too, and what was asked to repair the tree; acknowledgements apart. */
  messages = 0;
  crossRegion = 0;
  acks = 0;
  duplicates = 0;

  constructor(agents: number, startedMs: number) {
    this.reachMs = new Float64Array(agents).fill(Number.NaN);
    this.startedMs = startedMs;
  }

  reached(agent: number, nowMs: number): void {
    if (Number.isNaN(this.reachMs[agent])) this.reachMs[agent] = nowMs - this.startedMs;
    else this.duplicates += 1;
  }
}

export interface Question<T> {
  readonly from: number;
  readonly to: number;
  /** Whether the round trip is known, as it is to table entries. */
  readonly known: boolean;
  readonly bytes?: number;
  readonly replyBytes?: number;
  readonly serve: () => T;
  readonly answered: (reply: T) => void;
  readonly silent: () => void;
}

export abstract class Base implements Overlay {
  abstract readonly name: string;
  readonly fabric: Fabric;
  /** By agent; drawn from the fabric's seed, so that all overlays of one seed have the same. */
  readonly ids: Float64Array;
  readonly directory: Directory;
  readonly #member: Uint8Array;
  /** Whether it has joined: until then it answers nobody. */
  readonly #open: Uint8Array;
  /** [agent] -> who was silent -> until when it is not believed to live on hearsay. */
  readonly #shunned: (Map<number, number> | undefined)[] = [];
  #living: Directory;
  #livingAt = -1;

  constructor(fabric: Fabric, ids: Float64Array, members: Iterable<number> = ids.keys()) {
    this.fabric = fabric;
    this.ids = ids;
    this.directory = new Directory(ids, members);
    this.#living = this.directory;
    this.#member = new Uint8Array(ids.length);
    this.#open = new Uint8Array(ids.length);
    for (const agent of this.directory.order) this.#member[agent] = 1;
  }

  abstract settle(): void;
  abstract join(agent: number, via: number): void;
  abstract lookup(from: number, key: number, done: (found: Found | undefined) => void): void;
  abstract homeOf(key: number, from: number): number;
  abstract neighbours(agent: number): number[];
  /** One round of upkeep of the agent. */
  protected abstract upkeep(agent: number): void;
  /** Takes the other out of the agent's tables. */
  protected abstract forget(agent: number, other: number): void;
  /** The other lives: enters the agent's tables where they have use for it. */
  protected abstract learn(agent: number, other: number): void;
  /** Forgets all tables of an agent. */
  protected abstract clear(agent: number): void;
  protected abstract relay(at: number, scope: number, spread: Spread): void;

  /** How often `upkeep` runs, on average; each pause is 0.5 .. 1.5 of it, as in Chord's simulations (section 6.5.1). */
  upkeepMs = 30_000;

  keep(agent: number): void {
    this.open([agent]);
    const pauseMs = this.upkeepMs * (0.5 + this.fabric.random());
    this.fabric.after(agent, pauseMs, () => {
      this.upkeep(agent);
      this.keep(agent);
    });
  }

  /** The scope of a whole broadcast, for `relay`. */
  protected wholeScope(_from: number): number {
    return 0;
  }

  broadcast(from: number): Spread {
    const spread = new Spread(this.fabric.agents, this.fabric.nowMs);
    spread.reached(from, this.fabric.nowMs);
    this.relay(from, this.wholeScope(from), spread);
    return spread;
  }

  id(agent: number): number {
    return this.ids[agent] as number;
  }

  /** Whether the answer came from where the key is. */
  isRight(found: Found, key: number, from: number): boolean {
    return found.home === this.homeOf(key, from);
  }

  /** @returns an agent that has joined, other than the one given: whom a newcomer asks first */
  entrance(agent: number, random: Random): number {
    const open = [...this.#open.keys()].filter((each) => each !== agent && this.#open[each] === 1);
    const alive = open.filter((each) => this.fabric.alive(each) && this.mayEnterBy(agent, each));
    const via = alive[Math.floor(random() * alive.length)];
    if (via === undefined) throw new RangeError(`expected a member for ${agent} to join by: nobody is left`);
    return via;
  }

  protected mayEnterBy(_agent: number, _via: number): boolean {
    return true;
  }

  /** The agent's copies are gone with it. */
  lose(_agent: number): void {}

  isMember(agent: number): boolean {
    return this.#member[agent] === 1;
  }

  /** Members that live and have joined, by identifier: the truth, for checks and for `homeOf`. */
  get living(): Directory {
    if (this.#livingAt !== this.fabric.changes) {
      const here = (agent: number): boolean => this.fabric.alive(agent) && this.#open[agent] === 1;
      this.#living = new Directory(this.ids, this.directory.order.filter(here));
      this.#livingAt = this.fabric.changes;
    }
    return this.#living;
  }

  shuns(agent: number, other: number): boolean {
    return (this.#shunned[agent]?.get(other) ?? 0) > this.fabric.nowMs;
  }

  /** From now on the agents answer. */
  protected open(agents: Iterable<number>): void {
    for (const agent of agents) {
      if (this.#open[agent] === 0) this.#livingAt = -1;
      this.#open[agent] = 1;
    }
  }

  protected reset(agent: number): void {
    this.#open[agent] = 0;
    this.#livingAt = -1;
    this.#shunned[agent] = undefined;
    this.clear(agent);
  }

  /** Asks with a time-out. Either side hears that the other lives; who is silent is forgotten and shunned. */
  protected ask<T>(question: Question<T>): void {
    const { from, to } = question;
    const silent = (): void => {
      this.shun(from, to);
      question.silent();
    };
    this.fabric.call({
      from,
      to,
      bytes: question.bytes ?? HEADER_BYTES,
      replyBytes: question.replyBytes ?? HEADER_BYTES,
      waitMs: question.known ? this.fabric.rtoMs(from, to) : this.fabric.strangerRtoMs(),
      serve: () => {
        if (this.#open[to] === 0) return undefined;
        this.heard(to, from);
        return { reply: question.serve() };
      },
      answered: (answer) => {
        if (answer === undefined) silent();
        else {
          this.heard(from, to);
          question.answered(answer.reply);
        }
      },
      silent,
      late: () => {
        this.heard(from, to);
        this.learn(from, to);
      },
    });
  }

  protected shun(agent: number, other: number): void {
    const shunned = this.#shunned[agent] ?? new Map<number, number>();
    this.#shunned[agent] = shunned;
    shunned.set(other, this.fabric.nowMs + SHUN_MS);
    this.forget(agent, other);
  }

  /** Somebody spoke: it is not dead. */
  protected heard(agent: number, other: number): void {
    this.#shunned[agent]?.delete(other);
  }

  /** Hands a part of a broadcast to another agent, which acknowledges. */
  protected hand(from: number, to: number, scope: number, spread: Spread, silent: () => void): void {
    spread.messages += 1;
    if (this.fabric.network.crossesRegions(from, to)) spread.crossRegion += 1;
    this.ask({
      from,
      to,
      known: true,
      bytes: HEADER_BYTES + PAYLOAD_BYTES,
      serve: () => {
        spread.reached(to, this.fabric.nowMs);
        this.relay(to, scope, spread);
        spread.acks += 1;
      },
      answered: () => {},
      silent,
    });
  }

  /** Counts a question and its answer that a repair of the tree took. */
  protected countRepair(from: number, to: number, spread: Spread): void {
    spread.messages += 2;
    if (this.fabric.network.crossesRegions(from, to)) spread.crossRegion += 2;
  }

  protected randomKeyIn(key: number, bits: number): number {
    const span = 2 ** (48 - bits);
    return Math.floor(key / span) * span + (randomKey(this.fabric.random) % span);
  }
}
