// Kademlia: Maymounkov, Mazieres, "Kademlia: a peer-to-peer information system based on the XOR metric", IPTPS 2002.
//
// k = 20, alpha = 3, 160 buckets cut to the 48 bits of our keys, least recently seen first, with the replacement cache
// of section 4.1. Look-ups are iterative (search.ts): FIND_VALUE ends with the first of the k closest that answers.
// Three ways to a copy: `holder`, the value lies at the k agents closest to its key (section 2.3); `random` and
// `nearest`, those hold records of 20 providers, and who asked fetches from one of them. Refresh: the paper's hour
// loses too much at the churn that we compare; each bucket is refreshed once a minute, the neighbourhood every 30 s.
// Broadcast: Czirkos, Hosszu, "Solution for the broadcasting in the Kademlia peer-to-peer overlay", Computer Networks
// 57(8), 2013; Peris, Hernandez, Huedo, "Evaluation of the broadcast operation in Kademlia", HPCC 2012: one contact
// of each bucket is told and answers for that bucket's subtree. They pick by chance and send to several against loss;
// here each acknowledges, and another of the bucket takes the place of a silent one. `near` picks the nearest.

import { below } from '../../../agent/core/prng.ts';
import type { Fabric } from './fabric.ts';
import { KEY_BITS, sharedBits, xor } from './key-space.ts';
import { Base, CONTACT_BYTES, type Found, HEADER_BYTES, type Spread } from './overlay.ts';
import { Search } from './search.ts';

const K = 20;
const REPLACEMENTS_MAX = 20;
const PROVIDERS = 20;

export interface KademliaOptions {
  readonly name?: string;
  readonly members?: Iterable<number>;
  /** Where the bytes of a value are. */
  readonly copies?: 'holder' | 'random' | 'nearest';
  /** Broadcasts go to the nearest contact of a bucket in place of any. */
  readonly near?: boolean;
}

/** What FIND_NODE and FIND_VALUE answer. */
export interface Closest {
  readonly contacts: readonly number[];
  readonly holds: boolean;
  readonly providers: readonly number[];
}

interface Record {
  readonly holders: Set<number>;
  readonly providers: readonly number[];
}

export class Kademlia extends Base {
  readonly name: string;
  readonly #copies: 'holder' | 'random' | 'nearest';
  readonly #near: boolean;
  /** [agent][bucket, place] -> agent, least recently seen first; the bucket is the number of shared bits. */
  readonly #slots: Int32Array[];
  readonly #counts: Uint8Array[];
  /** By agent * KEY_BITS + bucket: seen while the bucket was full, latest last. */
  readonly #replacements: Map<number, number[]> = new Map();
  readonly #records: Map<number, Record> = new Map();
  readonly #nextRefresh: Uint8Array;

  constructor(fabric: Fabric, ids: Float64Array, options: KademliaOptions = {}) {
    super(fabric, ids, options.members);
    this.#copies = options.copies ?? 'holder';
    this.#near = options.near ?? false;
    const suffix = this.#copies === 'holder' ? '' : `-${this.#copies}`;
    this.name = options.name ?? `kademlia${this.#near ? '-near' : ''}${suffix}`;
    this.#slots = Array.from({ length: fabric.agents }, () => new Int32Array(0));
    this.#counts = Array.from({ length: fabric.agents }, () => new Uint8Array(0));
    this.#nextRefresh = new Uint8Array(fabric.agents);
  }

