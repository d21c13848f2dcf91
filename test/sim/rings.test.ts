import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { below } from '../../agent/core/prng.ts';
import { topLabel } from '../../agent/wire/ids.ts';
import { wronglyDead } from './checkers.ts';
import { levelsOf, ringBreaches, ringFaults } from './rings.ts';
import { play, type Schedule, schedules } from './schedule.ts';
import { RING_SEEDS } from './seeds.ts';
import { Watch } from './watch.ts';
import { type SimAgent, World } from './world.ts';

interface Cluster {
  readonly agents: number;
  readonly regions: number;
  readonly ringSize: number;
  readonly seed: number;
  readonly codec?: boolean;
  readonly outbound?: ReadonlySet<number>;
}

/** A world whose agents are checked after every event. */
function worldOf({ ringSize, ...options }: Cluster) {
  const world = new World({ ...options, tuning: { ringSize } });
  const watch = new Watch(world);
  const { observe } = world;
  const breaches = new Set<string>();
  world.observe = (agent: SimAgent) => {
    observe?.(agent);
    for (const breach of ringBreaches(agent)) breaches.add(breach);
  };
  return {
    world,
    watch,
    faults: () => ringFaults(world, ringSize),
    breached: () => [...breaches, ...watch.breaches],
    /** @returns seconds until nothing is wrong */
    settle: (withinS: number): number => {
      const quiet = (): boolean => ringFaults(world, ringSize).length === 0;
      const took = world.runUntil(quiet, { everyMs: 500, withinMs: withinS * 1000 });
      if (took === undefined) throw new Error(ringFaults(world, ringSize).slice(0, 5).join('\n'));
      return took / 1000;
    },
  };
}

function ringsOf(world: World): string {
  const rings = world.living.map(({ core }) => [
    core?.self.ring,
    ...(core?.path.above ?? []).map((each) => each.ring),
  ]);
  return JSON.stringify(rings);
}

describe('twelve agents with T = 4, started at once with one seed', () => {
  test.each([
    [1, 2],
    [2, 2],
    [3, 2],
  ])('in %i regions are one polyring of at least %i levels within 15 s, and stay it', (regions, levels) => {
    for (let seed = 1; seed <= 12; seed += 1) {
      const { world, faults, settle, breached } = worldOf({ agents: 12, regions, ringSize: 4, seed });
      world.startAll();
      settle(15);
      world.run(15_000 - (world.nowMs % 15_000));
      const before = ringsOf(world);
      world.run(90_000);
      expect(faults()).toEqual([]);
      expect(ringsOf(world)).toBe(before);
      expect(levelsOf(world).length).toBeGreaterThanOrEqual(levels);
      expect(breached()).toEqual([]);
    }
  });

  test('replay to the identical trace, with and without the codec', () => {
    const hash = (codec: boolean): string => {
      const { world } = worldOf({ agents: 12, regions: 2, ringSize: 4, seed: 5, codec });
      world.startAll();
      world.run(20_000);
      world.vanish(3);
      world.run(20_000);
      return world.trace.hash;
    };
    expect(hash(false)).toBe(hash(false));
    expect(hash(true)).toBe(hash(false));
  });
});

test('a hundred agents with T = 4 grow four levels, shrink to a third and grow again', () => {
  const { world, settle, breached } = worldOf({ agents: 100, regions: 2, ringSize: 4, seed: 3 });
  world.startAll();
  settle(60);
  expect(levelsOf(world).length).toBeGreaterThanOrEqual(4);
  const leaves = levelsOf(world)[0] ?? 0;
  for (const { index } of world.agents) if (index % 6 > 1) world.vanish(index);
  settle(120);
  expect(levelsOf(world)[0]).toBeLessThan(leaves);
  for (const { index } of world.agents) world.start(index);
  settle(60);
  expect(breached()).toEqual([]);
});

