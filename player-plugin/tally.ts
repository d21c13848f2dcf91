// What a ring has done so far: bytes and requests by source, and why agents were left.

import type { LoadReport } from './desk.ts';
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
  /** Media segments, init segments and LL-HLS parts. A load counts as a request of every source that brought bytes. */
  readonly segments: BySource;
  /** Playlists, where `playlists` is on; else hls.js loads them unseen. */
  readonly playlists: BySource;
  readonly fallbacks: Readonly<Record<FallbackReason, number>>;
  /** Loads joined from two sources by byte range. */
  readonly resumed: number;
  /** Bytes that came and were of no use: aborted, or begun again elsewhere. */
  readonly wastedBytes: number;
  readonly agents: readonly AgentStats[];
}

export interface AgentStats {
  readonly url: string;
  readonly region: string | undefined;
  readonly state: 'warm' | 'known' | 'cooling';
  readonly rttMs: number | undefined;
  readonly firstByteMs: number | undefined;
  readonly bitsPerSecond: number | undefined;
}

interface Counter {
  requests: number;
  bytes: number;
}

export class Tally {
  readonly segments: { agent: Counter; origin: Counter } = freshCounters();
  readonly playlists: { agent: Counter; origin: Counter } = freshCounters();
  readonly fallbacks: Record<FallbackReason, number> = Object.fromEntries(
    FALLBACK_REASONS.map((reason) => [reason, 0]),
  ) as Record<FallbackReason, number>;
  resumed = 0;
  wastedBytes = 0;

  loaded(load: LoadReport): void {
    const counters = load.kind === 'segment' ? this.segments : this.playlists;
    for (const leg of load.legs) {
      const counter = leg.agent ? counters.agent : counters.origin;
      counter.requests += 1;
      counter.bytes += leg.bytes;
    }
    if (load.resumed) this.resumed += 1;
  }

  /** A copy: it stays as it is. */
  snapshot(agents: readonly AgentStats[]): RingcastStats {
    return {
      segments: { agent: { ...this.segments.agent }, origin: { ...this.segments.origin } },
      playlists: { agent: { ...this.playlists.agent }, origin: { ...this.playlists.origin } },
      fallbacks: { ...this.fallbacks },
      resumed: this.resumed,
      wastedBytes: this.wastedBytes,
      agents,
    };
  }
}

function freshCounters(): { agent: Counter; origin: Counter } {
  return { agent: { requests: 0, bytes: 0 }, origin: { requests: 0, bytes: 0 } };
}
