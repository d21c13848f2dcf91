// Looks at every agent and at the origin once a second, and keeps the status that the page and the terminal show.
//
// An agent is asked for its metrics and its roster: what it counts itself, nothing that the demo assumes. One that
// does not answer within the second is left out of that look.

import { parseRoster, ROSTER_PATH, type Roster } from '../../agent/wire/roster.ts';
import { Exposition } from './exposition.ts';
import type { Fleet, FleetAgent } from './fleet.ts';
import { type AgentCounts, flowsOf, Ledger, NO_COUNTS, type OriginCounts } from './ledger.ts';
import { ringsFormed } from './rings-formed.ts';
import { REGIONS, RING_SIZE, regionOf } from './seats.ts';
import type { AgentStatus, Status } from './status.ts';

export interface WatchOptions {
  readonly fleet: Fleet;
  readonly originUrl: string;
  /** What the demo itself asked of the origin, to check bytes; taken off its counts. */
  readonly own: () => OriginCounts;
  readonly viewers: () => number;
}

interface Sight {
  readonly run: string;
  readonly counts: AgentCounts;
  readonly storeBytes: number;
  readonly ringLevels: number;
  readonly roster: Roster | undefined;
}

const LOOK_EVERY_MS = 1_000;
const ANSWER_MS_MAX = 900;

export class Watch {
  readonly #options: WatchOptions;
  readonly #ledger = new Ledger();
  readonly #upAtMs = performance.now();
  #sights = new Map<number, Sight>();
  /** Leaf rings, also of agents that died. */
  readonly #rings = new Map<number, string>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  start(onLook: (status: Status) => void): void {
    this.#timer = setInterval(() => void this.look().then(() => onLook(this.status())), LOOK_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Looks once; joins a look that is under way. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Whether the rings have formed: regions too large for one ring have split, every agent sees all of its leaf ring,
   *  and knows the rings above it. */
  complete(): boolean {
    return ringsFormed(this.status().agents, RING_SIZE);
  }

  status(): Status {
    const { fleet, originUrl, viewers } = this.#options;
    const agents = fleet.agents.map((agent) => this.#agentStatus(agent));
    const origin = this.#ledger.origin();
    return {
      upS: (performance.now() - this.#upAtMs) / 1000,
      origin: {
        url: originUrl,
        bytesPerS: origin.rate.bytes,
        fetchesPerS: origin.rate.mediaRequests + origin.rate.playlistRequests,
      },
      totals: this.#ledger.totals(),
      regions: REGIONS.map((region) => ({
        ...region,
        viewerBytesPerS: agents
          .filter((agent) => agent.region === region.id)
          .reduce((sum, agent) => sum + agent.viewerBytesPerS, 0),
      })),
      agents,
      flows: REGIONS.flatMap((region) =>
        flowsOf(
          agents
            .filter((agent) => agent.region === region.id)
            .map(({ index, peerSentPerS, peerReceivedPerS }) => ({
              index,
              sent: peerSentPerS,
              received: peerReceivedPerS,
            })),
        ),
      ),
      viewers: viewers(),
    };
  }

  async #look(): Promise<void> {
    const { fleet, originUrl, own } = this.#options;
    const sights = new Map<number, Sight>();
    const asked = fleet.agents.map(async (agent) => {
      const sight = await see(agent);
      if (sight !== undefined) sights.set(agent.index, sight);
    });
    const [counts] = await Promise.all([originCounts(originUrl), ...asked]);
    this.#sights = sights;
    for (const [index, { roster }] of sights) if (roster) this.#rings.set(index, roster.agent.ring);
    const mine = own();
    const last = this.#ledger.origin().total;
    this.#ledger.take({
      atMs: performance.now(),
      agents: sights,
      origin:
        counts === undefined
          ? last
          : {
              mediaRequests: counts.mediaRequests - mine.mediaRequests,
              playlistRequests: counts.playlistRequests - mine.playlistRequests,
              bytes: counts.bytes - mine.bytes,
            },
    });
  }

  #agentStatus(agent: FleetAgent): AgentStatus {
    const sums = this.#ledger.agent(agent.index);
    const rate = agent.state === 'running' ? sums.rate : NO_COUNTS;
    const sight = this.#sights.get(agent.index);
    const { name, city, place } = agent.seat;
    return {
      index: agent.index,
      name,
      city,
      place,
      region: regionOf(agent.seat),
      state: agent.state,
      url: agent.addresses?.public,
      ringMembers: agent.state === 'running' ? sight?.roster?.near.length : undefined,
      ring: this.#rings.get(agent.index),
      ringLevels: agent.state === 'running' ? sight?.ringLevels : undefined,
      ...sums.total,
      viewerBytesPerS: rate.viewerBytes,
      peerReceivedPerS: rate.peerReceivedBytes,
      peerSentPerS: rate.peerSentBytes,
      originBytesPerS: rate.originBytes,
      storeBytes: agent.state === 'running' ? (sight?.storeBytes ?? 0) : 0,
    };
  }
}

/** @returns what the agent counts and whom it knows, or undefined where it does not answer */
async function see(agent: FleetAgent): Promise<Sight | undefined> {
  const { addresses, run, state } = agent;
  if (addresses === undefined || state !== 'running') return undefined;
  const [metrics, roster] = await Promise.all([
    textOf(`${addresses.admin}/metrics`),
    textOf(addresses.public + ROSTER_PATH),
  ]);
  if (metrics === undefined) return undefined;
  const read = new Exposition(metrics);
  const parsed = roster === undefined ? undefined : parseRoster(roster);
  return {
    run,
    counts: {
      requests: read.sum('ringcast_requests_total'),
      viewerBytes: read.sum('ringcast_viewer_bytes_total'),
      peerReceivedBytes: read.sum('ringcast_peer_bytes_total', { direction: 'received' }),
      peerSentBytes: read.sum('ringcast_peer_bytes_total', { direction: 'sent' }),
      originFetches: read.sum('ringcast_origin_fetches_total'),
      originBytes: read.sum('ringcast_origin_bytes_total'),
    },
    storeBytes: read.sum('ringcast_store_bytes'),
    ringLevels: read.sum('ringcast_ring_levels'),
    roster: parsed?.ok ? parsed.value : undefined,
  };
}

async function originCounts(originUrl: string): Promise<OriginCounts | undefined> {
  const text = await textOf(`${originUrl}/_stub/counters`);
  if (text === undefined) return undefined;
  const { total, kinds } = JSON.parse(text) as {
    total: { requests: number; bytes: number };
    kinds: Record<string, { requests: number; bytes: number }>;
  };
  const playlistRequests = kinds.playlist?.requests ?? 0;
  return {
    mediaRequests: total.requests - playlistRequests,
    playlistRequests,
    bytes: total.bytes,
  };
}

/** @returns undefined where nobody answers, or not well: the next look asks again */
async function textOf(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    const text = await response.text();
    return response.ok ? text : undefined;
  } catch {
    return undefined;
  }
}