test('all representatives of a quarter of the rings dying leaves one polyring within 30 s', () => {
  const { world, watch, settle, breached } = worldOf({ agents: 90, regions: 3, ringSize: 8, seed: 6 });
  world.startAll();
  settle(30);
  const victims = new Set<number>();
  for (const { core, index } of world.living) {
    const seat = core?.path.above[0]?.own;
    if (seat === undefined || index % 4 !== 0) continue;
    for (const { id } of seat.contacts.slice(0, 3)) {
      const agent = world.agentOf(id);
      if (agent !== undefined && victims.size < 9) victims.add(agent.index);
    }
  }
  for (const index of victims) {
    watch.expect(world.agent(index).id);
    world.vanish(index);
  }
  expect(settle(30)).toBeGreaterThan(0);
  expect(watch.falseDeaths).toEqual([]);
  expect(breached()).toEqual([]);
});

test('a region cut off for 60 s goes on undisturbed, and is back within 60 s', () => {
  const { world, watch, settle } = worldOf({ agents: 60, regions: 3, ringSize: 4, seed: 7 });
  world.startAll();
  settle(30);
  world.run(10_000);
  const label = topLabel(world.agent(0).region as never);
  const inside = (): string =>
    JSON.stringify(
      world.living
        .filter(({ region }) => topLabel(region as never) === label)
        .map(({ core }) => core?.self.ring),
    );
  const before = inside();
  world.split(({ region }) => Number(topLabel(region as never) === label));
  world.run(60_000);
  expect(inside()).toBe(before);
  world.heal();
  expect(settle(60)).toBeGreaterThan(0);
  expect(inside()).toBe(before);
  expect(watch.falseDeaths).toEqual([]);
});

test('every region cut in two for 60 s is one polyring again within 60 s', () => {
  const { world, settle } = worldOf({ agents: 48, regions: 3, ringSize: 4, seed: 8 });
  world.startAll();
  settle(30);
  world.split(({ index }) => index % 2);
  world.run(60_000);
  world.heal();
  settle(60);
  expect(wronglyDead(world)).toEqual([]);
});

test('churn of 10 % a minute breaks no invariant and kills nobody', () => {
  const { world, watch, settle, breached } = worldOf({ agents: 100, regions: 4, ringSize: 8, seed: 9 });
  world.startAll();
  settle(30);
  for (let round = 0; round < 30; round += 1) {
    const victim = 1 + below(world.random, 99);
    if (world.agent(victim).running) {
      watch.expect(world.agent(victim).id);
      world[(['stop', 'vanish', 'leave'] as const)[round % 3] ?? 'stop'](victim);
      world.at(world.nowMs + 20_000, () => {
        world.start(victim);
        watch.forgive(world.agent(victim).id);
      });
    }
    world.run(6_000);
  }
  settle(30);
  expect(watch.falseDeaths).toEqual([]);
  expect(breached()).toEqual([]);
});

test('agents that nobody can dial are in rings and hold no seat', () => {
  const outbound = new Set([2, 5, 9, 14]);
  const { world, settle } = worldOf({ agents: 16, regions: 1, ringSize: 4, seed: 2, outbound });
  world.startAll();
  settle(60);
  const hidden = new Set([...outbound].map((index) => world.agent(index).id));
  for (const { core } of world.living) {
    for (const { seats } of core?.path.above ?? []) {
      for (const seat of seats) expect(seat.contacts.some(({ id }) => hidden.has(id))).toBe(false);
    }
  }
});

/** As in schedules.test.ts, and each change of the tree may take a dissolution of 20 s besides. */
const HEAL_WITHIN_MS = 200_000;

function faultsAfter(schedule: Schedule, times: number): string[] {
  const agents = schedule.agents * times;
  const outbound = new Set(schedule.outbound);
  const { regions, seed } = schedule;
  const { world, faults, breached } = worldOf({ agents, regions, seed, outbound, ringSize: 4 });
  play(world, schedule.faults);
  world.runUntil(() => faults().length === 0, { everyMs: 1000, withinMs: HEAL_WITHIN_MS });
  return [...faults(), ...wronglyDead(world), ...breached()];
}

describe('after any faults that were taken back, rings of four', () => {
  test.each(RING_SEEDS)('are one polyring again, where once $found', ({ times, ...schedule }) => {
    expect(faultsAfter(schedule, times)).toEqual([]);
  });

  test.each([
    [1, 300],
    [4, 60],
  ])('are one polyring again, whatever the faults were, with %i times as many agents', (times, numRuns) => {
    fc.assert(
      fc.property(schedules, (schedule) => {
        expect(faultsAfter(schedule, times)).toEqual([]);
      }),
      { numRuns },
    );
  });
});
