// The agents that a headless viewer knows, and which of them it asks for a segment: as the plugin does it.
//
// Any one agent's roster names its neighbours; rendezvous hashing over those within reach picks the agent per segment,
// so viewers who live close ask the same agent for the same segment. An agent that failed is left alone for a while.
// On one machine all agents are equally far. So the distance that the plugin measures is given here: a viewer's city
// has two agents of its leaf ring within reach; the others come after them, when those fail.

import { hash64, salted, score } from '../../agent/wire/rendezvous.ts';
import { parseRoster, ROSTER_PATH, type Roster } from '../../agent/wire/roster.ts';
import { placementKey, segmentName } from '../../agent/wire/segment-name.ts';

/** Agents that a city has within reach: its own, and the next. */
const WITHIN_REACH = 2;
const COOL_MS = 5_000;
const ROSTER_MS_MAX = 2_000;

export class Nearby {
  /** Base URLs of agents, the nearest first. */
  readonly #bootstrap: readonly string[];
  #roster: Roster | undefined = undefined;
  #staleAtMs = 0;
  readonly #coolUntilMs = new Map<string, number>();

  /** @param agents base URLs of agents of the viewer's region, the nearest first */
  constructor(agents: readonly string[]) {
    this.#bootstrap = agents;
  }

  /** Asks an agent for its roster, where the one at hand has served its time. Without any, the old one stays. */
  async refresh(nowMs: number): Promise<void> {
    if (nowMs < this.#staleAtMs) return;
    const known = this.#roster?.near.map((agent) => agent.url) ?? [];
    for (const url of new Set([...known, ...this.#bootstrap])) {
      if (this.#cools(url, nowMs)) continue;
      const roster = await rosterOf(url);
      if (roster === undefined) {
        this.failed(url, nowMs);
        continue;
      }
      this.#roster = roster;
      this.#staleAtMs = nowMs + roster.ttlMs;
      return;
    }
  }

  /** @param originUrl of a segment or playlist
   *  @returns base URL of each agent to ask, the best first, with the whole URL at it; none where nobody is known */
  ranked(originUrl: string, nowMs: number): { readonly agent: string; readonly url: string }[] {
    const roster = this.#roster;
    const origin = roster?.origins.find(({ base }) => originUrl.startsWith(base));
    if (roster === undefined || origin === undefined) return [];
    const target = originUrl.slice(origin.base.replace(/\/$/, '').length);
    const key = hash64(placementKey(segmentName({ originId: origin.id, target }, roster.ignoredQuery)));
    const reach = this.#reach(roster);
    return roster.near
      .filter((agent) => agent.weight > 0 && !this.#cools(agent.url, nowMs))
      .map(({ id, ring, url, weight }) => ({
        agent: url,
        url: url.replace(/\/$/, '') + target,
        near: reach.has(url) ? 1 : 0,
        points: score(salted(hash64(id), hash64(ring)), key, weight),
      }))
      .sort((a, b) => b.near - a.near || b.points - a.points);
  }

  failed(agent: string, nowMs: number): void {
    this.#coolUntilMs.set(agent, nowMs + COOL_MS);
    this.#staleAtMs = 0;
  }

  /** The nearest of the leaf ring that the roster is of: rings split, and the next city may be in another one. */
  #reach({ near }: Roster): ReadonlySet<string> {
    const ring = new Set(near.map(({ url }) => url));
    return new Set(this.#bootstrap.filter((url) => ring.has(url)).slice(0, WITHIN_REACH));
  }

  #cools(agent: string, nowMs: number): boolean {
    return (this.#coolUntilMs.get(agent) ?? 0) > nowMs;
  }
}

async function rosterOf(url: string): Promise<Roster | undefined> {
  try {
    const response = await fetch(url + ROSTER_PATH, { signal: AbortSignal.timeout(ROSTER_MS_MAX) });
    const parsed = parseRoster(await response.text());
    return parsed.ok ? parsed.value : undefined;
  } catch {
    return undefined;
  }
}
