import { expect, test } from 'vitest';
import { wronglyDead } from './checkers.ts';
import { ringFaults } from './rings.ts';
import { Watch } from './watch.ts';
import { World } from './world.ts';

/** A start, a power loss, a stop, a restart, a cut and its end. */
function run(options: { seed: number; agents: number; regions: number; codec?: boolean }) {
  const world = new World({ ...options, loss: 0.01 });
  const watch = new Watch(world);
  world.startAll();
  world.run(8_000);
  watch.expect(world.agent(7).id);
  watch.expect(world.agent(8).id);
  world.vanish(7);
  world.stop(8);
  world.run(8_000);
  world.start(7);
  world.split(({ index }) => index % 2);
  world.run(1_000);
  world.heal();
  world.run(3_000);
  return { world, watch };
}

const quiet = { everyMs: 1000, withinMs: 20_000 };

test('a thousand agents replay a seed to the identical trace', { timeout: 120_000 }, () => {
  const options = { seed: 42, agents: 1000, regions: 20 };
  const [first, second] = [run(options), run(options)];
  expect(second.world.trace.hash).toBe(first.world.trace.hash);
  expect(second.world.events).toBe(first.world.events);
  expect(first.watch.breaches).toEqual([]);
  expect(first.watch.falseDeaths).toEqual([]);
  expect(first.world.messages).toBeGreaterThan(100_000);
  first.world.run(20_000);
  expect(first.world.runUntil(() => ringFaults(first.world, 32).length === 0, quiet)).toBeDefined();
  expect(wronglyDead(first.world)).toEqual([]);
});

test('another seed gives another trace', () => {
  const options = { agents: 20, regions: 2 };
  expect(run({ ...options, seed: 1 }).world.trace.hash).not.toBe(
    run({ ...options, seed: 2 }).world.trace.hash,
  );
});

test('the trace is the same with every message run through the codec', () => {
  const options = { seed: 9, agents: 60, regions: 3 };
  expect(run({ ...options, codec: true }).world.trace.hash).toBe(run(options).world.trace.hash);
});
