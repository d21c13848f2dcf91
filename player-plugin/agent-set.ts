// The agents that this viewer knows, what it has measured of each, and which of them serves a segment.
//
// The few with the shortest round trip are warm; among the warm, weighted rendezvous hashing picks per segment, with
// the very score by which agents place segments in their ring. So viewers near each other ask the same agent for the
// same segment, and it is often the one that holds it. The others of the warm set are next in line.
// Pure: time comes in as `nowMs`. Who is worth knowing and when to measure is discovery.ts's.

import { hash64, salted, score } from '../agent/wire/rendezvous.ts';
import type { RosterAgent } from '../agent/wire/roster.ts';
import type { LinkMeasure } from './leg.ts';

/** Agents that segments are spread over. */
export const WARM_MAX: number = 3;
/** Agents kept in mind, those given by the page included. */
export const KNOWN_MAX: number = 64;
/** First pause of an agent that failed; doubles with each failure in a row. */
export const COOL_MIN_MS: number = 2_000;
export const COOL_MAX_MS: number = 120_000;

export interface KnownAgent {
  /** Base URL without a trailing slash. */
  readonly url: string;
  /** Named by the page: never dropped from the set. */
  readonly given: boolean;
  /** From a roster; undefined until one names it. */
  record: RosterAgent | undefined;
  seenAtMs: number;
  rttMs: number | undefined;
  firstByteMs: number | undefined;
  deviationMs: number;
  bytesPerMs: number | undefined;
  coolUntilMs: number;
  /** Failures in a row. */
  strikes: number;
  /** What it has brought. */
  requests: number;
  bytes: number;
  /** Slow to begin, and asked whether it lives; false again once it has served. */
  doubted: boolean;
}

export class AgentSet {
  readonly #known = new Map<string, KnownAgent>();
  /** The ring whose agents come first. */
  #home: string | undefined = undefined;

