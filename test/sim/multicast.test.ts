// Multicast over rings that membership built: the whole core, from first join to last delivery.
import { expect, test } from 'vitest';
import { World } from './world.ts';

const WORLD = { reach: 'world', target: '' } as const;

/** Small rings, so that a few dozen agents have levels. */
function grown(agents: number, regions: number): World {
  const world = new World({ seed: 11, agents, regions, tuning: { ringSize: 4 }, codec: true });
  world.startAll();
  world.run(180_000);
  return world;
}

test('a broadcast comes once to every agent of a polyring that grew by itself, and again after deaths', () => {
  const world = grown(36, 3);
  expect(Math.max(...world.living.map(({ core }) => core?.path.above.length ?? 0))).toBeGreaterThanOrEqual(2);
  world.multicast(7, WORLD, Uint8Array.of(1, 2, 3));
  world.run(5_000);
  expect(world.agents.map(({ delivered }) => delivered.length)).toEqual(
    world.agents.map(({ index }) => (index === 7 ? 0 : 1)),
  );
  for (const index of [2, 13, 24]) world.vanish(index);
  world.multicast(8, WORLD, Uint8Array.of(4));
  world.run(5_000);
  const missing = world.living.filter(
    ({ index, delivered }) => index !== 8 && delivered.length !== (index === 7 ? 1 : 2),
  );
  expect(missing.map(({ index }) => index)).toEqual([]);
});
