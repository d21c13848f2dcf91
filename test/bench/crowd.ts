// Crowds of viewers, as plans for the load generator.
//
// Arrivals are evenly spaced and dealt out to the servers in turn: every run is the same, and every server gets the
// same share of the early and the late ones.

import type { Plan, ViewerPlan } from './load/plan.ts';

/** Longer than any fault here takes to be overcome: past it a viewer has lost patience and counts as failed. */
export const ASK_MS_MAX = 20_000;

export interface Crowd {
  readonly viewers: number;
  /** The ports of the servers. */
  readonly ports: readonly number[];
  /** Each viewer asks for one of these, in turn. */
  readonly paths: readonly string[];
  /** All arrive within so long. */
  readonly withinMs: number;
  /** Whether a viewer whose server breaks off goes on at the next one, as the player plugin does. */
  readonly goesOn: boolean;
}

/** Viewers that all come at once, for one object each. */
export function flashCrowd({ viewers, ports, paths, withinMs, goesOn }: Crowd): Plan {
  return planOf(viewers, ports, goesOn, (index) => [
    {
      atMs: (index / viewers) * withinMs,
      path: paths[Math.floor(index / ports.length) % paths.length] ?? '',
    },
  ]);
}

/** Viewers that follow a stream: each asks for every segment, soon after it is there. */
export function audience(crowd: Crowd & { readonly segmentMs: number }): Plan {
  const { viewers, ports, paths, withinMs, goesOn, segmentMs } = crowd;
  return planOf(viewers, ports, goesOn, (index) =>
    paths.map((path, segment) => ({ atMs: segment * segmentMs + (index / viewers) * withinMs, path })),
  );
}

function planOf(
  viewers: number,
  ports: readonly number[],
  goesOn: boolean,
  asksOf: (index: number) => ViewerPlan['asks'],
): Plan {
  const plans = Array.from({ length: viewers }, (_, index) => {
    const own = index % ports.length;
    const inTurn = [...ports.slice(own), ...ports.slice(0, own)];
    return { ports: goesOn ? inTurn : inTurn.slice(0, 1), asks: asksOf(index) };
  });
  return { viewers: plans, askMsMax: ASK_MS_MAX, compareEvery: 1 };
}
