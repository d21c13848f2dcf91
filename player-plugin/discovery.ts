// Finding the agents near this viewer, beside playback and never in its way: until an agent is known, the origin
// serves.
//
// Any one agent is enough to begin with. Its roster names its ring, some agents of other regions, and the origins.
// A sample is measured by round trip; where one of another ring turns out nearest, its roster is asked for in turn,
// three rounds at most, as an agent descends when it joins. Then again when the roster's time is up.
// The sample is drawn at random: viewers that all measured the first few of a list would load just those.

import type { Roster, RosterAgent, RosterOrigin } from '../agent/wire/roster.ts';
import type { AgentSet } from './agent-set.ts';
import { fetchRoster, roundTrip } from './roster-fetch.ts';
import type { Cancel, World } from './world.ts';

/** Rounds of asking the nearest agent's roster. */
const ROUNDS_MAX = 3;
/** Agents asked for a roster at once. */
const SEEDS_MAX = 3;
/** Agents of one ring, and of all others, measured in one round. */
const NEAR_MAX = 6;
const ELSEWHERE_MAX = 4;
const REFRESH_MIN_MS = 5_000;
const REFRESH_MAX_MS = 300_000;
/** Pause after a round in which nobody answered; doubles up to REFRESH_MAX_MS. */
const RETRY_MS = 2_000;

export interface Found {
  readonly origins: readonly RosterOrigin[];
  readonly ignoredQuery: readonly string[];
}

export interface DiscoveryEvents {
  /** A roster came: agents and origins are up to date. */
  found(found: Found): void;
  /** Nobody gave a roster; one line for each that was asked. */
  failed(lines: readonly string[]): void;
}

export class Discovery {
  readonly #world: World;
  readonly #agents: AgentSet;
  readonly #seeds: readonly string[];
  readonly #events: DiscoveryEvents;
  #cancelNext: Cancel = () => {};
  /** Agents that failed, each with its next look. */
  readonly #rechecks = new Map<string, Cancel>();
  #failures = 0;
  #phase: 'idle' | 'running' | 'stopped' = 'idle';

  constructor(world: World, agents: AgentSet, seeds: readonly string[], events: DiscoveryEvents) {
    this.#world = world;
    this.#agents = agents;
    this.#seeds = seeds;
    this.#events = events;
  }

