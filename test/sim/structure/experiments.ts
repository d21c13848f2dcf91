// E1, E2, E3 and the balance of load for the polyring, on the ground of the baselines: the same agents at the same places
// with the same ways in, from the same seed. Each returns figures; ratios to the baselines are for who runs both.

import { below as pick, prng, shuffle } from '../../../agent/core/prng.ts';
import { SWARM_TUNING } from '../../../agent/core/swarm/tuning.ts';
import type { SegmentName } from '../../../agent/wire/ids.ts';
import { hash64 } from '../../../agent/wire/rendezvous.ts';
import { type Figure, percentile } from '../../figures.ts';
import { Fabric } from '../baselines/fabric.ts';
import { placeAgents } from '../geography.ts';
import { homesOf, learned, loadOverMean, moved } from './load.ts';
import { type Looked, LookupWorld } from './lookups.ts';
import { CastWorld, type Spread } from './spread.ts';
import { Structure, sizeOf } from './structure.ts';

export interface StructureOptions {
  readonly agents: number;
  readonly regions: number;
  readonly seed: number;
  readonly lookups: number;
  readonly broadcasts: number;
  /** One line on what was done, for whoever waits. */
  readonly say: (line: string) => void;
}

export const EXPERIMENTS: Readonly<Record<string, (options: StructureOptions) => Figure[]>> = {
  lookup,
  broadcast,
  dead,
  balance,
  state,
};

const PAYLOAD_BYTES = 1000;

export function ground({ agents, regions, seed }: StructureOptions): {
  fabric: Fabric;
  structure: Structure;
} {
  const structure = new Structure({ ...placeAgents({ agents, regions, seed }), seed });
  return { fabric: new Fabric({ agents, regions, seed }), structure };
}

export function lookup(options: StructureOptions): Figure[] {
  return (['local', 'region', 'world'] as const).flatMap((reach) =>
    (['warm', 'cold'] as const).flatMap((state) => lookupsOf(options, reach, state)),
  );
}

/** The nearest copy is with the home of that reach: in the leaf ring, in the region, in the world. */
function lookupsOf(
  options: StructureOptions,
  reach: 'local' | 'region' | 'world',
  state: 'warm' | 'cold',
): Figure[] {
  const { fabric, structure } = ground(options);
  const world = new LookupWorld(fabric, structure, reach === 'world' ? 'world' : 'region');
  const random = prng(options.seed ^ 0x100c);
  const looked: Looked[] = [];
  for (let turn = 0; turn < options.lookups; turn += 1) {
    const from = pick(random, options.agents);
    const name = `origin /vod/${reach}/${turn}.m4s` as SegmentName;
    const way = new Way(structure, name);
    world.hold(way.home(from, reach), name);
    if (state === 'warm') for (const agent of way.askers(from, reach)) warm(world, agent, reach, random);
    const found = world.look(from, name);
    if (found !== undefined) looked.push(found);
  }
  const name = `sim.lookup_${reach}${state === 'warm' ? '' : '_cold'}`;
  const ms = looked.map(({ latencyMs }) => latencyMs);
  const toOrigin = looked.filter(({ origin }) => origin > 0).length;
  options.say(
    `${name}: ${looked.length} of ${options.lookups} found, ${toOrigin} by the origin, ${structure.levels} levels`,
  );
  return [
    { name: `${name}_p50`, value: percentile(ms, 0.5), unit: 'ms' },
    { name: `${name}_p99`, value: percentile(ms, 0.99), unit: 'ms' },
    { name: `${name}.hops`, value: mean(looked.map(({ hops }) => hops)), unit: '1' },
    { name: `${name}.redirects`, value: mean(looked.map(({ redirects }) => redirects)), unit: '1' },
    { name: `${name}.success`, value: (looked.length - toOrigin) / options.lookups, unit: 'ratio' },
  ];
}

