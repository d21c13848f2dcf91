// Turns what agents and origin count into what the page and the terminal show: totals that survive a killed agent,
// rates, offload, and who gave to whom.
//
// Agents count from zero again after a restart, so each agent's counts of earlier runs are kept and added. What a
// killed agent counted after the last look at it is lost: up to a second.
// Who gave to whom is not counted per pair. The flows are worked out from what each agent sent and received in the
// same second, spread in proportion; in a small region that is close, and totals per agent are exact.
// Pure: looks come in with their time.

import type { Flow, Totals } from './status.ts';

/** Counts of one agent since its process started. */
export interface AgentCounts {
  readonly requests: number;
  readonly viewerBytes: number;
  readonly peerReceivedBytes: number;
  readonly peerSentBytes: number;
  readonly originFetches: number;
  readonly originBytes: number;
}

/** Counts of the origin since it started. */
export interface OriginCounts {
  readonly mediaRequests: number;
  readonly playlistRequests: number;
  readonly bytes: number;
}

export interface Look {
  readonly atMs: number;
  /** By the agent's index; an agent that did not answer is absent. `run` changes with each start. */
  readonly agents: ReadonlyMap<number, { readonly run: string; readonly counts: AgentCounts }>;
  readonly origin: OriginCounts;
}

export interface AgentSums {
  readonly total: AgentCounts;
  /** Per second, over the last few looks. */
  readonly rate: AgentCounts;
}

export interface OriginSums {
  readonly total: OriginCounts;
  readonly rate: OriginCounts;
}

interface Account {
  run: string;
  /** Of the runs before this one. */
  before: AgentCounts;
  current: AgentCounts;
  readonly steps: Steps<AgentCounts>;
}

/** A player fetches every other second: rates are over so many looks, or each would be all or nothing. */
const LOOKS_MAX = 4;

export const NO_COUNTS: AgentCounts = {
  requests: 0,
  viewerBytes: 0,
  peerReceivedBytes: 0,
  peerSentBytes: 0,
  originFetches: 0,
  originBytes: 0,
};
const NO_ORIGIN: OriginCounts = { mediaRequests: 0, playlistRequests: 0, bytes: 0 };

export class Ledger {
  readonly #accounts = new Map<number, Account>();
  #origin = NO_ORIGIN;
  readonly #originSteps = new Steps(NO_ORIGIN);
  #atMs: number | undefined = undefined;

  take(look: Look): void {
    const seconds = this.#atMs === undefined ? undefined : Math.max(0.001, (look.atMs - this.#atMs) / 1000);
    this.#atMs = look.atMs;
    for (const [index, { run, counts }] of look.agents) this.#enter(index, run, counts, seconds);
    for (const [index, account] of this.#accounts) {
      if (!look.agents.has(index) && seconds !== undefined) account.steps.add(NO_COUNTS, seconds);
    }
    if (seconds !== undefined) {
      this.#originSteps.add(
        combined(look.origin, this.#origin, (now, then) => now - then),
        seconds,
      );
    }
    this.#origin = look.origin;
  }

  agent(index: number): AgentSums {
    const account = this.#accounts.get(index);
    if (account === undefined) return { total: NO_COUNTS, rate: NO_COUNTS };
    return { total: combined(account.before, account.current, plus), rate: account.steps.rate() };
  }

  origin(): OriginSums {
    return { total: this.#origin, rate: this.#originSteps.rate() };
  }

  totals(): Totals {
    const sums = [...this.#accounts.keys()].map((index) => this.agent(index));
    const total = sums.reduce((sum, { total }) => combined(sum, total, plus), NO_COUNTS);
    const rate = sums.reduce((sum, { rate }) => combined(sum, rate, plus), NO_COUNTS);
    const origin = this.origin();
    // What left the origin and did not go to an agent went to a player that fell back.
    const direct = Math.max(0, origin.total.bytes - total.originBytes);
    const viewerBytes = total.viewerBytes + direct;
    return {
      requests: total.requests,
      requestsPerS: rate.requests,
      viewerBytes,
      viewerBytesPerS: rate.viewerBytes + Math.max(0, origin.rate.bytes - rate.originBytes),
      peerBytes: total.peerReceivedBytes,
      peerBytesPerS: rate.peerReceivedBytes,
      originFetches: origin.total.mediaRequests,
      originPlaylists: origin.total.playlistRequests,
      originBytes: origin.total.bytes,
      offload: viewerBytes === 0 ? undefined : Math.max(0, 1 - origin.total.bytes / viewerBytes),
    };
  }

  #enter(index: number, run: string, counts: AgentCounts, seconds: number | undefined): void {
    const account = this.#accounts.get(index);
    if (account === undefined) {
      const steps = new Steps(NO_COUNTS);
      this.#accounts.set(index, { run, before: NO_COUNTS, current: counts, steps });
      return;
    }
    if (account.run !== run) {
      account.before = combined(account.before, account.current, plus);
      account.current = NO_COUNTS;
      account.run = run;
    }
    if (seconds !== undefined) {
      const grown = combined(counts, account.current, (now, then) => Math.max(0, now - then));
      account.steps.add(grown, seconds);
    }
    account.current = counts;
  }
}

/** @param ring the rates of the agents of one region, by index
 *  @returns flows of at least one byte per second, the largest first */
export function flowsOf(
  region: readonly { readonly index: number; readonly sent: number; readonly received: number }[],
): Flow[] {
  const flows: Flow[] = [];
  for (const to of region) {
    const givers = region.filter((from) => from !== to && from.sent > 0);
    const sent = givers.reduce((sum, from) => sum + from.sent, 0);
    for (const from of givers) {
      const bytesPerS = (to.received * from.sent) / sent;
      if (bytesPerS >= 1) flows.push({ from: from.index, to: to.index, bytesPerS });
    }
  }
  return flows.sort((a, b) => b.bytesPerS - a.bytesPerS);
}

/** What was added in the last few looks, as a rate. */
class Steps<T extends object> {
  readonly #none: T;
  #steps: { readonly grown: T; readonly seconds: number }[] = [];

  constructor(none: T) {
    this.#none = none;
  }

  add(grown: T, seconds: number): void {
    this.#steps = [...this.#steps, { grown, seconds }].slice(-LOOKS_MAX);
  }

  rate(): T {
    const seconds = this.#steps.reduce((sum, step) => sum + step.seconds, 0);
    if (seconds === 0) return this.#none;
    const grown = this.#steps.reduce((sum, step) => combined(sum, step.grown, plus), this.#none);
    return combined(grown, this.#none, (all) => all / seconds);
  }
}

function plus(a: number, b: number): number {
  return a + b;
}

function combined<T extends object>(a: T, b: T, of: (a: number, b: number) => number): T {
  const left = Object.entries(a) as [keyof T, number][];
  return Object.fromEntries(left.map(([key, value]) => [key, of(value, b[key] as number)])) as T;
}
