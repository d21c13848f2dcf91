// The last minute of a ring, in steps: bytes from agents and from the origin in each, out of counters that only grow.
//
// Pure. A counter that went back is another ring's: the picture begins anew.

import type { RingcastStats } from '../tally.ts';

export interface Step {
  readonly agentBytes: number;
  readonly originBytes: number;
}

/** Steps that are kept. */
export const STEPS_MAX: number = 60;

export class StatsHistory {
  #steps: Step[] = [];
  #last: Step | undefined = undefined;

  /** Oldest first, at most STEPS_MAX. */
  get steps(): readonly Step[] {
    return this.#steps;
  }

  /** The first call only marks where to count from. */
  add(stats: RingcastStats): void {
    const now = totalOf(stats);
    const last = this.#last;
    this.#last = now;
    if (!last) return;
    const step = {
      agentBytes: now.agentBytes - last.agentBytes,
      originBytes: now.originBytes - last.originBytes,
    };
    if (step.agentBytes < 0 || step.originBytes < 0) this.#steps = [];
    else this.#steps = [...this.#steps, step].slice(-STEPS_MAX);
  }
}

/** All that came, whatever it was. */
export function totalOf({ segments, playlists, keys }: RingcastStats): Step {
  const all = [segments, playlists, keys];
  return {
    agentBytes: all.reduce((sum, { agent }) => sum + agent.bytes, 0),
    originBytes: all.reduce((sum, { origin }) => sum + origin.bytes, 0),
  };
}

/** @returns 0 to 1, undefined where nothing came */
export function agentShareOf({ agentBytes, originBytes }: Step): number | undefined {
  const bytes = agentBytes + originBytes;
  return bytes === 0 ? undefined : agentBytes / bytes;
}
