// The fault rules in force: picks the one that hits a request and keeps count for `every` and `limit`. Randomness comes
// in, so that a run can be repeated.
import type { FaultEffect, FaultRule } from './fault-rules.ts';

/** A rule and how it has fared since it was set. */
export interface FaultState {
  readonly rule: FaultRule;
  /** Requests that it matched. */
  readonly matched: number;
  /** Requests that it hit. */
  readonly fired: number;
}

interface Armed {
  readonly rule: FaultRule;
  readonly matches: (path: string) => boolean;
  matched: number;
  fired: number;
}

export class Faults {
  readonly #random: () => number;
  #armed: Armed[] = [];

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Replaces all rules; the counts start over. */
  set(rules: readonly FaultRule[]): void {
    this.#armed = rules.map((rule) => ({ rule, matches: matcher(rule), matched: 0, fired: 0 }));
  }

  states(): FaultState[] {
    return this.#armed.map(({ rule, matched, fired }) => ({ rule, matched, fired }));
  }

  /** What happens to a request for this path; undefined is nothing. */
  pick(path: string): FaultEffect | undefined {
    for (const armed of this.#armed) {
      const { rule } = armed;
      if (armed.fired >= (rule.limit ?? Number.POSITIVE_INFINITY) || !armed.matches(path)) continue;
      armed.matched += 1;
      if (rule.every !== undefined && armed.matched % rule.every !== 0) continue;
      if (rule.probability !== undefined && this.#random() >= rule.probability) continue;
      armed.fired += 1;
      return rule;
    }
    return undefined;
  }

  /** Nothing but the control API is to be reached: open connections go down with it. */
  isTotalOutage(): boolean {
    return this.#armed.some(
      ({ rule }) =>
        rule.outage === true &&
        rule.match === '/' &&
        rule.every === undefined &&
        rule.probability === undefined &&
        rule.limit === undefined,
    );
  }
}

/** A small generator (mulberry32) for repeatable faults: the same seed, the same sequence in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function matcher(rule: FaultRule): (path: string) => boolean {
  if (rule.regexp !== undefined) {
    const regexp = new RegExp(rule.regexp);
    return (path) => regexp.test(path);
  }
  const prefix = rule.match ?? '/';
  return (path) => path.startsWith(prefix);
}
