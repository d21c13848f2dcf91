// What is counted, as one closed set of keys; `family.label` reads like the metric that it becomes.
//
// Counting is a plain addition on a plain object, so that the hit path pays nothing for it; the metrics adapter maps
// every key to a Prometheus metric and its labels when it is scraped. A key without a metric does not compile.

export const COUNTERS = [
  // Requests of viewers, by what answered them.
  'requests.ram',
  'requests.joined',
  'requests.peer',
  'requests.origin',
  'requests.revalidated',
  'requests.stale',
  'requests.passed',
  'requests.failed',
  'requests.refused',
  // Body bytes sent to viewers, by where this agent got them.
  'viewer_bytes.ram',
  'viewer_bytes.peer',
  'viewer_bytes.origin',
  // What was asked of the origin, by kind of object.
  'origin_fetches.segment',
  'origin_fetches.playlist',
  'origin_fetches.other',
  'origin_bytes.segment',
  'origin_bytes.playlist',
  'origin_bytes.other',
  'origin_failures.refused',
  'origin_failures.timeout',
  'origin_failures.truncated',
  'origin_failures.status',
  // Objects fetched from and sent to other agents.
  'peer_fetches.ok',
  'peer_fetches.failed',
  'peer_fetches.stale_view',
  'peer_fetches.timeout',
  'peer_received_bytes',
  'peer_sent_bytes',
  'fills.resumed',
  // Bytes that are not what their signer, or the origin itself, says.
  'corrupt.block',
  'corrupt.descriptor',
  'corrupt.origin',
  // The store.
  'store.admitted',
  'store.evicted',
  'store.refused',
  // Membership as this agent saw it.
  'members.joined',
  'members.suspected',
  'members.refuted',
  'members.died',
  'members.left',
  'members.self_refuted',
  'probes.sent',
  'probes.failed',
  'probes.indirect',
  'control_messages.sent',
  'control_messages.received',
  // What players told of their viewers (agent/wire/beacon.ts).
  'beacons.taken',
  'beacon_bytes.agent',
  'beacon_bytes.origin',
  'beacon_bytes.wasted',
  'beacon_stalls',
  'beacon_fallbacks.no-agent',
  'beacon_fallbacks.unknown-origin',
  'beacon_fallbacks.unreachable',
  'beacon_fallbacks.slow-start',
  'beacon_fallbacks.refused',
  'beacon_fallbacks.busy',
  'beacon_fallbacks.stalled',
  'beacon_fallbacks.too-slow',
  'beacon_fallbacks.cut',
  'beacon_fallbacks.mismatch',
  'beacon_fallbacks.out-of-time',
  // Refusals of what came from outside.
  'rejected.link',
  'rejected.record',
  'rejected.http',
  'rejected.webtransport',
] as const;

export type Counter = (typeof COUNTERS)[number];

/** Every counter, by key. One agent has one; parts add to it directly: `counts['requests.ram'] += 1`. */
export type Counts = Record<Counter, number>;

export function newCounts(): Counts {
  return Object.fromEntries(COUNTERS.map((counter) => [counter, 0])) as Counts;
}

/** Durations that are recorded, in milliseconds. */
export const TIMINGS = [
  // From a viewer's request to the first byte of the answer, by what answered it.
  'ttfb.ram',
  'ttfb.joined',
  'ttfb.peer',
  'ttfb.origin',
  // From asking the origin or a peer to its head.
  'origin_head',
  'peer_head',
  'probe_rtt',
] as const;

export type Timing = (typeof TIMINGS)[number];

/** Upper bounds of the buckets in milliseconds; a last one without bound follows. */
export const TIMING_BOUNDS_MS: readonly number[] = [
  0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000,
];

export interface Distribution {
  /** [TIMING_BOUNDS_MS.length + 1] observations per bucket, not cumulated. */
  readonly buckets: Float64Array;
  sumMs: number;
}

/** Distributions by name, as plain numbers like the counters. */
export class Timings {
  readonly #distributions: Readonly<Record<Timing, Distribution>> = Object.fromEntries(
    TIMINGS.map((timing) => [timing, { buckets: new Float64Array(TIMING_BOUNDS_MS.length + 1), sumMs: 0 }]),
  ) as Record<Timing, Distribution>;

  record(timing: Timing, ms: number): void {
    const distribution = this.#distributions[timing];
    let bucket = 0;
    while (bucket < TIMING_BOUNDS_MS.length && ms > (TIMING_BOUNDS_MS[bucket] as number)) bucket += 1;
    distribution.buckets[bucket] = (distribution.buckets[bucket] as number) + 1;
    distribution.sumMs += ms;
  }

  /** Live view: read it, do not keep it. */
  of(timing: Timing): Distribution {
    return this.#distributions[timing];
  }
}
