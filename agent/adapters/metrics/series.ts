// Which plain counter or timing becomes which series of which metric.
//
// Both maps are total: a key of agent/core/counters.ts without a metric does not compile. The values of one label
// never overlap, so that a sum over the label means something: probes that failed are a metric of their own.

import type { Counter, Timing } from '../../core/counters.ts';
import type { CounterName, HistogramName } from './catalog.ts';

export interface Series<Name extends string> {
  readonly metric: Name;
  readonly labels: Readonly<Record<string, string>>;
}

export const COUNTER_SERIES: Readonly<Record<Counter, Series<CounterName>>> = {
  'requests.ram': { metric: 'ringcast_requests_total', labels: { source: 'ram' } },
  'requests.joined': { metric: 'ringcast_requests_total', labels: { source: 'joined' } },
  'requests.peer': { metric: 'ringcast_requests_total', labels: { source: 'peer' } },
  'requests.origin': { metric: 'ringcast_requests_total', labels: { source: 'origin' } },
  'requests.revalidated': { metric: 'ringcast_requests_total', labels: { source: 'revalidated' } },
  'requests.stale': { metric: 'ringcast_requests_total', labels: { source: 'stale' } },
  'requests.passed': { metric: 'ringcast_requests_total', labels: { source: 'passed' } },
  'requests.failed': { metric: 'ringcast_requests_total', labels: { source: 'failed' } },
  'requests.refused': { metric: 'ringcast_requests_total', labels: { source: 'refused' } },
  'viewer_bytes.ram': { metric: 'ringcast_viewer_bytes_total', labels: { source: 'ram' } },
  'viewer_bytes.peer': { metric: 'ringcast_viewer_bytes_total', labels: { source: 'peer' } },
  'viewer_bytes.origin': { metric: 'ringcast_viewer_bytes_total', labels: { source: 'origin' } },
  'origin_fetches.segment': { metric: 'ringcast_origin_fetches_total', labels: { kind: 'segment' } },
  'origin_fetches.playlist': { metric: 'ringcast_origin_fetches_total', labels: { kind: 'playlist' } },
  'origin_fetches.other': { metric: 'ringcast_origin_fetches_total', labels: { kind: 'other' } },
  'origin_bytes.segment': { metric: 'ringcast_origin_bytes_total', labels: { kind: 'segment' } },
  'origin_bytes.playlist': { metric: 'ringcast_origin_bytes_total', labels: { kind: 'playlist' } },
  'origin_bytes.other': { metric: 'ringcast_origin_bytes_total', labels: { kind: 'other' } },
  'origin_failures.refused': { metric: 'ringcast_origin_failures_total', labels: { reason: 'refused' } },
  'origin_failures.timeout': { metric: 'ringcast_origin_failures_total', labels: { reason: 'timeout' } },
  'origin_failures.truncated': { metric: 'ringcast_origin_failures_total', labels: { reason: 'truncated' } },
  'origin_failures.status': { metric: 'ringcast_origin_failures_total', labels: { reason: 'status' } },
  'peer_fetches.ok': { metric: 'ringcast_peer_fetches_total', labels: { outcome: 'ok' } },
  'peer_fetches.failed': { metric: 'ringcast_peer_fetches_total', labels: { outcome: 'failed' } },
  'peer_fetches.stale_view': { metric: 'ringcast_peer_fetches_total', labels: { outcome: 'stale_view' } },
  'peer_fetches.timeout': { metric: 'ringcast_peer_fetches_total', labels: { outcome: 'timeout' } },
  peer_received_bytes: { metric: 'ringcast_peer_bytes_total', labels: { direction: 'received' } },
  peer_sent_bytes: { metric: 'ringcast_peer_bytes_total', labels: { direction: 'sent' } },
  'fills.resumed': { metric: 'ringcast_fills_resumed_total', labels: {} },
  'corrupt.block': { metric: 'ringcast_corrupt_total', labels: { what: 'block' } },
  'corrupt.descriptor': { metric: 'ringcast_corrupt_total', labels: { what: 'descriptor' } },
  'corrupt.origin': { metric: 'ringcast_corrupt_total', labels: { what: 'origin' } },
  'store.admitted': { metric: 'ringcast_store_admissions_total', labels: {} },
  'store.evicted': { metric: 'ringcast_store_evictions_total', labels: {} },
  'store.refused': { metric: 'ringcast_store_refusals_total', labels: {} },
  'members.joined': { metric: 'ringcast_member_changes_total', labels: { change: 'joined' } },
  'members.suspected': { metric: 'ringcast_member_changes_total', labels: { change: 'suspected' } },
  'members.refuted': { metric: 'ringcast_member_changes_total', labels: { change: 'refuted' } },
  'members.died': { metric: 'ringcast_member_changes_total', labels: { change: 'died' } },
  'members.left': { metric: 'ringcast_member_changes_total', labels: { change: 'left' } },
  'members.self_refuted': { metric: 'ringcast_member_changes_total', labels: { change: 'self_refuted' } },
  'probes.sent': { metric: 'ringcast_probes_total', labels: { kind: 'direct' } },
  'probes.indirect': { metric: 'ringcast_probes_total', labels: { kind: 'indirect' } },
  'probes.failed': { metric: 'ringcast_probe_failures_total', labels: {} },
  'control_messages.sent': { metric: 'ringcast_control_messages_total', labels: { direction: 'sent' } },
  'control_messages.received': {
    metric: 'ringcast_control_messages_total',
    labels: { direction: 'received' },
  },
  'beacons.taken': { metric: 'ringcast_beacons_total', labels: {} },
  'beacon_bytes.agent': { metric: 'ringcast_beacon_bytes_total', labels: { source: 'agent' } },
  'beacon_bytes.origin': { metric: 'ringcast_beacon_bytes_total', labels: { source: 'origin' } },
  'beacon_bytes.wasted': { metric: 'ringcast_beacon_bytes_total', labels: { source: 'wasted' } },
  beacon_stalls: { metric: 'ringcast_beacon_stalls_total', labels: {} },
  'beacon_fallbacks.no-agent': { metric: 'ringcast_beacon_fallbacks_total', labels: { reason: 'no-agent' } },
  'beacon_fallbacks.unknown-origin': {
    metric: 'ringcast_beacon_fallbacks_total',
    labels: { reason: 'unknown-origin' },
  },
  'beacon_fallbacks.unreachable': {
    metric: 'ringcast_beacon_fallbacks_total',
    labels: { reason: 'unreachable' },
  },
  'beacon_fallbacks.slow-start': {
    metric: 'ringcast_beacon_fallbacks_total',
    labels: { reason: 'slow-start' },
  },
  'beacon_fallbacks.refused': { metric: 'ringcast_beacon_fallbacks_total', labels: { reason: 'refused' } },
  'beacon_fallbacks.busy': { metric: 'ringcast_beacon_fallbacks_total', labels: { reason: 'busy' } },
  'beacon_fallbacks.stalled': { metric: 'ringcast_beacon_fallbacks_total', labels: { reason: 'stalled' } },
  'beacon_fallbacks.too-slow': { metric: 'ringcast_beacon_fallbacks_total', labels: { reason: 'too-slow' } },
  'beacon_fallbacks.cut': { metric: 'ringcast_beacon_fallbacks_total', labels: { reason: 'cut' } },
  'beacon_fallbacks.mismatch': { metric: 'ringcast_beacon_fallbacks_total', labels: { reason: 'mismatch' } },
  'beacon_fallbacks.out-of-time': {
    metric: 'ringcast_beacon_fallbacks_total',
    labels: { reason: 'out-of-time' },
  },
  'rejected.link': { metric: 'ringcast_rejected_total', labels: { where: 'link' } },
  'rejected.record': { metric: 'ringcast_rejected_total', labels: { where: 'record' } },
  'rejected.http': { metric: 'ringcast_rejected_total', labels: { where: 'http' } },
  'rejected.webtransport': { metric: 'ringcast_rejected_total', labels: { where: 'webtransport' } },
};

export const TIMING_SERIES: Readonly<Record<Timing, Series<HistogramName>>> = {
  'ttfb.ram': { metric: 'ringcast_ttfb_seconds', labels: { source: 'ram' } },
  'ttfb.joined': { metric: 'ringcast_ttfb_seconds', labels: { source: 'joined' } },
  'ttfb.peer': { metric: 'ringcast_ttfb_seconds', labels: { source: 'peer' } },
  'ttfb.origin': { metric: 'ringcast_ttfb_seconds', labels: { source: 'origin' } },
  origin_head: { metric: 'ringcast_origin_head_seconds', labels: {} },
  peer_head: { metric: 'ringcast_peer_head_seconds', labels: {} },
  probe_rtt: { metric: 'ringcast_probe_rtt_seconds', labels: {} },
};
