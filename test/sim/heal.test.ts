import { describe, expect, test } from 'vitest';
import { below } from '../../agent/core/prng.ts';
import { converged, wronglyDead } from './checkers.ts';
import { Watch } from './watch.ts';
import { World } from './world.ts';

function settled(options: { seed: number; agents: number; regions?: number }): World {
  const world = new World({ regions: 1, ...options });
  world.startAll();
  world.run(15_000);
  expect(converged(world)).toBe(true);
  return world;
}

describe('a ring cut in two', () => {
  test.each([
    ['60 s', 60_000],
    ['15 min, past every tombstone', 900_000],
  ])('for %s is one again within 75 s, under its old id', (_, cutMs) => {
    const world = settled({ seed: 1, agents: 30 });
    const ring = world.agent(0).core?.view.ring;
    world.split(({ index }) => Number(index < 12));
    world.run(cutMs);
    expect(world.agent(0).core?.view.members).toHaveLength(12);
    expect(world.agent(20).core?.view.members).toHaveLength(18);
    world.heal();
    expect(world.runUntil(() => converged(world), { everyMs: 500, withinMs: 75_000 })).toBeDefined();
    expect(world.agent(20).core?.view.ring).toBe(ring);
    expect(wronglyDead(world)).toEqual([]);
  });

  test('in one direction only loses nobody for good', () => {
    const world = settled({ seed: 2, agents: 10 });
    world.network.cut = (from, to) => from === 3 && to !== 3;
    world.run(30_000);
    world.heal();
    expect(world.runUntil(() => converged(world), { everyMs: 500, withinMs: 60_000 })).toBeDefined();
  });
});

describe('an agent that restarts', () => {
  test('at once is the same member with a higher incarnation', () => {
    const world = settled({ seed: 3, agents: 10 });
    const before = world.agent(4).core?.self.incarnation ?? 0;
    world.stop(4);
    world.start(4);
    expect(world.runUntil(() => converged(world), { everyMs: 100, withinMs: 10_000 })).toBeDefined();
    const known = world.agent(0).core?.view.members.find(({ id }) => id === world.agent(4).id);
    expect(known?.incarnation).toBeGreaterThan(before);
    expect(world.agent(0).core?.view.members).toHaveLength(10);
  });

  test('after its death was agreed on is alive to all again', () => {
    const world = settled({ seed: 4, agents: 10 });
    world.vanish(4);
    world.run(15_000);
    expect(world.agent(0).core?.view.members).toHaveLength(9);
    world.start(4);
    expect(world.runUntil(() => converged(world), { everyMs: 100, withinMs: 10_000 })).toBeDefined();
  });

  test('without memory of its incarnation outlives its earlier life', () => {
    const world = settled({ seed: 5, agents: 6 });
    world.vanish(4);
    world.run(15_000);
    world.forget(4);
    world.start(4);
    expect(world.runUntil(() => converged(world), { everyMs: 100, withinMs: 20_000 })).toBeDefined();
  });

  test('finds its ring by cached peers when every seed is dead', () => {
    const world = settled({ seed: 6, agents: 6 });
    world.vanish(0);
    world.run(15_000);
    world.stop(4);
    world.run(10_000);
    world.start(4);
    expect(world.runUntil(() => converged(world), { everyMs: 100, withinMs: 20_000 })).toBeDefined();
  });
});

test('rolling churn of 10 % a minute costs nobody its life', () => {
  const world = settled({ seed: 7, agents: 32 });
  const watch = new Watch(world);
  for (let round = 0; round < 20; round += 1) {
    const victim = 1 + below(world.random, 31);
    watch.expect(world.agent(victim).id);
    world[(['stop', 'vanish', 'leave'] as const)[round % 3] ?? 'stop'](victim);
    world.run(12_000);
    world.start(victim);
    world.run(3_000);
    watch.forgive(world.agent(victim).id);
    world.run(4_000);
  }
  expect(watch.falseDeaths).toEqual([]);
  expect(watch.breaches).toEqual([]);
  expect(world.runUntil(() => converged(world), { everyMs: 500, withinMs: 15_000 })).toBeDefined();
});

test('half a ring dying at once leaves the other half a ring', () => {
  const world = settled({ seed: 8, agents: 40, regions: 2 });
  for (const { index } of world.agents) if (index % 4 > 1) world.vanish(index);
  expect(world.runUntil(() => converged(world), { everyMs: 500, withinMs: 60_000 })).toBeDefined();
});
