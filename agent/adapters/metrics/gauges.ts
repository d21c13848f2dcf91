// What is read at the moment of a scrape rather than counted: sizes, members, who the agent is.
//
// The composition root gives the functions; this module turns them into samples. Each is called once per scrape and
// must be cheap (a field or a size, no walk over the store).

import { type AgentId, type Region, type RingId, topLabel } from '../../wire/ids.ts';
import type { GaugeName } from './catalog.ts';

export type MemberState = 'alive' | 'suspected';

export interface Gauges {
  /** As it is now: an agent changes its ring, and learns its place, while it runs. */
  agent(): { readonly id: AgentId; readonly region: Region; readonly ring: RingId };
  /** What /ready answers. */
  ready(): boolean;
  /** Members of the leaf ring, this agent included; the dead are no members. */
  ringMembers(): Readonly<Record<MemberState, number>>;
  /** Regions with a known agent, this agent's own included. */
  /** The leaf ring and the rings above it. */
  ringLevels(): number;
  regionsKnown(): number;
  links(): number;
  viewerConnections(): number;
  fillsInFlight(): number;
  storeBytes(): number;
  storeBytesMax(): number;
  storeObjects(): number;
}

export interface Sample {
  readonly value: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Where it is not the family's own: the `_bucket`, `_sum` and `_count` of a histogram. */
  readonly metricName?: string;
}

/** What the gauges need besides the agent's own functions. */
export interface Surroundings {
  /** Version of the agent software. */
  readonly version: string;
  /** @returns seconds, 99th percentile since the last call */
  takeEventLoopLag(): number;
}

/** One reader per gauge of the catalog: a gauge without one does not compile. */
export function gaugeReaders(
  gauges: Gauges,
  around: Surroundings,
): Readonly<Record<GaugeName, () => Sample[]>> {
  return {
    ringcast_ready: () => one(gauges.ready() ? 1 : 0),
    ringcast_ring_members: () =>
      Object.entries(gauges.ringMembers()).map(([state, value]) => ({ value, labels: { state } })),
    ringcast_ring_levels: () => one(gauges.ringLevels()),
    ringcast_regions_known: () => one(gauges.regionsKnown()),
    ringcast_links: () => one(gauges.links()),
    ringcast_viewer_connections: () => one(gauges.viewerConnections()),
    ringcast_fills_in_flight: () => one(gauges.fillsInFlight()),
    ringcast_store_bytes: () => one(gauges.storeBytes()),
    ringcast_store_bytes_max: () => one(gauges.storeBytesMax()),
    ringcast_store_objects: () => one(gauges.storeObjects()),
    ringcast_event_loop_lag_seconds: () => one(around.takeEventLoopLag()),
    ringcast_build_info: () => one(1, { version: around.version, node: process.versions.node }),
    ringcast_agent_info: () => {
      const { id, region, ring } = gauges.agent();
      return one(1, { id, region: topLabel(region), place: region, ring });
    },
  };
}

function one(value: number, labels: Readonly<Record<string, string>> = {}): Sample[] {
  return [{ value, labels }];
}
