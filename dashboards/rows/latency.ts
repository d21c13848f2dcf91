// How long viewers wait, and on whom.

import * as units from '@grafana/grafana-foundation-sdk/units';
import { graph, type Row } from '../panel.ts';
import { gauge, quantile } from '../query.ts';

export const latencyRow: Row = {
  title: 'Latency',
  panels: [
    graph({
      title: 'First byte to viewers, by source',
      shows:
        'Time from the request to the first byte of the answer, median and 99th percentile, by what answered.',
      normal: 'ram: below a few ms. joined and peer: a network round trip. origin: what the origin takes.',
      otherwise: 'ram slow: the agent is out of CPU; see "Event loop lag". Others: see the panel beside.',
      unit: units.Seconds,
      width: 12,
      queries: [
        { expr: quantile(0.5, 'ringcast_ttfb_seconds', ['source']), legend: '{{source}} p50' },
        { expr: quantile(0.99, 'ringcast_ttfb_seconds', ['source']), legend: '{{source}} p99' },
      ],
    }),
    graph({
      title: 'Waiting for others, p99',
      shows:
        'Time to the head of the answer of the origin and of other agents, and the round trip of probes.',
      normal: 'probes: the network, at most 20 ms in a leaf ring. Peers: a little more. Origin: as it is.',
      otherwise: 'peers slow but probes fast: a home is busy, or waits for the origin itself.',
      unit: units.Seconds,
      width: 6,
      queries: [
        { expr: quantile(0.99, 'ringcast_origin_head_seconds'), legend: 'origin' },
        { expr: quantile(0.99, 'ringcast_peer_head_seconds'), legend: 'peer' },
        { expr: quantile(0.99, 'ringcast_probe_rtt_seconds'), legend: 'probe' },
      ],
    }),
    graph({
      title: 'Event loop lag',
      shows:
        'By how much the loop of each agent ran late since the last scrape, 99th percentile: every request waits that long besides.',
      normal: 'below 10 ms.',
      otherwise: 'the agent is out of CPU: add agents, or see who else runs on the host.',
      unit: units.Seconds,
      width: 6,
      queries: [
        {
          expr: gauge('max', 'ringcast_event_loop_lag_seconds', { by: ['instance'] }),
          legend: '{{instance}}',
        },
      ],
    }),
  ],
};
