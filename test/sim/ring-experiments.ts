// What rings of rings cost and stand, one function an experiment: how long until nothing is wrong again (rings.ts).
//
// `churn` (E5): a tenth of the agents a minute dies, by turns of every kind, and is back 20 s later, for ten minutes.
// `cut` (E6): one region is cut off from all others for 60 s. `representatives` (E9): those of every hundredth ring,
// at least of one, vanish at the same moment.

import { below } from '../../agent/core/prng.ts';
import { topLabel } from '../../agent/wire/ids.ts';
import { type Figure, percentile } from '../figures.ts';
import type { ExperimentOptions } from './experiments.ts';
import { levelsOf, ringFaults } from './rings.ts';
import { Watch } from './watch.ts';
import { World } from './world.ts';

const SETTLE_WITHIN_MS = 300_000;
const CUT_MS = 60_000;
const CHURN_MS = 600_000;
const CHURN_SHARE = 0.1;
const BACK_AFTER_MS = 20_000;

interface Grown {
  readonly world: World;
  readonly watch: Watch;
  /** @returns seconds until nothing is wrong, the bound where that never came */
  readonly settle: (what: string) => number;
}

export function cut(options: ExperimentOptions): Figure[] {
  const seconds = rounds(options, ({ world, settle }) => {
    const label = topLabel(world.agent(0).region as never);
    world.split(({ region }) => Number(topLabel(region as never) === label));
    world.run(CUT_MS);
    world.heal();
    return settle('healed');
  });
  return [
    worst(
      'sim.cut.one_tree_s',
      seconds.map(({ value }) => value),
      's',
      '<= 60',
    ),
    ...falseDeaths('cut', seconds),
  ];
}

export function representatives(options: ExperimentOptions): Figure[] {
  const seconds = rounds(options, ({ world, watch, settle }) => {
    const seats = new Map(
      world.living.flatMap(({ core }) => {
        const own = core?.path.above[0]?.own;
        return own === undefined ? [] : [[own.ring, own] as const];
      }),
    );
    const step = Math.min(100, seats.size || 1);
    const hit = [...seats.values()].filter((_, at) => at % step === 0);
    for (const { contacts } of hit) {
      for (const { id } of contacts.slice(0, 3)) {
        watch.expect(id);
        const agent = world.agentOf(id);
        if (agent !== undefined) world.vanish(agent.index);
      }
    }
    return settle('without them');
  });
  const figure = worst(
    'sim.representatives.one_tree_s',
    seconds.map(({ value }) => value),
    's',
    '<= 30',
  );
  return [figure, ...falseDeaths('representatives', seconds)];
}

export function churn(options: ExperimentOptions): Figure[] {
  const faults: number[] = [];
  const seconds = rounds(options, ({ world, watch, settle }) => {
    const untilMs = world.nowMs + CHURN_MS;
    const gapMs = 60_000 / (options.agents * CHURN_SHARE);
    for (let turn = 0; world.nowMs < untilMs; turn += 1) {
      const victim = world.agent(below(world.random, options.agents));
      if (victim.running && victim.index > 0) {
        watch.expect(victim.id);
        world[(['stop', 'vanish', 'leave'] as const)[turn % 3] ?? 'stop'](victim.index);
        world.at(world.nowMs + BACK_AFTER_MS, () => {
          world.start(victim.index);
          watch.forgive(victim.id);
        });
      }
      world.run(gapMs);
    }
    faults.push(watch.breaches.length);
    return settle('after the churn');
  });
  return [
    worst(
      'sim.churn.one_tree_s',
      seconds.map(({ value }) => value),
      's',
      '<= 60',
    ),
    worst('sim.churn.breaches', faults, 'breaches', '= 0'),
    ...falseDeaths('churn', seconds),
  ];
}

interface Round {
  readonly value: number;
  readonly falseDeaths: number;
}

function rounds(options: ExperimentOptions, play: (grown: Grown) => number): Round[] {
  return Array.from({ length: options.rounds }, (_, round) => {
    const seed = options.seed + round;
    const world = new World({ ...options, seed, tuning: { ringSize: options.ringSize } });
    const watch = new Watch(world);
    const settle = (what: string): number => {
      const quiet = (): boolean => ringFaults(world, options.ringSize).length === 0;
      const took = world.runUntil(quiet, { everyMs: 500, withinMs: SETTLE_WITHIN_MS });
      const rings = `rings by level ${levelsOf(world).join(', ')}`;
      options.say(`seed ${seed}: ${what}: ${took === undefined ? 'never' : `${took / 1000} s`}, ${rings}`);
      return (took ?? SETTLE_WITHIN_MS) / 1000;
    };
    world.startAll();
    settle('grown');
    const value = play({ world, watch, settle });
    options.say(`seed ${seed}: trace ${world.trace.hash}`);
    return { value, falseDeaths: watch.falseDeaths.length };
  });
}

function worst(name: string, samples: readonly number[], unit: string, goal: string): Figure {
  return { name, value: percentile(samples, 1), unit, goal, samples };
}

function falseDeaths(name: string, all: readonly Round[]): Figure[] {
  const value = all.reduce((sum, each) => sum + each.falseDeaths, 0);
  return [{ name: `sim.${name}.false_deaths`, value, unit: 'agents', goal: '= 0' }];
}
