// Every metric that an agent exports: name, type, unit, labels and what it means.
//
// This is the one list. The scrape writes what stands here, METRICS.md is its table, and dashboards and alerts may
// only name what is in it (test/tidy checks both). Names follow Prometheus: base units, `_total` for counters.
// Which plain counter feeds which metric is in series.ts. The process metrics of prom-client (`process_*`,
// `nodejs_*`) come besides and are not listed: they are that library's to name.

export type CounterName =
  | 'ringcast_requests_total'
  | 'ringcast_viewer_bytes_total'
  | 'ringcast_origin_fetches_total'
  | 'ringcast_origin_bytes_total'
  | 'ringcast_origin_failures_total'
  | 'ringcast_peer_fetches_total'
  | 'ringcast_peer_bytes_total'
  | 'ringcast_fills_resumed_total'
  | 'ringcast_corrupt_total'
  | 'ringcast_store_admissions_total'
  | 'ringcast_store_evictions_total'
  | 'ringcast_store_refusals_total'
  | 'ringcast_member_changes_total'
  | 'ringcast_probes_total'
  | 'ringcast_probe_failures_total'
  | 'ringcast_control_messages_total'
  | 'ringcast_beacons_total'
  | 'ringcast_beacon_bytes_total'
  | 'ringcast_beacon_stalls_total'
  | 'ringcast_beacon_fallbacks_total'
  | 'ringcast_rejected_total';

export type HistogramName =
  | 'ringcast_ttfb_seconds'
  | 'ringcast_origin_head_seconds'
  | 'ringcast_peer_head_seconds'
  | 'ringcast_probe_rtt_seconds';

export type GaugeName =
  | 'ringcast_ready'
  | 'ringcast_ring_members'
  | 'ringcast_ring_levels'
  | 'ringcast_regions_known'
  | 'ringcast_links'
  | 'ringcast_viewer_connections'
  | 'ringcast_fills_in_flight'
  | 'ringcast_store_bytes'
  | 'ringcast_store_bytes_max'
  | 'ringcast_store_objects'
  | 'ringcast_event_loop_lag_seconds'
  | 'ringcast_build_info'
  | 'ringcast_agent_info';

export type MetricName = CounterName | HistogramName | GaugeName;

/** What one step of the value means; `info` is always 1 and says something in its labels. */
export type Unit =
  | 'requests'
  | 'fetches'
  | 'bytes'
  | 'failures'
  | 'fills'
  | 'objects'
  | 'changes'
  | 'probes'
  | 'messages'
  | 'refusals'
  | 'beacons'
  | 'stalls'
  | 'fallbacks'
  | 'seconds'
  | 'agents'
  | 'levels'
  | 'regions'
  | 'connections'
  | 'yes or no'
  | 'info';

export interface Family {
  readonly unit: Unit;
  readonly labels: readonly string[];
  /** One sentence for `# HELP` and METRICS.md. */
  readonly help: string;
}

export const COUNTER_FAMILIES: Readonly<Record<CounterName, Family>> = {
  ringcast_requests_total: {
    unit: 'requests',
    labels: ['source'],
    help: 'Requests of viewers, by what answered them: the store (ram), a fill in flight (joined), another agent (peer), the origin, a 304 of the origin (revalidated), an expired copy (stale); or passed through uncached, failed, refused.',
  },
  ringcast_viewer_bytes_total: {
    unit: 'bytes',
    labels: ['source'],
    help: 'Body bytes sent to viewers, by where this agent had them from.',
  },
  ringcast_origin_fetches_total: {
    unit: 'fetches',
    labels: ['kind'],
    help: 'Requests that this agent made to the origin, by kind of object.',
  },
  ringcast_origin_bytes_total: {
    unit: 'bytes',
    labels: ['kind'],
    help: 'Body bytes that this agent received from the origin, by kind of object.',
  },
  ringcast_origin_failures_total: {
    unit: 'failures',
    labels: ['reason'],
    help: 'Requests to the origin that failed: connection refused, timeout, body truncated, or a 5xx status.',
  },
  ringcast_peer_fetches_total: {
    unit: 'fetches',
    labels: ['outcome'],
    help: 'Objects asked of other agents, by what became of it; stale_view means that the peer knew a nearer home.',
  },
  ringcast_peer_bytes_total: {
    unit: 'bytes',
    labels: ['direction'],
    help: 'Body bytes exchanged with other agents.',
  },
  ringcast_fills_resumed_total: {
    unit: 'fills',
    labels: [],
    help: 'Broken transfers that went on at their offset from another source.',
  },
  ringcast_corrupt_total: {
    unit: 'failures',
    labels: ['what'],
    help: 'Transfers that were refused for their bytes: a block or the whole differs from what is signed (block), the signed descriptor is missing, forged or of another object (descriptor), the body differs from the own digest of the origin (origin).',
  },
  ringcast_store_admissions_total: {
    unit: 'objects',
    labels: [],
    help: 'Objects taken into the store.',
  },
  ringcast_store_evictions_total: {
    unit: 'objects',
    labels: [],
    help: 'Objects dropped from the store to make room.',
  },
  ringcast_store_refusals_total: {
    unit: 'objects',
    labels: [],
    help: 'Objects that the store did not take because they are larger than it accepts.',
  },
  ringcast_member_changes_total: {
    unit: 'changes',
    labels: ['change'],
    help: 'Changes of ring membership as this agent saw them; self_refuted means that others had suspected it.',
  },
  ringcast_probes_total: {
    unit: 'probes',
    labels: ['kind'],
    help: 'Membership probes: sent to the member itself, for this agent or on request of another (direct), or asked of another member (indirect).',
  },
  ringcast_probe_failures_total: {
    unit: 'probes',
    labels: [],
    help: 'Membership probes that got no answer in time.',
  },
  ringcast_control_messages_total: {
    unit: 'messages',
    labels: ['direction'],
    help: 'Control messages exchanged with other agents over links.',
  },
  ringcast_beacons_total: {
    unit: 'beacons',
    labels: [],
    help: 'Beacons of players that were taken; what they say is their claim.',
  },
  ringcast_beacon_bytes_total: {
    unit: 'bytes',
    labels: ['source'],
    help: 'Bytes that players say they had from agents and from the origin, and those that came to no use (wasted).',
  },
  ringcast_beacon_stalls_total: {
    unit: 'stalls',
    labels: [],
    help: 'Times that playback stood still, as players say.',
  },
  ringcast_beacon_fallbacks_total: {
    unit: 'fallbacks',
    labels: ['reason'],
    help: 'Loads that left an agent or never went to one, as players say, by reason.',
  },
  ringcast_rejected_total: {
    unit: 'refusals',
    labels: ['where'],
    help: 'Input from outside that was malformed or not allowed: link bytes, membership records, viewer HTTP, viewer WebTransport.',
  },
};