  all(): readonly KnownAgent[] {
    return [...this.#known.values()];
  }

  urls(): Iterable<string> {
    return this.#known.keys();
  }

  get(url: string): KnownAgent | undefined {
    return this.#known.get(url);
  }

  give(url: string): void {
    this.#known.set(url, freshAgent(url, { given: true, nowMs: 0 }));
  }

  /** A roster named these, the agent that answered first. Past KNOWN_MAX newcomers are passed over. */
  learn(records: readonly RosterAgent[], nowMs: number): void {
    this.#home ??= records[0]?.ring;
    for (const record of records) {
      const known = this.#known.get(record.url) ?? freshAgent(record.url, { given: false, nowMs });
      if (!this.#known.has(record.url) && this.#known.size >= KNOWN_MAX) continue;
      known.record = record;
      known.seenAtMs = nowMs;
      this.#known.set(record.url, known);
    }
  }

  /** Drops agents that no roster has named since. */
  forgetBefore(seenAtMs: number): void {
    for (const agent of this.all()) {
      if (!agent.given && agent.seenAtMs < seenAtMs) this.#known.delete(agent.url);
    }
  }

  measured(url: string, rttMs: number): void {
    const agent = this.#known.get(url);
    if (agent) agent.rttMs = agent.rttMs === undefined ? rttMs : Math.min(rttMs, smooth(agent.rttMs, rttMs));
  }

  /** A whole answer came. @param took undefined where the browser's cache answered */
  served(url: string, took: { firstByteMs: number; bytesPerMs: number | undefined } | undefined): void {
    const agent = this.#known.get(url);
    if (!agent) return;
    agent.strikes = 0;
    agent.doubted = false;
    if (!took) return;
    const error = Math.abs(took.firstByteMs - (agent.firstByteMs ?? took.firstByteMs));
    agent.deviationMs = smooth(agent.deviationMs, error);
    agent.firstByteMs = smooth(agent.firstByteMs ?? took.firstByteMs, took.firstByteMs);
    if (took.bytesPerMs === undefined) return;
    agent.bytesPerMs = smooth(agent.bytesPerMs ?? took.bytesPerMs, took.bytesPerMs);
  }

  /** Leaves the agent alone until `cleared` says that it lives, or `failed` that it does not. */
  doubt(url: string): void {
    const agent = this.#known.get(url);
    if (!agent) return;
    agent.doubted = true;
    agent.coolUntilMs = Number.POSITIVE_INFINITY;
  }

  /** A doubted agent answered. It may be asked again, after the others. */
  cleared(url: string): void {
    const agent = this.#known.get(url);
    if (agent?.coolUntilMs === Number.POSITIVE_INFINITY) agent.coolUntilMs = 0;
  }

  /** Leaves the agent alone for a while, and after it until it is measured again. @returns how long, in ms; 0 where
   *  the agent is none of these */
  failed(url: string, nowMs: number): number {
    const agent = this.#known.get(url);
    if (!agent) return 0;
    agent.strikes += 1;
    agent.rttMs = undefined;
    const pauseMs = Math.min(COOL_MAX_MS, COOL_MIN_MS * 2 ** (agent.strikes - 1));
    agent.doubted = false;
    agent.coolUntilMs = nowMs + pauseMs;
    return pauseMs;
  }

  /** The nearest few that may be asked now, those of the viewer's ring first: at most WARM_MAX, none more than about
   *  twice as far as the nearest. Before anything is measured, whatever is known. */
  warm(nowMs: number): readonly KnownAgent[] {
    const ready = this.all().filter((agent) => mayServe(agent, nowMs));
    const near = ready.filter((agent) => agent.rttMs !== undefined).sort((a, b) => distance(a) - distance(b));
    const nearest = near[0];
    const home = this.#homeAmong(near, ready);
    if (!nearest) return homeFirst(ready, home).slice(0, WARM_MAX);
    const reach = 2 * distance(nearest) + REACH_SLACK_MS;
    const inReach = near.filter((agent) => distance(agent) <= reach);
    return homeFirst(inReach, home).slice(0, WARM_MAX);
  }

  /** @param key placement key of the segment
   *  @returns the warm agents: of the viewer's ring the segment's own first, then those of other rings; doubted ones
   *  last. Another ring would fetch the segment for this viewer alone. */
  rank(key: string, nowMs: number): readonly KnownAgent[] {
    const hash = hash64(key);
    const warm = this.warm(nowMs);
    const home = warm[0]?.record?.ring;
    return warm
      .map((agent) => ({
        agent,
        last: Number(agent.doubted) * 2 + Number(agent.record?.ring !== home),
        points: score(hashOf(agent), hash, agent.record?.weight ?? 1),
      }))
      .sort((a, b) => a.last - b.last || b.points - a.points)
      .map(({ agent }) => agent);
  }

  /** The viewer's ring: that of the first roster, until an agent of another one is clearly nearer (POLYRING's rule
   *  for agents that move: by 30 % and 5 ms). Round trips of one host are too much alike to tell rings apart. */
  #homeAmong(near: readonly KnownAgent[], ready: readonly KnownAgent[]): string | undefined {
    const isMate = (agent: KnownAgent): boolean => agent.record?.ring === this.#home;
    const nearest = near[0];
    const mate = near.find(isMate);
    // Not measured yet is not gone.
    if (!nearest?.record || nearest === mate || (mate === undefined && ready.some(isMate))) return this.#home;
    const gainMs = mate === undefined ? Number.POSITIVE_INFINITY : distance(mate) - distance(nearest);
    if (gainMs > Math.max(MOVE_MS_MIN, 0.3 * distance(mate ?? nearest))) this.#home = nearest.record.ring;
    return this.#home;
  }

  /** Best rate measured on any agent but this one, in bytes per ms. */
  bestRateBesides(url: string): number | undefined {
    const rates = this.all().filter((agent) => agent.url !== url && agent.bytesPerMs !== undefined);
    return rates.length === 0 ? undefined : Math.max(...rates.map((agent) => agent.bytesPerMs ?? 0));
  }
}

export function linkOf(agent: KnownAgent): LinkMeasure {
  return { rttMs: agent.rttMs, bytesPerMs: agent.bytesPerMs };
}

/** Round trips this much apart are the same to a viewer. */
const REACH_SLACK_MS = 15;
/** Gain below which another ring is no nearer. */
const MOVE_MS_MIN = 5;

function homeFirst(agents: readonly KnownAgent[], home: string | undefined): readonly KnownAgent[] {
  const isHome = (agent: KnownAgent): boolean => agent.record?.ring === home;
  return [...agents.filter(isHome), ...agents.filter((agent) => !isHome(agent))];
}

function mayServe(agent: KnownAgent, nowMs: number): boolean {
  const sound = agent.strikes === 0 || agent.rttMs !== undefined;
  return sound && agent.coolUntilMs <= nowMs && agent.record?.weight !== 0;
}

/** A busy agent counts as up to twice as far. */
function distance(agent: KnownAgent): number {
  return (agent.rttMs ?? Number.POSITIVE_INFINITY) * (1 + (agent.record?.load ?? 0));
}

function hashOf(agent: KnownAgent): ReturnType<typeof salted> {
  return salted(hash64(agent.record?.id ?? agent.url), hash64(agent.record?.ring ?? ''));
}

/** RFC 6298's gain of 1/8, doubled: a viewer takes a sample every few seconds, not every segment of TCP. */
function smooth(old: number, sample: number): number {
  return old + (sample - old) / 4;
}

function freshAgent(url: string, of: { given: boolean; nowMs: number }): KnownAgent {
  return {
    url,
    given: of.given,
    record: undefined,
    seenAtMs: of.nowMs,
    rttMs: undefined,
    firstByteMs: undefined,
    deviationMs: 0,
    bytesPerMs: undefined,
    coolUntilMs: 0,
    strikes: 0,
    requests: 0,
    bytes: 0,
    doubted: false,
  };
}
