// What the cluster asks of the origin.
//
// Agents count fetches, not distinct segments: those would have to be remembered by name. But an agent gets each
// segment that it serves once, from the origin or from a peer, so the segment bytes of the busiest agent are at most
// the distinct ones of its region, and the origin's bytes divided by them are never fewer than the copies that it sent.
// That upper bound is what the first panel shows; it is exact when viewers of a region spread over its agents.

import * as units from '@grafana/grafana-foundation-sdk/units';
import { graph, type Row } from '../panel.ts';
import { rate } from '../query.ts';

const segments = 'kind="segment"';
const ofAgent = { by: ['region', 'instance'] };
const segmentBytesOfBusiest = `max by (region) (${rate('ringcast_origin_bytes_total', { ...ofAgent, where: segments })} + ${rate('ringcast_peer_bytes_total', { ...ofAgent, where: 'direction="received"' })})`;

export const originRow: Row = {
  title: 'Origin',
  panels: [
    graph({
      title: 'Origin copies per segment, at most',
      shows:
        'How often the origin sent each segment into a region: its segment bytes / the segment bytes that the busiest agent of the region got. An upper bound: too high where agents of a region serve different streams.',
      normal: '1.00 to 1.05; exactly one agent in a region means 1.',
      otherwise:
        'agents of a region disagree on who is home ("Ring sizes", "Membership changes"), or homes time out ("Objects from peers, by outcome").',
      unit: units.Short,
      width: 8,
      queries: [
        {
          expr: `${rate('ringcast_origin_bytes_total', { by: ['region'], where: segments })} / ${segmentBytesOfBusiest}`,
          legend: '{{region}}',
        },
      ],
    }),
    graph({
      title: 'Origin fetches, by kind and region',
      shows: 'Requests to the origin: segments, playlists, everything else.',
      normal:
        'per region and watched rendition of a live stream one segment per target duration, and one playlist as often as it changes.',
      otherwise:
        'playlists rise with the viewers: their Cache-Control forbids sharing. Other: see what else players ask for in the access log.',
      unit: units.RequestsPerSecond,
      width: 8,
      queries: [
        {
          expr: rate('ringcast_origin_fetches_total', { by: ['region', 'kind'] }),
          legend: '{{kind}} {{region}}',
        },
      ],
    }),
    graph({
      title: 'Origin failures, by reason',
      shows:
        'refused: no connection; timeout: no answer in time; truncated: the body broke off; status: 5xx.',
      normal: '0.',
      otherwise:
        'look at the origin. Cached segments play on, and players fall back by themselves for the rest.',
      unit: units.RequestsPerSecond,
      width: 8,
      queries: [{ expr: rate('ringcast_origin_failures_total', { by: ['reason'] }), legend: '{{reason}}' }],
    }),
  ],
};
