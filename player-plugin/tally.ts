// What a ring has done so far: bytes and requests by source, and why agents were left.

import type { LoadKind, LoadReport } from './desk.ts';
import { FALLBACK_REASONS, type FallbackReason } from './fallback.ts';

export interface SourceCount {
  readonly requests: number;
  readonly bytes: number;
}

export interface BySource {
  readonly agent: SourceCount;
  readonly origin: SourceCount;
}

export interface RingcastStats {
  /** As `ring.enabled` is now. */
  readonly enabled: boolean;
  /** Media segments, init segments and LL-HLS parts. A load counts as a request of every source that brought bytes. */
  readonly segments: BySource;
  /** All from the origin unless `playlists` is on. */
  readonly playlists: BySource;
  /** Keys of encrypted segments, where `keys` is on and the player is attached. */
  readonly keys: BySource;
  readonly fallbacks: Readonly<Record<FallbackReason, number>>;
  /** Times that a second agent was asked beside one that was late. */
  readonly hedges: number;
  /** Loads that hls.js gave up, as after a seek. */
  readonly aborted: number;
  /** Loads for which the origin failed at one of its addresses and was asked at another. */
  readonly mirrored: number;
  /** Loads joined from two sources by byte range. */
  readonly resumed: number;
  /** Bytes that came and were of no use: aborted, or begun again elsewhere. */
  readonly wastedBytes: number;
  /** Measured rate of the origin's link; undefined until known. */
  readonly originBitsPerSecond: number | undefined;
  readonly agents: readonly AgentStats[];
}

export interface AgentStats {
  readonly url: string;
  readonly region: string | undefined;
  readonly state: 'warm' | 'known' | 'cooling';
  readonly rttMs: number | undefined;
  readonly firstByteMs: number | undefined;
  readonly bitsPerSecond: number | undefined;
  /** What it brought, playlists and keys included. */
  readonly requests: number;
  readonly bytes: number;
}

interface Counter {
  requests: number;
  bytes: number;
}

export class Tally {
  readonly #bySource: Record<LoadKind, Counters> = {
    segment: freshCounters(),
    playlist: freshCounters(),
    key: freshCounters(),
  };
  readonly fallbacks: Record<FallbackReason, number> = Object.fromEntries(
    FALLBACK_REASONS.map((reason) => [reason, 0]),
  ) as Record<FallbackReason, number>;
  hedges = 0;
  aborted = 0;
  mirrored = 0;
  resumed = 0;
  wastedBytes = 0;

  loaded(load: LoadReport): void {
    const counters = this.#bySource[load.kind];
    for (const leg of load.legs) {
      const counter = leg.agent ? counters.agent : counters.origin;
      counter.requests += 1;
      counter.bytes += leg.bytes;
      if (!leg.agent) continue;
      leg.agent.requests += 1;
      leg.agent.bytes += leg.bytes;
    }
    if (load.resumed) this.resumed += 1;
  }

  /** A copy: it stays as it is. */
  snapshot(now: Pick<RingcastStats, 'enabled' | 'originBitsPerSecond' | 'agents'>): RingcastStats {
    const { segment, playlist, key } = structuredClone(this.#bySource);
    return {
      ...now,
      segments: segment,
      playlists: playlist,
      keys: key,
      fallbacks: { ...this.fallbacks },
      hedges: this.hedges,
      aborted: this.aborted,
      mirrored: this.mirrored,
      resumed: this.resumed,
      wastedBytes: this.wastedBytes,
    };
  }
}

interface Counters {
  readonly agent: Counter;
  readonly origin: Counter;
}

function freshCounters(): Counters {
  return { agent: { requests: 0, bytes: 0 }, origin: { requests: 0, bytes: 0 } };
}
