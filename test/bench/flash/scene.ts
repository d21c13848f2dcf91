// What all flash crowds have in common: the object, the origin's pace, and how a run is summed up.

import { percentile } from '../../figures.ts';
import type { LoadResult } from '../load/plan.ts';
import type { World } from '../world.ts';

/** A segment of 2 s at 8 Mb/s, from an origin that is 40 ms away and takes 0.8 s for it. */
export interface Scene {
  readonly bytes: number;
  readonly latencyMs: number;
  readonly paceMs: number;
  /** Viewers of the runs with several agents and of the faults, all within a second. */
  readonly viewers: number;
  readonly withinMs: number;
}

export const FULL_SCENE: Scene = {
  bytes: 2_000_000,
  latencyMs: 40,
  paceMs: 800,
  viewers: 300,
  withinMs: 1_000,
};
export const QUICK_SCENE: Scene = { bytes: 200_000, latencyMs: 40, paceMs: 200, viewers: 20, withinMs: 300 };

export interface Crowded {
  readonly ttfbP50: number;
  readonly ttfbP99: number;
  readonly totalP99: number;
  /** Requests that the origin got for the object, or the mean of them over several that were asked for. */
  readonly fetches: number;
  readonly failed: number;
  readonly wrong: number;
  readonly resumed: number;
  /** Of the one server of a duel, per GB that viewers got; NaN with several agents. */
  readonly cpuPerGb: number;
  readonly problems: readonly string[];
}

/** The origin as the scene has it, with what a fault changes for some requests. */
export function paceOrigin(
  world: World,
  scene: Scene,
  fault: object = {},
  which: object = {},
): Promise<void> {
  const pace = {
    match: '/synthetic/',
    latencyMs: scene.latencyMs,
    bandwidthBytesPerS: Math.round((scene.bytes * 1_000) / scene.paceMs),
  };
  const faulty = Object.keys(fault).length === 0 ? [] : [{ ...pace, ...fault, ...which }];
  return world.origin.setFaults([...faulty, pace]);
}

export async function crowded(world: World, result: LoadResult, paths: readonly string[]): Promise<Crowded> {
  const asked = (await world.origin.requestsFor(paths)).filter((requests) => requests > 0);
  const of = (samples: readonly number[], share: number): number =>
    samples.length === 0 ? Number.NaN : percentile(samples, share);
  return {
    ttfbP50: of(result.ttfbMs, 0.5),
    ttfbP99: of(result.ttfbMs, 0.99),
    totalP99: of(result.totalMs, 0.99),
    fetches: asked.reduce((sum, count) => sum + count, 0) / Math.max(1, asked.length),
    failed: result.failed,
    wrong: result.wrong,
    resumed: result.resumed,
    cpuPerGb: Number.NaN,
    problems: result.problems,
  };
}
