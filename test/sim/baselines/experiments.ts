// E1, E2 and E3 of the comparison, for the baselines: what a look-up and a broadcast take, and with many dead at once.
//
// E1 asks for "time to the nearest copy's home in the region". A baseline knows one home of a key in the whole world,
// so its look-up ends with the answer of that home (Kademlia: of the first of the k closest; Kademlia per region: of
// the home in the asker's region, which compares directly). The time is from the question to that answer at the
// asker. A second group has 20 copies of each key at agents drawn by chance, and ends with the answer of a copy's
// holder: a provider of Kademlia, random or the nearest of 20; the nearest that a pointer of Tapestry knows.
// Tables are as `settle` leaves them. Each protocol gets a world of its own from the same seed: the same agents at
// the same places with the same ways in, the same identifiers, questions and victims.

import { below, prng, shuffle } from '../../../agent/core/prng.ts';
import { percentile } from '../../figures.ts';
import { Chord } from './chord.ts';
import { Direct } from './direct.ts';
import { Fabric } from './fabric.ts';
import { Kademlia } from './kademlia.ts';
import { KademliaPerRegion } from './kademlia-per-region.ts';
import { drawIds, randomKey } from './key-space.ts';
import type { Base, Found, Spread } from './overlay.ts';
import { Pastry } from './pastry.ts';
import { Tapestry } from './tapestry.ts';

export interface RunOptions {
  readonly agents: number;
  readonly regions: number;
  readonly seed: number;
  readonly loss: number;
  /** Look-ups of each protocol. */
  readonly lookups: number;
  /** Broadcasts of each protocol. */
  readonly broadcasts: number;
  /** Protocols to run; all where undefined. */
  readonly only?: readonly string[] | undefined;
}

/** One line of a table: a protocol and its numbers, by column. */
export type Row = { readonly protocol: string } & Readonly<Record<string, number | string>>;

export type Build = (fabric: Fabric, ids: Float64Array) => Base;

export const TO_HOME: Readonly<Record<string, Build>> = {
  chord: (fabric, ids) => new Chord(fabric, ids),
  'chord-pns': (fabric, ids) => new Chord(fabric, ids, { proximity: true }),
  kademlia: (fabric, ids) => new Kademlia(fabric, ids),
  pastry: (fabric, ids) => new Pastry(fabric, ids),
  tapestry: (fabric, ids) => new Tapestry(fabric, ids),
  'kademlia-per-region': (fabric, ids) => new KademliaPerRegion(fabric, ids),
};

export const TO_COPY: Readonly<Record<string, Build>> = {
  'kademlia-random': (fabric, ids) => new Kademlia(fabric, ids, { copies: 'random' }),
  'kademlia-nearest': (fabric, ids) => new Kademlia(fabric, ids, { copies: 'nearest' }),
  'tapestry-nearest': (fabric, ids) => new Tapestry(fabric, ids, { pointers: true }),
};

export const TO_ALL: Readonly<Record<string, Build>> = {
  ...TO_HOME,
  'kademlia-near': (fabric, ids) => new Kademlia(fabric, ids, { near: true }),
};

/** Reported above the others: what no overlay with one home in the world, and no broadcast, can be below. */
const FLOOR: Readonly<Record<string, Build>> = { direct: (fabric, ids) => new Direct(fabric, ids) };

const COPIES = 20;
/** Askers of one key with copies. */
const ASKERS = 20;

/** @returns an overlay with settled tables in a world of its own */
export function settled(
  build: Build,
  options: Pick<RunOptions, 'agents' | 'regions' | 'seed' | 'loss'>,
): Base {
  const fabric = new Fabric(options);
  const overlay = build(fabric, drawIds(options.agents, prng(options.seed ^ 0x1d5)));
  overlay.settle();
  return overlay;
}

/** E1. */
export function* lookups(options: RunOptions): Generator<Row> {
  for (const [protocol, build] of chosen({ ...FLOOR, ...TO_HOME }, options)) {
    const overlay = settled(build, options);
    yield { protocol, ...lookupRow(overlay, options) };
  }
  for (const [protocol, build] of chosen(TO_COPY, options)) {
    const overlay = settled(build, options);
    const random = prng(options.seed ^ 0xc0b1);
    const keys = Array.from({ length: Math.ceil(options.lookups / ASKERS) }, () => randomKey(random));
    for (const key of keys) {
      if (overlay instanceof Kademlia) overlay.place(key);
      for (let copy = 0; copy < COPIES && overlay instanceof Tapestry; copy += 1) {
        overlay.publish(below(random, options.agents), key);
      }
    }
    drain(overlay);
    yield { protocol, ...lookupRow(overlay, options, keys) };
  }
}

/** E2. */
export function* broadcasts(options: RunOptions): Generator<Row> {
  for (const [protocol, build] of chosen({ ...FLOOR, ...TO_ALL }, options)) {
    const overlay = settled(build, options);
    const random = prng(options.seed ^ 0xb0ad);
    const spreads = Array.from({ length: options.broadcasts }, () => {
      const spread = overlay.broadcast(below(random, options.agents));
      drain(overlay);
      return spread;
    });
    yield { protocol, ...broadcastRow(overlay, spreads) };
  }
}

