// What viewers get, from where, and from whom.

import * as units from '@grafana/grafana-foundation-sdk/units';
import { graph, type Row } from '../panel.ts';
import { gauge, rate } from '../query.ts';

const originBytes = rate('ringcast_origin_bytes_total', { by: ['region'] });
const viewerBytes = rate('ringcast_viewer_bytes_total', { by: ['region'] });

export const trafficRow: Row = {
  title: 'Traffic',
  panels: [
    graph({
      title: 'Viewer traffic by source',
      shows: 'Body bytes sent to viewers, by where the agent had them: its store, another agent, the origin.',
      normal:
        'almost all from the store; peer and origin only for the first viewer of a segment at an agent.',
      otherwise:
        'much from the origin: rings do not find their homes; see "Ring sizes". Much from peers: stores too small.',
      unit: units.BytesPerSecondSI,
      width: 12,
      stacked: true,
      queries: [{ expr: rate('ringcast_viewer_bytes_total', { by: ['source'] }), legend: '{{source}}' }],
    }),
    graph({
      title: 'Offload and residual origin traffic, by region',
      shows:
        '1 - origin bytes / viewer bytes of each region, and (dashed, right axis) the bytes that the origin still sends it.',
      normal: 'offload high and flat, residual about the bit rate of the watched renditions.',
      otherwise:
        'a region alone is low: few viewers there, or its ring fell apart. All fall: a new stream, or caches restarted.',
      unit: units.PercentUnit,
      width: 12,
      max: 1,
      right: { names: /^origin to/, unit: units.BytesPerSecondSI },
      queries: [
        { expr: `1 - ${originBytes} / ${viewerBytes}`, legend: 'offload of {{region}}' },
        { expr: originBytes, legend: 'origin to {{region}}' },
      ],
    }),
    graph({
      title: 'Viewer requests, by what answered',
      shows:
        'ram: the store; joined: a fill under way; peer, origin: fetched for this request; revalidated, stale: an expired copy, checked or not; passed: uncached.',
      normal: 'ram and joined most of all; stale only while the origin is slow or away.',
      otherwise:
        'failed: see the row "Faults". passed: the origin forbids caching; look at its Cache-Control.',
      unit: units.RequestsPerSecond,
      width: 12,
      stacked: true,
      queries: [{ expr: rate('ringcast_requests_total', { by: ['source'] }), legend: '{{source}}' }],
    }),
    graph({
      title: 'Viewer traffic by agent',
      shows: 'Body bytes that each agent sends to viewers.',
      normal: 'even within a region: the least loaded agent has more than 3 % of the bytes.',
      otherwise:
        'one agent takes all: players know only that one (look at /.well-known/ringcast), or a balancer sticks.',
      unit: units.BytesPerSecondSI,
      width: 6,
      queries: [{ expr: rate('ringcast_viewer_bytes_total', { by: ['instance'] }), legend: '{{instance}}' }],
    }),
    graph({
      title: 'Viewer connections by agent',
      shows: 'Open connections of viewers.',
      normal: 'a few per viewer.',
      otherwise: 'grows without traffic: slow readers or an attack; see "Refused input".',
      unit: units.Short,
      width: 6,
      queries: [
        { expr: gauge('sum', 'ringcast_viewer_connections', { by: ['instance'] }), legend: '{{instance}}' },
      ],
    }),
  ],
};