  /** Buckets hold any k of their range. Those that joins fill favour the oldest agents (section 2.2 wants that), so that
   *  all know the same few: with 500 agents a look-up then takes 1.4 hops in place of 1.1. This is the kinder way. */
  settle(): void {
    this.open(this.directory.order);
    const { living } = this;
    for (const agent of living.order) {
      this.clear(agent);
      let [low, high] = [0, living.size];
      for (let bucket = 0; high - low > 1; bucket += 1) {
        const [from, to] = living.range(this.id(agent), bucket + 1, low, high);
        const [other, otherEnd] = from === low ? [to, high] : [low, from];
        for (const rank of this.#sample(other, otherEnd)) this.#see(agent, living.member(rank));
        low = from;
        high = to;
      }
    }
  }

  homeOf(key: number): number {
    return this.closestLiving(key, 1)[0] ?? -1;
  }

  neighbours(agent: number): number[] {
    return [...(this.#counts[agent] ?? [])].flatMap((_, bucket) => this.contacts(agent, bucket));
  }

  /** @returns the bucket's contacts, least recently seen first */
  contacts(agent: number, bucket: number): number[] {
    const count = this.#counts[agent]?.[bucket] ?? 0;
    return [...(this.#slots[agent]?.subarray(bucket * K, bucket * K + count) ?? [])];
  }

  /** Puts a value where a publication would have put it: at the k closest that live, with providers by chance. */
  place(key: number): void {
    const holders = new Set(this.closestLiving(key, K));
    const { living } = this;
    const providers = Array.from({ length: Math.min(PROVIDERS, living.size) }, () =>
      living.member(below(this.fabric.random, living.size)),
    );
    this.#records.set(key, { holders, providers });
  }

  /** Stores by messages: finds the k closest and sends each the value. */
  publish(from: number, key: number): void {
    const record: Record = { holders: new Set(), providers: [from] };
    this.#records.set(key, record);
    const stored = (closest: readonly number[]): void => {
      for (const to of closest) {
        this.ask({
          from,
          to,
          known: false,
          serve: () => record.holders.add(to),
          answered: () => {},
          silent: () => {},
        });
      }
    };
    new Search(this, { from, key, value: false, closest: stored }).start();
  }

  /** Any of those that hold the value will do. */
  override isRight(found: Found): boolean {
    return this.fabric.alive(found.home);
  }

  override lose(agent: number): void {
    for (const { holders } of this.#records.values()) holders.delete(agent);
  }

  lookup(from: number, key: number, done: (found: Found | undefined) => void): void {
    if (!this.#records.has(key)) this.place(key);
    const startedMs = this.fabric.nowMs;
    const search: Search = new Search(this, {
      from,
      key,
      value: true,
      closest: () => done(undefined),
      found: (holder, hops, providers) => {
        const { messages, crossRegion, timeouts } = search;
        const latencyMs = this.fabric.nowMs - startedMs;
        const found = { home: holder, latencyMs, hops, messages, crossRegion, timeouts };
        if (this.#copies === 'holder') done(found);
        else this.#fetch(from, this.#ranked(from, providers), found, startedMs, done);
      },
    });
    search.start();
  }

  join(agent: number, via: number): void {
    this.reset(agent);
    this.open([agent]);
    this.#see(agent, via);
    const own = this.id(agent);
    const refresh = (): void => {
      const nearest = (this.#counts[agent]?.length ?? 1) - 1;
      for (let bucket = 0; bucket < nearest; bucket += 1) this.#refresh(agent, bucket);
      this.keep(agent);
    };
    new Search(this, { from: agent, key: own, value: false, closest: refresh }).start();
  }

  protected upkeep(agent: number): void {
    const own = this.id(agent);
    new Search(this, { from: agent, key: own, value: false, closest: () => {} }).start();
    const buckets = this.#counts[agent]?.length ?? 0;
    for (let turn = 0; turn < buckets / 2; turn += 1) {
      const next = (this.#nextRefresh[agent] as number) % buckets;
      this.#nextRefresh[agent] = next + 1;
      this.#refresh(agent, next);
    }
  }

  /** Runs at the one who is asked. */
  answer(at: number, key: number, value: boolean): Closest {
    const record = value ? this.#records.get(key) : undefined;
    const holds = record?.holders.has(at) ?? false;
    return { contacts: this.closest(at, key, K), holds, providers: holds ? (record?.providers ?? []) : [] };
  }

  /** Asks for the contacts closest to a key, on behalf of a search. */
  find(
    question: { from: number; to: number; key: number; value: boolean },
    answered: (reply: Closest) => void,
    silent: () => void,
  ): void {
    const { from, to, key, value } = question;
    const replyBytes = HEADER_BYTES + K * CONTACT_BYTES;
    const serve = (): Closest => this.answer(to, key, value);
    const known = this.#knows(from, to);
    this.ask({ from, to, known, replyBytes, serve, answered, silent });
  }

  /** @returns the agent's contacts closest to the key, closest first */
  closest(agent: number, key: number, count: number): number[] {
    const buckets = this.#counts[agent]?.length ?? 0;
    const shared = sharedBits(this.id(agent), key);
    const found: number[] = [];
    const append = (group: number[]): void => {
      group.sort((a, b) => xor(this.id(a), key) - xor(this.id(b), key));
      found.push(...group.slice(0, count - found.length));
    };
    append(this.contacts(agent, shared));
    if (found.length < count) {
      const deeper: number[] = [];
      for (let bucket = shared + 1; bucket < buckets; bucket += 1)
        deeper.push(...this.contacts(agent, bucket));
      append(deeper);
    }
    for (let bucket = Math.min(shared, buckets) - 1; bucket >= 0 && found.length < count; bucket -= 1) {
      append(this.contacts(agent, bucket));
    }
    return found;
  }

  /** @returns the members closest to the key that live, closest first: the truth */
  closestLiving(key: number, count: number): number[] {
    const { living } = this;
    let bits = KEY_BITS;
    let [low, high] = living.range(key, bits);
    while (high - low < count && bits > 0) {
      bits -= 1;
      [low, high] = living.range(key, bits);
    }
    const ranks = Array.from({ length: high - low }, (_, step) => low + step);
    const near = ranks.map((rank) => living.member(rank));
    return near.sort((a, b) => xor(this.id(a), key) - xor(this.id(b), key)).slice(0, count);
  }

  /** @param scope buckets from this one on are the agent's to reach */
  protected relay(at: number, scope: number, spread: Spread): void {
    const buckets = this.#counts[at]?.length ?? 0;
    for (let bucket = scope; bucket < buckets; bucket += 1) this.#delegate(at, bucket, spread);
  }

  #delegate(at: number, bucket: number, spread: Spread): void {
    const contacts = this.contacts(at, bucket);
    const to = this.#near
      ? this.#nearest(at, contacts)
      : contacts[below(this.fabric.random, contacts.length)];
    if (to === undefined) return;
    this.hand(at, to, bucket + 1, spread, () => this.#delegate(at, bucket, spread));
  }

  protected override heard(agent: number, other: number): void {
    super.heard(agent, other);
    if (this.isMember(other)) this.#see(agent, other);
  }

  protected learn(agent: number, other: number): void {
    this.#see(agent, other);
  }

  protected forget(agent: number, other: number): void {
    const bucket = sharedBits(this.id(agent), this.id(other));
    const slots = this.#slots[agent] as Int32Array;
    const counts = this.#counts[agent] as Uint8Array;
    const count = counts[bucket] ?? 0;
    const end = bucket * K + count;
    const place = slots.subarray(bucket * K, end).indexOf(other);
    if (place < 0) return;
    slots.copyWithin(bucket * K + place, bucket * K + place + 1, end);
    counts[bucket] = count - 1;
    const spare = this.#replacements.get(agent * KEY_BITS + bucket)?.pop();
    if (spare !== undefined && !this.shuns(agent, spare)) this.#see(agent, spare);
  }

  protected clear(agent: number): void {
    this.#slots[agent] = new Int32Array(0);
    this.#counts[agent] = new Uint8Array(0);
    for (let bucket = 0; bucket < KEY_BITS; bucket += 1) this.#replacements.delete(agent * KEY_BITS + bucket);
  }

  #see(agent: number, other: number): void {
    if (other === agent) return;
    const bucket = sharedBits(this.id(agent), this.id(other));
    this.#grow(agent, bucket + 1);
    const slots = this.#slots[agent] as Int32Array;
    const counts = this.#counts[agent] as Uint8Array;
    const count = counts[bucket] as number;
    const end = bucket * K + count;
    const place = slots.subarray(bucket * K, end).indexOf(other);
    if (place >= 0) {
      slots.copyWithin(bucket * K + place, bucket * K + place + 1, end);
      slots[end - 1] = other;
    } else if (count < K) {
      slots[end] = other;
      counts[bucket] = count + 1;
    } else this.#spare(agent * KEY_BITS + bucket, other);
  }

  #spare(bucket: number, other: number): void {
    const spares = (this.#replacements.get(bucket) ?? []).filter((each) => each !== other);
    spares.push(other);
    this.#replacements.set(bucket, spares.slice(-REPLACEMENTS_MAX));
  }

  #grow(agent: number, buckets: number): void {
    if ((this.#counts[agent]?.length ?? 0) >= buckets) return;
    const slots = new Int32Array(buckets * K);
    const counts = new Uint8Array(buckets);
    slots.set(this.#slots[agent] ?? []);
    counts.set(this.#counts[agent] ?? []);
    this.#slots[agent] = slots;
    this.#counts[agent] = counts;
  }

  #knows(agent: number, other: number): boolean {
    return this.contacts(agent, sharedBits(this.id(agent), this.id(other))).includes(other);
  }

  /** Looks for a random key of the bucket's range. */
  #refresh(agent: number, bucket: number): void {
    const own = this.id(agent);
    const flipped = xor(own, 2 ** (KEY_BITS - 1 - bucket));
    const key = this.randomKeyIn(flipped, bucket + 1);
    new Search(this, { from: agent, key, value: false, closest: () => {} }).start();
  }

  #ranked(from: number, providers: readonly number[]): number[] {
    const ranked = [...providers];
    if (this.#copies === 'random') return ranked.sort(() => this.fabric.random() - 0.5);
    return ranked.sort((a, b) => this.#way(from, a) - this.#way(from, b));
  }

  #way(from: number, to: number): number {
    return from === to ? 0 : this.fabric.network.rttMs(from, to);
  }

  #nearest(agent: number, contacts: readonly number[]): number | undefined {
    let best: number | undefined;
    for (const each of contacts) {
      if (best === undefined || this.#way(agent, each) < this.#way(agent, best)) best = each;
    }
    return best;
  }

  #fetch(
    from: number,
    providers: readonly number[],
    found: Found,
    startedMs: number,
    done: (found: Found | undefined) => void,
  ): void {
    const [to, ...others] = providers;
    if (to === undefined) {
      done(undefined);
      return;
    }
    const messages = found.messages + 2;
    const crossRegion = found.crossRegion + (this.fabric.network.crossesRegions(from, to) ? 2 : 0);
    const timeouts = found.timeouts + 1;
    const end = (): void => {
      const latencyMs = this.fabric.nowMs - startedMs;
      done({ ...found, messages, crossRegion, home: to, hops: found.hops + 1, latencyMs });
    };
    if (to === from) {
      end();
      return;
    }
    const silent = (): void =>
      this.#fetch(from, others, { ...found, messages, crossRegion, timeouts }, startedMs, done);
    this.ask({ from, to, known: false, serve: () => {}, answered: end, silent });
  }

  #sample(low: number, high: number): Iterable<number> {
    if (high - low <= K) return Array.from({ length: high - low }, (_, step) => low + step);
    const ranks = new Set<number>();
    while (ranks.size < K) ranks.add(low + below(this.fabric.random, high - low));
    return ranks;
  }
}
