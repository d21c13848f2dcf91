import { describe, expect, test } from 'vitest';
import { percentile } from '../figures.ts';
import { converged, wronglyDead } from './checkers.ts';
import { Watch } from './watch.ts';
import { World, type WorldOptions } from './world.ts';

function settled(options: Partial<WorldOptions> & { seed: number; agents: number }): {
  world: World;
  watch: Watch;
} {
  const world = new World({ regions: 1, ...options });
  const watch = new Watch(world);
  world.startAll();
  world.run(20_000);
  expect(converged(world)).toBe(true);
  return { world, watch };
}

/** Seconds until the last survivor knew, for each of the victims in turn. */
function detections(
  options: Partial<WorldOptions> & { seed: number; agents: number },
  how: 'vanish' | 'stop',
): { seconds: number[]; falseDeaths: string[] } {
  const { world, watch } = settled(options);
  const seconds: number[] = [];
  for (let victim = 1; victim <= 4; victim += 1) {
    const { id } = world.agent(victim);
    const startMs = world.nowMs;
    watch.expect(id);
    world[how](victim);
    const done = (): boolean => watch.learnedMs.get(id)?.length === world.living.length;
    expect(world.runUntil(done, { everyMs: 100, withinMs: 30_000 })).toBeDefined();
    seconds.push((Math.max(...(watch.learnedMs.get(id) ?? [])) - startMs) / 1000);
  }
  return { seconds, falseDeaths: watch.falseDeaths };
}

describe('an agent that dies', () => {
  test.each([
    ['without loss', 0],
    ['at 2 % loss', 0.02],
  ])('without a word is known to all of a ring of 32 in 4.2 s (p50) and 6.2 s, %s', (_, loss) => {
    const runs = [1, 2, 3, 4, 5, 6].map((seed) => detections({ seed, agents: 32, loss }, 'vanish'));
    const seconds = runs.flatMap((run) => run.seconds);
    expect(percentile(seconds, 0.5)).toBeLessThanOrEqual(4.2);
    expect(Math.max(...seconds)).toBeLessThanOrEqual(7.5);
    expect(percentile(seconds, 0.95)).toBeLessThanOrEqual(6.2);
    expect(runs.flatMap((run) => run.falseDeaths)).toEqual([]);
  });

  test('with its links reset is known sooner', () => {
    const [silent, reset] = (['vanish', 'stop'] as const).map((how) =>
      [1, 2, 3].flatMap((seed) => detections({ seed, agents: 32 }, how).seconds),
    );
    expect(percentile(reset ?? [], 0.5)).toBeLessThan(percentile(silent ?? [], 0.5));
  });

  test('in a ring of two or three is known in 6 s as well', () => {
    for (const agents of [2, 3]) {
      const { world, watch } = settled({ seed: 5, agents });
      watch.expect(world.agent(1).id);
      world.vanish(1);
      world.run(6_000);
      expect(watch.learnedMs.get(world.agent(1).id)).toHaveLength(agents - 1);
    }
  });
});

describe('a living agent', () => {
  test('is not declared dead at 2 % loss, however long', () => {
    const { world, watch } = settled({ seed: 2, agents: 32, loss: 0.02 });
    world.run(600_000);
    expect(watch.falseDeaths).toEqual([]);
    expect(watch.breaches).toEqual([]);
  });

  test('that stalls for 2 s is suspected, refutes and stays', () => {
    const { world, watch } = settled({ seed: 3, agents: 32 });
    world.freeze(5, 2_000);
    world.run(10_000);
    expect(world.agents.some(({ counts }) => counts['members.suspected'] > 0)).toBe(true);
    expect(world.agent(5).counts['members.self_refuted']).toBeGreaterThan(0);
    expect(watch.falseDeaths).toEqual([]);
    expect(converged(world)).toBe(true);
  });

  test('that stalls for 30 s is declared dead and comes back when it wakes', () => {
    const { world, watch } = settled({ seed: 4, agents: 12 });
    world.freeze(5, 30_000);
    world.run(20_000);
    expect(watch.falseDeaths.length).toBe(11);
    world.run(15_000);
    expect(wronglyDead(world)).toEqual([]);
    expect(converged(world)).toBe(true);
  });

  test('whose link to one member is reset is asked at once and stays', () => {
    const { world, watch } = settled({ seed: 6, agents: 8 });
    const before = world.messages;
    world.breakLink(2, 3);
    world.run(10);
    expect(world.messages).toBeGreaterThan(before);
    world.run(10_000);
    expect(watch.falseDeaths).toEqual([]);
    expect(converged(world)).toBe(true);
  });

  test('that cannot be dialled is in the ring, and its death is found', () => {
    const { world, watch } = settled({ seed: 7, agents: 8, outbound: new Set([3]) });
    watch.expect(world.agent(3).id);
    world.vanish(3);
    world.run(15_000);
    expect(watch.learnedMs.get(world.agent(3).id)).toHaveLength(7);
  });
});

describe('an agent that leaves', () => {
  test('is gone from every view within a second, without a suspicion', () => {
    const { world, watch } = settled({ seed: 8, agents: 20 });
    watch.expect(world.agent(4).id);
    world.leave(4);
    world.run(1_000);
    expect(converged(world)).toBe(true);
    expect(watch.learnedMs.get(world.agent(4).id)).toHaveLength(19);
    expect(watch.suspectedMs.size).toBe(0);
  });
});