/** Who is home of a name at each height, known from outside. */
class Way {
  readonly #structure: Structure;
  readonly #name: SegmentName;

  constructor(structure: Structure, name: SegmentName) {
    this.#structure = structure;
    this.#name = name;
  }

  home(from: number, reach: 'local' | 'region' | 'world'): number {
    const heights = this.#structure.heightsOf(from);
    const at = reach === 'local' ? 0 : reach === 'region' ? heights.region : heights.world;
    return this.#structure.homeOf(from, at, hash64(this.#name));
  }

  /** The agent itself, and every home that passes the question on. */
  askers(from: number, reach: 'local' | 'region' | 'world'): number[] {
    const heights = this.#structure.heightsOf(from);
    const top = reach === 'local' ? 0 : reach === 'region' ? heights.region : heights.world;
    const askers = [from];
    for (let at = 0; at < top; at += 1) askers.push(this.#structure.homeOf(from, at, hash64(this.#name)));
    return askers;
  }
}

function warm(world: LookupWorld, agent: number, reach: string, random: () => number): void {
  const { structure } = world;
  const { rosters } = world.swarmOf(agent);
  if (rosters.count > 0) return;
  const region = structure.topOf(agent);
  const top = reach === 'world' ? (region.parent ?? region) : region;
  const countMax = SWARM_TUNING.rostersMax;
  for (const ring of learned(structure.leafOf(agent), top, { countMax, random })) {
    rosters.put(structure.rosterOf(ring));
  }
}

export function broadcast(options: StructureOptions): Figure[] {
  const { fabric, structure } = ground(options);
  const world = new CastWorld(fabric, structure);
  const random = prng(options.seed ^ 0xb0ad);
  const spreads = Array.from({ length: options.broadcasts }, () =>
    world.cast(pick(random, options.agents), PAYLOAD_BYTES),
  );
  const { regions } = options;
  return [
    ...times('sim.broadcast', spreads, options.agents),
    {
      name: 'sim.broadcast_cross_region',
      value: median(spreads.map(({ crossRegion }) => crossRegion)),
      unit: '1',
      goal: `= ${regions - 1}`,
    },
    { name: 'sim.broadcast.messages', value: median(spreads.map(({ messages }) => messages)), unit: '1' },
    { name: 'sim.broadcast.acks', value: median(spreads.map(({ acks }) => acks)), unit: '1' },
    {
      name: 'sim.broadcast.delivered_twice',
      value: sum(spreads.map(({ twice }) => twice)),
      unit: '1',
      goal: '= 0',
    },
  ];
}

/** A share dies at once, nobody has noticed; each broadcast has a fresh world. */
export function dead(options: StructureOptions): Figure[] {
  return [0.1, 0.3].flatMap((share) => {
    const name = `sim.dead${share * 100}`;
    const spreads = Array.from({ length: options.broadcasts }, (_, round) => {
      const seed = options.seed + round;
      const { fabric, structure } = ground({ ...options, seed });
      const order = shuffle([...structure.records.keys()], prng(seed ^ 0x0dead));
      const victims = new Set(order.slice(0, Math.round(options.agents * share)));
      for (const agent of victims) fabric.kill(agent);
      const from = [...structure.records.keys()].find((agent) => !victims.has(agent)) ?? 0;
      return new CastWorld(fabric, structure).cast(from, PAYLOAD_BYTES);
    });
    const living = options.agents - Math.round(options.agents * share);
    const perAgent = spreads.map(({ messages }) => messages / options.agents);
    return [
      ...times(name, spreads, living, '= 1'),
      {
        name: `${name}.messages_per_agent`,
        value: median(perAgent),
        unit: '1',
        goal: '<= 1.05',
        samples: perAgent,
      },
      {
        name: `${name}.cross_region`,
        value: median(spreads.map(({ crossRegion }) => crossRegion)),
        unit: '1',
      },
    ];
  });
}

const KEYS_PER_AGENT = 100;
const EVENTS = 16;

/** Loads, what an event moves while sizes drift, and loads once they have drifted. */
export function balance(options: StructureOptions): Figure[] {
  const { structure } = ground(options);
  const random = prng(options.seed ^ 0xba1a);
  const witness = 0;
  const agents = sizeOf(structure.topOf(witness));
  const keys = agents * KEYS_PER_AGENT;
  let before = homesOf(structure, witness, keys);
  const fresh = loadOverMean(before, agents, 0.99);
  const region = structure.records.flatMap((_, index) =>
    structure.topOf(index) === structure.topOf(witness) && index !== witness ? [index] : [],
  );
  const gone: number[] = [];
  const shares: number[] = [];
  for (let event = 0; event < EVENTS; event += 1) {
    // Quiet churn between the measured events, so that rings drift from their stated sizes.
    for (let quiet = 0; quiet < agents / 32; quiet += 1) churn(structure, region, gone, random);
    before = homesOf(structure, witness, keys);
    churn(structure, region, gone, random);
    const after = homesOf(structure, witness, keys);
    shares.push(moved(before, after) * agents);
    before = after;
  }
  const drifted = loadOverMean(before, agents - gone.length, 0.99);
  options.say(`${agents} agents in the region, ${keys} keys, ${gone.length} agents gone at the end`);
  return [
    { name: 'sim.load_p99_over_mean', value: Math.max(fresh, drifted), unit: 'ratio', goal: '<= 1.6' },
    { name: 'sim.load_p99_over_mean.settled', value: fresh, unit: 'ratio' },
    { name: 'sim.moved_keys_times_n', value: mean(shares), unit: 'ratio', goal: '<= 1.2', samples: shares },
    { name: 'sim.moved_keys_times_n.worst', value: Math.max(...shares), unit: 'ratio' },
  ];
}

function churn(structure: Structure, region: number[], gone: number[], random: () => number): void {
  if (gone.length > 0 && random() < 0.5) {
    const back = gone.splice(pick(random, gone.length), 1)[0] as number;
    structure.join(back);
    region.push(back);
  } else {
    const leaver = region.splice(pick(random, region.length), 1)[0] as number;
    if (structure.leafOf(leaver).members.length <= 1) return;
    structure.leave(leaver);
    gone.push(leaver);
  }
}

/** What one agent keeps: agents of its leaf ring and contacts of the seats on its path. */
export function state(options: StructureOptions): Figure[] {
  const { structure } = ground(options);
  const entries = structure.leaves.map((leaf) => {
    const { leaf: view, above } = structure.view(leaf);
    const contacts = above.flatMap(({ seats }) => seats.map((seat) => seat.contacts.length));
    return view.members.length + sum(contacts);
  });
  return [
    { name: 'sim.state.entries_max', value: Math.max(...entries), unit: '1' },
    { name: 'sim.state.entries_p50', value: median(entries), unit: '1' },
    { name: 'sim.state.levels', value: structure.levels, unit: '1' },
    { name: 'sim.state.leaf_size_max', value: Math.max(...structure.leaves.map(sizeOf)), unit: '1' },
  ];
}

function times(name: string, spreads: readonly Spread[], living: number, goal?: string): Figure[] {
  const reached = spreads.map(({ reachMs }) => reachMs.filter((ms) => !Number.isNaN(ms)).sort());
  const at = (share: number): number[] =>
    reached.map((ms) => ms[Math.max(0, Math.ceil(share * ms.length) - 1)] ?? 0);
  const coverage = Math.min(...reached.map((ms) => ms.length / living));
  return [
    { name: `${name}_p50`, value: median(at(0.5)), unit: 'ms', samples: at(0.5) },
    { name: `${name}_p99`, value: median(at(0.99)), unit: 'ms', samples: at(0.99) },
    { name: `${name}.coverage`, value: coverage, unit: 'ratio', goal },
  ];
}

function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
