// What the simulator measures, one function an experiment: each builds its worlds from seeds and returns figures.
//
// `grow`: so many agents start at once with one seed; how long until they are one polyring, and what a quiet minute
// costs. `detect`: in rings of 32 an agent vanishes without a word; when is it first suspected, when does the last
// survivor know; and does anyone declare a living agent dead over the agent-hours run, at 2 % loss. Those that are
// about rings of rings stand in ring-experiments.ts.

import { type Figure, percentile } from '../figures.ts';
import { churn, cut, representatives } from './ring-experiments.ts';
import { levelsOf, ringFaults } from './rings.ts';
import { Watch } from './watch.ts';
import { World } from './world.ts';

export interface ExperimentOptions {
  readonly agents: number;
  readonly regions: number;
  readonly seed: number;
  /** Worlds, with consecutive seeds, over which the figures are taken. */
  readonly rounds: number;
  readonly loss: number;
  readonly codec: boolean;
  /** The size that rings aim at. */
  readonly ringSize: number;
  /** One line on what was done, for whoever waits. */
  readonly say: (line: string) => void;
}

export const EXPERIMENTS: Readonly<Record<string, (options: ExperimentOptions) => Figure[]>> = {
  grow,
  detect,
  churn,
  cut,
  representatives,
};

const GROW_WITHIN_MS = 300_000;
const STEADY_MS = 60_000;

function grow(options: ExperimentOptions): Figure[] {
  const samples = {
    seconds: [] as number[],
    cpu: [] as number[],
    steadyCpu: [] as number[],
    messages: [] as number[],
  };
  for (let round = 0; round < options.rounds; round += 1) {
    const world = new World({
      ...options,
      seed: options.seed + round,
      tuning: { ringSize: options.ringSize },
    });
    const growCpu = cpuSeconds();
    world.startAll();
    const tookMs = world.runUntil(() => ringFaults(world, options.ringSize).length === 0, {
      everyMs: 250,
      withinMs: GROW_WITHIN_MS,
    });
    const steadyCpu = cpuSeconds();
    const before = world.messages;
    world.run(STEADY_MS);
    const end = cpuSeconds();
    const sent = world.messages - before;
    samples.cpu.push(steadyCpu - growCpu);
    samples.steadyCpu.push(end - steadyCpu);
    samples.messages.push(sent / options.agents / (STEADY_MS / 1000));
    if (tookMs === undefined) {
      options.say(`seed ${options.seed + round}: not converged after ${GROW_WITHIN_MS / 1000} s: no figure`);
    } else samples.seconds.push(tookMs / 1000);
    const rings = `rings by level ${levelsOf(world).join(', ')}`;
    const took = tookMs === undefined ? 'never' : `${(tookMs / 1000).toFixed(1)} s, ${rings}`;
    const cost = `${before} messages, ${(steadyCpu - growCpu).toFixed(2)} CPU-s`;
    const quiet = `quiet minute: ${sent} messages, ${(end - steadyCpu).toFixed(2)} CPU-s`;
    options.say(
      `seed ${options.seed + round}: converged ${took}, ${cost}; ${quiet}; trace ${world.trace.hash}`,
    );
  }
  const name = 'sim.grow';
  const figures = [
    figure(`${name}.cpu_s`, samples.cpu, 's'),
    figure(`${name}.steady_minute_cpu_s`, samples.steadyCpu, 's'),
    figure(`${name}.messages_per_agent_s`, samples.messages, '1/s'),
  ];
  return samples.seconds.length < options.rounds
    ? figures
    : [figure(`${name}.converged_s`, samples.seconds, 's'), ...figures];
}

const SETTLE_MS = 30_000;
const BETWEEN_KILLS_MS = 20_000;
const KILLS = 8;

function detect(options: ExperimentOptions): Figure[] {
  const suspected: number[] = [];
  const all: number[] = [];
  let falseDeaths = 0;
  let hours = 0;
  for (let round = 0; round < options.rounds; round += 1) {
    const world = new World({ ...options, seed: options.seed + round });
    const watch = new Watch(world);
    world.startAll();
    world.run(SETTLE_MS);
    for (let kill = 0; kill < KILLS; kill += 1) {
      const victim = world.agent((1 + kill * 7 + round) % options.agents);
      const startMs = world.nowMs;
      const survivors =
        world.living.filter((each) => each.core?.view.state(victim.id) === 'alive').length - 1;
      watch.expect(victim.id);
      world.vanish(victim.index);
      world.run(BETWEEN_KILLS_MS);
      const learned = watch.learnedMs.get(victim.id) ?? [];
      if (learned.length < survivors) {
        options.say(
          `kill ${kill}: ${survivors - learned.length} did not learn of it in ${BETWEEN_KILLS_MS / 1000} s`,
        );
        all.push(BETWEEN_KILLS_MS / 1000);
      } else all.push((Math.max(...learned) - startMs) / 1000);
      const firstMs = watch.suspectedMs.get(victim.id);
      if (firstMs !== undefined) suspected.push((firstMs - startMs) / 1000);
      watch.forgive(victim.id);
      world.start(victim.index);
      world.run(BETWEEN_KILLS_MS / 2);
    }
    falseDeaths += watch.falseDeaths.length;
    hours += (options.agents * world.nowMs) / 3_600_000;
    options.say(
      `seed ${options.seed + round}: ${watch.falseDeaths.length} false deaths, trace ${world.trace.hash}`,
    );
    for (const line of [...watch.falseDeaths, ...watch.breaches].slice(0, 5)) options.say(`  ${line}`);
  }
  return [
    { name: 'sim.first_suspicion_p50_s', value: percentile(suspected, 0.5), unit: 's', goal: '<= 0.83' },
    { name: 'sim.detect_all_p50_s', value: percentile(all, 0.5), unit: 's', goal: '<= 4.2' },
    { name: 'sim.detect_all_p99_s', value: percentile(all, 0.99), unit: 's', goal: '<= 6.2' },
    { name: 'sim.false_deaths', value: falseDeaths, unit: 'agents', goal: '= 0' },
    { name: 'sim.false_deaths.agent_hours', value: hours, unit: 'h' },
  ];
}

function figure(name: string, samples: readonly number[], unit: string): Figure {
  return { name, value: percentile(samples, 0.5), unit, samples };
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
