import { expect, test } from 'vitest';
import { contactFaults, converged, tableFaults } from './checkers.ts';
import { World } from './world.ts';

/** @returns seconds from the last start until every table is right */
function storm(seed: number, withinMs: number): { tables: number; contacts: number } {
  const world = new World({ seed, agents: 9, regions: 3, loss: seed % 4 === 0 ? 0.02 : 0 });
  for (const agent of world.agents) world.at(world.random() * withinMs, () => world.start(agent.index));
  world.run(withinMs);
  const tables = world.runUntil(() => converged(world), { everyMs: 50, withinMs: 60_000 });
  const more = world.runUntil(() => contactFaults(world).length === 0, { everyMs: 50, withinMs: 60_000 });
  if (tables === undefined || more === undefined) {
    throw new Error(`seed ${seed}: ${[...tableFaults(world), ...contactFaults(world)].join('; ')}`);
  }
  return { tables: tables / 1000, contacts: (tables + more) / 1000 };
}

/** An agent whose seed is late asks again after 1, 2 and 4 s, each give or take a quarter. */
test.each([
  ['at once', 0, 3],
  ['in any order within 200 ms', 200, 3],
  ['in any order within 5 s, the seed at any place among them', 5_000, 6],
])('nine agents of three regions with one seed find their rings, started %s', (_, withinMs, boundS) => {
  const times = Array.from({ length: 150 }, (_each, seed) => storm(seed + 1, withinMs));
  expect(Math.max(...times.map(({ tables }) => tables))).toBeLessThanOrEqual(boundS);
  expect(Math.max(...times.map(({ contacts }) => contacts))).toBeLessThanOrEqual(2 * boundS);
});

test('rings that were founded apart fold into one once a seed joins them', () => {
  const world = new World({ seed: 3, agents: 12, regions: 1, seeds: [0, 1] });
  world.split(({ index }) => index % 2);
  world.startAll();
  world.run(30_000);
  const rings = new Set(world.living.map((agent) => agent.core?.view.ring));
  expect(rings.size).toBe(2);
  world.heal();
  expect(world.runUntil(() => converged(world), { everyMs: 100, withinMs: 90_000 })).toBeDefined();
});

test('agents of one region that never hear of each other stay apart', () => {
  const world = new World({ seed: 3, agents: 4, regions: 1, seeds: [] });
  world.startAll();
  world.run(60_000);
  expect(world.living.map((agent) => agent.core?.view.members.length)).toEqual([1, 1, 1, 1]);
});