export const HISTOGRAM_FAMILIES: Readonly<Record<HistogramName, Family>> = {
  ringcast_ttfb_seconds: {
    unit: 'seconds',
    labels: ['source'],
    help: 'Time from the request of a viewer to the first byte of the answer, by what answered it.',
  },
  ringcast_origin_head_seconds: {
    unit: 'seconds',
    labels: [],
    help: 'Time from asking the origin to the head of its response.',
  },
  ringcast_peer_head_seconds: {
    unit: 'seconds',
    labels: [],
    help: 'Time from asking another agent for an object to the head of its response.',
  },
  ringcast_probe_rtt_seconds: {
    unit: 'seconds',
    labels: [],
    help: 'Round-trip time of membership probes that were answered.',
  },
};

export const GAUGE_FAMILIES: Readonly<Record<GaugeName, Family>> = {
  ringcast_ready: {
    unit: 'yes or no',
    labels: [],
    help: '1 while the agent takes viewers, as /ready says; 0 while it starts, joins or drains.',
  },
  ringcast_ring_members: {
    unit: 'agents',
    labels: ['state'],
    help: 'Members of the leaf ring as this agent sees it, itself included.',
  },
  ringcast_ring_levels: {
    unit: 'levels',
    labels: [],
    help: 'Levels of rings from the leaf ring of this agent up to the world, the leaf ring included.',
  },
  ringcast_regions_known: {
    unit: 'regions',
    labels: [],
    help: 'Regions of which this agent knows at least one agent, its own included.',
  },
  ringcast_links: {
    unit: 'connections',
    labels: [],
    help: 'Open links to other agents.',
  },
  ringcast_viewer_connections: {
    unit: 'connections',
    labels: [],
    help: 'Open connections of viewers.',
  },
  ringcast_fills_in_flight: {
    unit: 'fills',
    labels: [],
    help: 'Objects that are being fetched right now, from the origin or from other agents.',
  },
  ringcast_store_bytes: {
    unit: 'bytes',
    labels: [],
    help: 'Bytes held by the store.',
  },
  ringcast_store_bytes_max: {
    unit: 'bytes',
    labels: [],
    help: 'Bytes that the store may hold.',
  },
  ringcast_store_objects: {
    unit: 'objects',
    labels: [],
    help: 'Objects held by the store.',
  },
  ringcast_event_loop_lag_seconds: {
    unit: 'seconds',
    labels: [],
    help: 'By how much the event loop ran late since the last scrape, 99th percentile.',
  },
  ringcast_build_info: {
    unit: 'info',
    labels: ['version', 'node'],
    help: 'Versions of the agent and of Node.',
  },
  ringcast_agent_info: {
    unit: 'info',
    labels: ['id', 'region', 'place', 'ring'],
    help: 'Who the agent is: its id, region (first label of its place), place as declared, and leaf ring.',
  },
};

export type Metric = Family &
  (
    | { readonly type: 'counter'; readonly name: CounterName }
    | { readonly type: 'histogram'; readonly name: HistogramName }
    | { readonly type: 'gauge'; readonly name: GaugeName }
  );

/** The whole catalog, in the order in which it is exported and documented. */
export const CATALOG: readonly Metric[] = [
  ...rows(COUNTER_FAMILIES).map(([name, family]) => ({ name, type: 'counter' as const, ...family })),
  ...rows(HISTOGRAM_FAMILIES).map(([name, family]) => ({ name, type: 'histogram' as const, ...family })),
  ...rows(GAUGE_FAMILIES).map(([name, family]) => ({ name, type: 'gauge' as const, ...family })),
];

function rows<Name extends string>(families: Readonly<Record<Name, Family>>): [Name, Family][] {
  return Object.entries(families) as [Name, Family][];
}
