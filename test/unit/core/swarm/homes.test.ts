// Homes above the leaf ring: who is asked, who redirects, how load spreads, and what happens when homes are dead.
import { describe, expect, test } from 'vitest';
import { Rosters } from '../../../../agent/core/swarm/rosters.ts';
import type { RingId, SegmentName } from '../../../../agent/wire/ids.ts';
import { hash64 } from '../../../../agent/wire/rendezvous.ts';
import { Fabric } from '../../../sim/baselines/fabric.ts';
import { placeAgents } from '../../../sim/geography.ts';
import { LookupWorld } from '../../../sim/structure/lookups.ts';
import { Structure } from '../../../sim/structure/structure.ts';
import { agentId } from './ring.ts';

const name = (number: number): SegmentName => `origin /vod/seg-${number}.m4s` as SegmentName;

function worldOf(agents: number, regions: number, target = 4): LookupWorld {
  const options = { agents, regions, seed: 3 };
  const structure = new Structure({ ...placeAgents(options), seed: 3, target });
  return new LookupWorld(new Fabric(options), structure);
}

/** Everybody asks for the same thing at once. @returns how many got it */
function everybody(world: LookupWorld, of: SegmentName): number {
  let got = 0;
  for (const agent of world.structure.records.keys()) {
    if (!world.fabric.alive(agent)) continue;
    world.ask(agent, of, (reply) => {
      if (reply === 'bytes') got += 1;
    });
  }
  world.fabric.runUntil(() => false);
  return got;
}

const regionalHome = (world: LookupWorld, from: number, of: SegmentName): number =>
  world.structure.homeOf(from, world.structure.heightsOf(from).region, hash64(of));

describe('a segment that all agents of several regions want at once', () => {
  test('is fetched from the origin once for each region, and everybody gets it', () => {
    const world = worldOf(120, 3);
    expect(world.structure.levels).toBeGreaterThanOrEqual(4);
    for (let round = 1; round <= 20; round += 1) {
      expect(everybody(world, name(round))).toBe(120);
      expect(world.counts.origin).toBe(3 * round);
    }
  });

  test('is fetched by its home in the region’s top ring and by nobody else', () => {
    const world = worldOf(40, 1);
    const home = regionalHome(world, 0, name(1));
    world.hold(home, name(1));
    for (const agent of world.structure.records.keys()) {
      expect(world.look(agent, name(1))).toMatchObject({ origin: 0 });
    }
  });

  test('reaches the origin all the same where every home of it is dead', () => {
    const world = worldOf(60, 2);
    const homes = world.structure.leaves.map(({ members }) => regionalHome(world, members[0] ?? 0, name(1)));
    for (const home of new Set(homes)) world.fabric.kill(home);
    expect(everybody(world, name(1))).toBe(60 - new Set(homes).size);
    expect(world.counts.origin).toBeGreaterThanOrEqual(2);
  });
});

describe('a home in a ring whose members are not known', () => {
  /** An agent and segments whose leaf home is the agent itself and whose region home is in one other leaf ring. */
  function far(world: LookupWorld): { from: number; ring: number; names: SegmentName[] } {
    const from = 0;
    const names = new Map<number, SegmentName[]>();
    for (let number = 0; number < 3_000; number += 1) {
      const home = regionalHome(world, from, name(number));
      const ring = world.structure.leaves.indexOf(world.structure.leafOf(home));
      const mine = world.structure.homeOf(from, 0, hash64(name(number))) === from;
      const other = world.structure.leafOf(home) !== world.structure.leafOf(from);
      if (mine && other) names.set(ring, [...(names.get(ring) ?? []), name(number)]);
    }
    const [ring, found] = [...names].sort(([, a], [, b]) => b.length - a.length)[0] ?? [0, []];
    for (const each of found) world.hold(regionalHome(world, from, each), each);
    return { from, ring, names: found };
  }
  const flat = (): LookupWorld => worldOf(24, 1, 6);

  test('is found by one redirect, and the next one there without', () => {
    const world = flat();
    expect(world.structure.levels).toBe(2);
    const { from, ring, names } = far(world);
    const contacts =
      world.structure.leaves[ring]?.contacts.map(({ id }) => world.structure.indexOf(id)) ?? [];
    const strangers = names.filter((each) => !contacts.includes(regionalHome(world, from, each)));
    const [first, second] = strangers.length >= 2 ? strangers : names;
    if (first === undefined || second === undefined) throw new Error('no two segments at home there');
    expect(world.look(from, first)).toMatchObject({ origin: 0 });
    expect(world.swarmOf(from).rosters.count).toBeLessThanOrEqual(1);
    const learned = world.swarmOf(from).rosters.count === 1;
    expect(world.look(from, second)).toMatchObject({
      origin: 0,
      ...(learned ? { redirects: 0, hops: 1 } : {}),
    });
  });

  test('is found by the next contact where the first is dead', () => {
    const world = flat();
    const { from, ring, names } = far(world);
    const leaf = world.structure.leaves[ring];
    const of = names.find((each) => {
      const home = regionalHome(world, from, each);
      return !leaf?.contacts.slice(0, 3).some(({ id }) => world.structure.indexOf(id) === home);
    });
    const [dead] = leaf?.contacts ?? [];
    if (of === undefined || dead === undefined) throw new Error('the home is a contact');
    world.fabric.kill(world.structure.indexOf(dead.id));
    expect(world.look(from, of)).toMatchObject({ origin: 0 });
  });

  test('is found by a fresh roster where the kept one is old', () => {
    const world = flat();
    const { from, ring, names } = far(world);
    const leaf = world.structure.leaves[ring];
    if (leaf === undefined) throw new Error('no such ring');
    const [of] = names;
    if (of === undefined) throw new Error('no segment');
    const home = regionalHome(world, from, of);
    const old = world.structure.rosterOf(leaf);
    const members = old.members.filter(({ id }) => world.structure.indexOf(id) !== home);
    world.swarmOf(from).rosters.put({ ...old, members });
    expect(world.look(from, of)).toMatchObject({ origin: 0, redirects: 1 });
    expect(world.swarmOf(from).rosters.get(leaf.id)?.members).toHaveLength(leaf.members.length);
  });
});

describe('rosters that look-ups taught', () => {
  const roster = (number: number) => ({
    ring: `0|eu|ring${String(number).padStart(4, '0')}` as RingId,
    members: [1, 2].map((member) => ({ id: agentId(10 * number + member), link: '', weight: 1 })),
    seats: [],
  });

  test('are bounded: the one not used for longest goes first', () => {
    const rosters = new Rosters(2);
    rosters.put(roster(1));
    rosters.put(roster(2));
    rosters.get(roster(1).ring);
    rosters.put(roster(3));
    expect([1, 2, 3].map((number) => rosters.get(roster(number).ring) !== undefined)).toEqual([
      true,
      false,
      true,
    ]);
    expect(rosters.entries).toBe(4);
  });

  test('lose an agent that did not answer, and go with their last one', () => {
    const rosters = new Rosters(2);
    rosters.put(roster(1));
    rosters.drop(agentId(11));
    expect(rosters.get(roster(1).ring)?.members.map(({ id }) => id)).toEqual([agentId(12)]);
    rosters.drop(agentId(12));
    expect(rosters.count).toBe(0);
  });
});
