// Behind the loaders: plans each load from the agents known, and turns what loaders report into counters, events and
// measurements.

import { placementKey, segmentName } from '../agent/wire/segment-name.ts';
import { AgentSet, type KnownAgent, linkOf } from './agent-set.ts';
import type { ByteRange } from './answer.ts';
import type { Desk, LoadKind, LoadReport, Plan, SourceLeg } from './desk.ts';
import type { Discovery, Found } from './discovery.ts';
import type { Emitter } from './emitter.ts';
import { type AgentFault, coolsDown, type FallbackReason } from './fallback.ts';
import { isInstant } from './leg.ts';
import { placeOf } from './origin-map.ts';
import type { RingcastEvents } from './ringcast-events.ts';
import type { Tally } from './tally.ts';
import type { World } from './world.ts';

/** Fewer bytes than this tell of latency, not of rate. */
const RATE_BYTES_MIN = 16 * 1024;

export interface RingParts {
  readonly world: World;
  readonly tally: Tally;
  readonly events: Emitter<RingcastEvents>;
}

/** Which loads may go to agents now. */
export type AgentLoads = Readonly<Record<LoadKind, boolean>>;

/** Before the ring begins, and after it ended. */
export const NO_LOADS: AgentLoads = { segment: false, playlist: false, key: false };

export class RingDesk implements Desk {
  readonly world: World;
  resumesAtOrigin = true;
  /** Replaced whole when a roster comes. */
  found: Found = { origins: [], ignoredQuery: [] };
  agentLoads: AgentLoads = NO_LOADS;
  agents: AgentSet = new AgentSet();
  discovery: Discovery | undefined = undefined;
  /** Media ahead of the playhead in seconds, where a player is attached. */
  bufferSeconds: () => number | undefined = () => undefined;
  originBytesPerMs: number | undefined = undefined;
  readonly #parts: RingParts;

  constructor(parts: RingParts) {
    this.#parts = parts;
    this.world = parts.world;
  }

  plan(kind: LoadKind | undefined, url: string, range: ByteRange | undefined): Plan {
    const { agents, world } = this;
    const { origins, ignoredQuery } = this.found;
    const place = placeOf(url, origins, agents.urls());
    if (!kind || !this.agentLoads[kind]) return { agents: [], place, reason: undefined };
    if (origins.length === 0) return { agents: [], place, reason: 'no-agent' };
    if (!place) return { agents: [], place, reason: 'unknown-origin' };
    const name = segmentName({ originId: place.originId, target: place.target, range }, ignoredQuery);
    const ranked = agents.rank(placementKey(name), world.now());
    return ranked.length > 0 ? { agents: ranked, place } : { agents: [], place, reason: 'no-agent' };
  }

  bufferMs(): number | undefined {
    const seconds = this.bufferSeconds();
    return seconds === undefined ? undefined : seconds * 1000;
  }

  otherRate(agentUrl: string): number | undefined {
    const rates = [this.agents.bestRateBesides(agentUrl), this.originBytesPerMs];
    const known = rates.filter((rate) => rate !== undefined);
    return known.length === 0 ? undefined : Math.max(...known);
  }

  agentFailed(agent: KnownAgent, fault: AgentFault, load: { url: string; bytes: number }): void {
    const { tally, events } = this.#parts;
    tally.fallbacks[fault] += 1;
    if (fault === 'slow-start') this.discovery?.doubted(agent.url);
    else if (coolsDown(fault)) this.discovery?.failed(agent.url);
    events.emit('fallback', { url: load.url, reason: fault, agent: agent.url, bytes: load.bytes });
  }

  keptFromAgents(reason: FallbackReason, url: string): void {
    this.#parts.tally.fallbacks[reason] += 1;
    this.#parts.events.emit('fallback', { url, reason, agent: undefined, bytes: 0 });
  }

  loaded(load: LoadReport): void {
    const { tally, events, world } = this.#parts;
    tally.loaded(load);
    const last = load.legs.at(-1);
    if (last?.agent) this.agents.served(last.agent.url, measureOf(last));
    else if (last) this.originBytesPerMs = measureOf(last)?.bytesPerMs ?? this.originBytesPerMs;
    events.emit('load', {
      url: load.url,
      kind: load.kind,
      source: last?.agent ? 'agent' : 'origin',
      agent: last?.agent?.url,
      bytes: load.legs.reduce((sum, leg) => sum + leg.bytes, 0),
      tookMs: world.now() - load.startMs,
      resumed: load.resumed,
    });
  }

  wasted(bytes: number): void {
    this.#parts.tally.wastedBytes += bytes;
  }

  hedged(): void {
    this.#parts.tally.hedges += 1;
  }

  aborted(): void {
    this.#parts.tally.aborted += 1;
  }

  mirrored(): void {
    this.#parts.tally.mirrored += 1;
  }
}

/** undefined where the browser's own cache answered. */
function measureOf(leg: SourceLeg): { firstByteMs: number; bytesPerMs: number | undefined } | undefined {
  const link = leg.agent && linkOf(leg.agent);
  if (isInstant({ ...leg, link })) return undefined;
  const bodyMs = leg.endMs - leg.firstMs;
  const telling = leg.bytes >= RATE_BYTES_MIN && bodyMs > 0;
  return { firstByteMs: leg.firstMs - leg.startMs, bytesPerMs: telling ? leg.bytes / bodyMs : undefined };
}
