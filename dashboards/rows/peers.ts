// The swarm: what agents get from one another instead of from the origin.

import * as units from '@grafana/grafana-foundation-sdk/units';
import { graph, type Row } from '../panel.ts';
import { gauge, rate } from '../query.ts';

export const peersRow: Row = {
  title: 'Peers',
  panels: [
    graph({
      title: 'Peer traffic',
      shows: 'Body bytes between agents, all together, by direction.',
      normal:
        'sent equals received, and both are a small part of viewer traffic when there are many viewers per agent.',
      otherwise: 'received lags behind sent: transfers break off; see the panel beside.',
      unit: units.BytesPerSecondSI,
      width: 8,
      queries: [{ expr: rate('ringcast_peer_bytes_total', { by: ['direction'] }), legend: '{{direction}}' }],
    }),
    graph({
      title: 'Objects from peers, by outcome',
      shows:
        'ok; stale_view: the peer is not the home in its own view; timeout: no sign of life in time; failed: it broke off.',
      normal: 'ok; stale_view for seconds after a membership change.',
      otherwise:
        'timeout and failed send agents past their home to the origin: look at the agent that is asked.',
      unit: units.RequestsPerSecond,
      width: 8,
      queries: [{ expr: rate('ringcast_peer_fetches_total', { by: ['outcome'] }), legend: '{{outcome}}' }],
    }),
    graph({
      title: 'Fills',
      shows:
        'Objects being fetched right now, and (dashed, right axis) transfers per second that broke and went on from another source.',
      normal: 'in flight: about new segments per second x seconds that one takes. Resumed: 0.',
      otherwise: 'in flight grows and stays: the origin or a home is slow.',
      unit: units.Short,
      width: 8,
      right: { names: /^resumed/, unit: units.OpsPerSecond },
      queries: [
        { expr: gauge('sum', 'ringcast_fills_in_flight'), legend: 'in flight' },
        { expr: rate('ringcast_fills_resumed_total'), legend: 'resumed' },
      ],
    }),
  ],
};