/** E3: the share dies at once, nobody has noticed yet. Each broadcast has a fresh world: the first repairs tables. */
export function* dead(options: RunOptions, share: number): Generator<Row> {
  for (const [protocol, build] of chosen(TO_ALL, options)) {
    let overlay: Base | undefined;
    const spreads = Array.from({ length: options.broadcasts }, (_, round) => {
      overlay = settled(build, { ...options, seed: options.seed + round });
      const victims = killed(overlay, share, options.seed + round);
      const from = [...overlay.ids.keys()].find((agent) => !victims.has(agent)) ?? 0;
      const spread = overlay.broadcast(from);
      drain(overlay);
      return spread;
    });
    if (overlay !== undefined) yield { protocol, ...broadcastRow(overlay, spreads) };
  }
}

/** E3: look-ups with the share dead and unnoticed. */
export function* deadLookups(options: RunOptions, share: number): Generator<Row> {
  for (const [protocol, build] of chosen(TO_HOME, options)) {
    const overlay = settled(build, options);
    const keys = new Map<number, true>();
    const random = prng(options.seed ^ 0xdead);
    while (keys.size < options.lookups) keys.set(randomKey(random), true);
    const all = [...keys.keys()];
    if (overlay instanceof Kademlia || overlay instanceof KademliaPerRegion) {
      for (const key of all) overlay.place(key);
    }
    killed(overlay, share, options.seed);
    yield { protocol, ...lookupRow(overlay, options, all) };
  }
}

/** @param keys asked for in turn; a new one for each look-up where undefined */
function lookupRow(overlay: Base, options: RunOptions, keys?: readonly number[]): Record<string, number> {
  const random = prng(options.seed ^ 0x100c);
  const all: Found[] = [];
  let right = 0;
  for (let turn = 0; turn < options.lookups; turn += 1) {
    const from = someoneAlive(overlay, random);
    const key = keys?.[turn % keys.length] ?? randomKey(random);
    const found = lookupNow(overlay, from, key);
    if (found === undefined) continue;
    all.push(found);
    if (overlay.name in TO_COPY || overlay.isRight(found, key, from)) right += 1;
  }
  const ms = all.map((each) => each.latencyMs);
  return {
    p50_ms: percentile(ms, 0.5),
    p99_ms: percentile(ms, 0.99),
    hops: mean(all.map((each) => each.hops)),
    messages: mean(all.map((each) => each.messages)),
    cross_region: mean(all.map((each) => each.crossRegion)),
    timeouts: mean(all.map((each) => each.timeouts)),
    right: right / options.lookups,
    neighbours: meanNeighbours(overlay),
  };
}

/** Asks and lets time pass until the answer is there. */
export function lookupNow(overlay: Base, from: number, key: number): Found | undefined {
  let ended = false;
  let answer: Found | undefined;
  overlay.lookup(from, key, (found) => {
    ended = true;
    answer = found;
  });
  overlay.fabric.runUntil(() => ended);
  return answer;
}

function broadcastRow(overlay: Base, spreads: readonly Spread[]): Record<string, number> {
  const { agents, fabric } = { agents: overlay.ids.length, fabric: overlay.fabric };
  const each = spreads.map((spread) => {
    const reached = [...spread.reachMs].filter((ms) => !Number.isNaN(ms)).sort((a, b) => a - b);
    return { spread, reached };
  });
  const living = [...overlay.ids.keys()].filter((agent) => fabric.alive(agent)).length;
  const median = (of: (one: { spread: Spread; reached: number[] }) => number): number =>
    percentile(each.map(of), 0.5);
  return {
    p50_ms: median(({ reached }) => percentile(reached, 0.5)),
    p99_ms: median(({ reached }) => percentile(reached, 0.99)),
    max_ms: median(({ reached }) => reached.at(-1) ?? 0),
    coverage: Math.min(...each.map(({ reached }) => reached.length / living)),
    messages: median(({ spread }) => spread.messages),
    per_agent: median(({ spread }) => spread.messages / agents),
    cross_region: median(({ spread }) => spread.crossRegion),
    duplicates: median(({ spread }) => spread.duplicates),
    acks: median(({ spread }) => spread.acks),
  };
}

/** Lets everything happen that is under way. */
export function drain(overlay: Base): void {
  overlay.fabric.runUntil(() => false);
}

function killed(overlay: Base, share: number, seed: number): Set<number> {
  const { agents } = overlay.fabric;
  const order = shuffle([...overlay.ids.keys()], prng(seed ^ 0x0dead));
  const victims = new Set(order.slice(0, Math.round(agents * share)));
  for (const agent of victims) overlay.fabric.kill(agent);
  return victims;
}

function someoneAlive(overlay: Base, random: () => number): number {
  for (;;) {
    const agent = below(random, overlay.ids.length);
    if (overlay.fabric.alive(agent)) return agent;
  }
}

function chosen(of: Readonly<Record<string, Build>>, options: RunOptions): [string, Build][] {
  return Object.entries(of).filter(([name]) => options.only?.includes(name) ?? true);
}

function meanNeighbours(overlay: Base): number {
  const living = [...overlay.living.order].slice(0, overlay instanceof Direct ? 1 : 1000);
  return mean(living.map((agent) => overlay.neighbours(agent).length));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