  start(): void {
    if (this.#phase !== 'idle' || this.#seeds.length === 0) return;
    this.#phase = 'running';
    void this.#round();
  }

  stop(): void {
    this.#phase = 'stopped';
    this.#cancelNext();
    for (const cancel of this.#rechecks.values()) cancel();
    this.#rechecks.clear();
  }

  /** An agent was slow to begin. It may be dead, or only be fetching what it was asked for: a round trip tells. The
   *  second time in a row it is left alone whatever it answers. */
  doubted(url: string): void {
    if (this.#agents.get(url)?.doubted) {
      this.failed(url);
      return;
    }
    this.#agents.doubt(url);
    void this.#measure([url]);
  }

  /** An agent failed: it is left alone, then measured again, and serves again once it answers that. No segment is
   *  spent on trying. */
  failed(url: string): void {
    const pauseMs = this.#agents.failed(url, this.#world.now());
    if (this.#phase === 'stopped' || this.#rechecks.has(url) || pauseMs === 0) return;
    const recheck = (): void => {
      this.#rechecks.delete(url);
      void this.#measure([url]);
    };
    this.#rechecks.set(url, this.#world.after(pauseMs, recheck));
  }

  async #round(): Promise<void> {
    const startMs = this.#world.now();
    const asked = new Set<string>();
    let ttlMs = 0;
    for (let descent = 0; descent < ROUNDS_MAX; descent += 1) {
      const urls = descent === 0 ? this.#firstAsked() : this.#nearestNotIn(asked);
      const rosters = await this.#ask(urls, asked, descent === 0);
      if (this.#phase === 'stopped' || rosters.length === 0) break;
      ttlMs = Math.min(...rosters.map((roster) => roster.ttlMs));
      const seeds = descent === 0 ? this.#seeds : [];
      await this.#measure([...new Set([...seeds, ...sample(rosters, () => this.#world.random())])]);
    }
    if (this.#phase === 'stopped') return;
    if (ttlMs > 0) this.#agents.forgetBefore(startMs - ttlMs);
    this.#failures = ttlMs > 0 ? 0 : this.#failures + 1;
    const pauseMs = ttlMs > 0 ? Math.max(REFRESH_MIN_MS, ttlMs) : RETRY_MS * 2 ** (this.#failures - 1);
    this.#cancelNext = this.#world.after(Math.min(REFRESH_MAX_MS, pauseMs), () => void this.#round());
  }

  /** Agents already near, then the seeds, so that a dead seed costs nothing later on. */
  #firstAsked(): readonly string[] {
    const warm = this.#agents.warm(this.#world.now()).filter((agent) => agent.record !== undefined);
    const seeds = shuffled(this.#seeds, () => this.#world.random());
    return [...new Set([...warm.slice(0, 1).map((agent) => agent.url), ...seeds])].slice(0, SEEDS_MAX);
  }

  /** The nearest agent, where it is of a ring that nobody asked has answered for. */
  #nearestNotIn(asked: ReadonlySet<string>): readonly string[] {
    const nearest = this.#agents.warm(this.#world.now())[0];
    const rings = new Set([...asked].map((url) => this.#agents.get(url)?.record?.ring));
    const ring = nearest?.record?.ring;
    return nearest && ring !== undefined && !rings.has(ring) ? [nearest.url] : [];
  }

  /** Every roster is put to use the moment it is there: the first segments are waiting for it. */
  async #ask(urls: readonly string[], asked: Set<string>, first: boolean): Promise<readonly Roster[]> {
    const rosters: Roster[] = [];
    const refused: string[] = [];
    const one = async (url: string): Promise<void> => {
      const answer = await fetchRoster(this.#world, url);
      if (this.#phase === 'stopped') return;
      asked.add(url);
      if ('refused' in answer) {
        refused.push(`${url}: ${answer.refused}`);
        return;
      }
      const { agent, near, elsewhere, origins, ignoredQuery } = answer.roster;
      asked.add(agent.url);
      this.#agents.learn([agent, ...near, ...elsewhere], this.#world.now());
      rosters.push(answer.roster);
      this.#events.found({ origins, ignoredQuery });
    };
    await Promise.all(urls.map(one));
    if (first && rosters.length === 0 && this.#phase !== 'stopped') this.#events.failed(refused);
    return rosters;
  }

  async #measure(urls: readonly string[]): Promise<void> {
    const one = async (url: string): Promise<void> => {
      const rttMs = await roundTrip(this.#world, url);
      if (this.#phase === 'stopped') return;
      if (rttMs === undefined) this.failed(url);
      else {
        this.#agents.measured(url, rttMs);
        this.#agents.cleared(url);
      }
    };
    await Promise.all(urls.map(one));
  }
}

/** Whom to measure: the agents that answered, and some of those that they named. */
function sample(rosters: readonly Roster[], random: () => number): readonly string[] {
  const urls = (agents: readonly RosterAgent[]): readonly string[] =>
    shuffled(
      agents.filter((agent) => agent.weight > 0).map((agent) => agent.url),
      random,
    );
  const answered = rosters.map((roster) => roster.agent.url);
  const near = urls(rosters.flatMap((roster) => roster.near)).slice(0, NEAR_MAX);
  const elsewhere = urls(rosters.flatMap((roster) => roster.elsewhere)).slice(0, ELSEWHERE_MAX);
  return [...new Set([...answered, ...near, ...elsewhere])];
}

/** Fisher and Yates, on a copy. */
function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  const mixed = [...items];
  for (let i = mixed.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [mixed[i], mixed[j]] = [mixed[j] as T, mixed[i] as T];
  }
  return mixed;
}
