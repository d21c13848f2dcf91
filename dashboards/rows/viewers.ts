// What players say of themselves, where their pages send beacons. Anyone can send one: a picture, not evidence.

import * as units from '@grafana/grafana-foundation-sdk/units';
import { graph, type Row } from '../panel.ts';
import { rate } from '../query.ts';

export const viewersRow: Row = {
  title: 'Viewers, by their own beacons',
  panels: [
    graph({
      title: 'Beacons',
      shows: 'Reports of players with the plugin, where the page switched them on.',
      normal: 'In step with the audience; nothing where no page sends any.',
      otherwise:
        'none although pages send them: the page cannot reach the agents, or another origin blocks them.',
      unit: units.RequestsPerSecond,
      width: 6,
      queries: [{ expr: rate('ringcast_beacons_total'), legend: 'beacons' }],
    }),
    graph({
      title: 'Bytes by source, as players saw them',
      shows: 'Where the bytes that players got came from.',
      normal: 'agents nearly all of it.',
      otherwise: 'the origin has a share: look at the fallbacks beside this.',
      unit: units.BytesPerSecondSI,
      width: 6,
      queries: [{ expr: rate('ringcast_beacon_bytes_total', { by: ['source'] }), legend: '{{source}}' }],
    }),
    graph({
      title: 'Stalls, as players saw them',
      shows: 'Times that playback stood still for want of data.',
      normal: '0.',
      otherwise: 'compare with latency and failures of the agents near those viewers.',
      unit: units.OpsPerSecond,
      width: 6,
      queries: [{ expr: rate('ringcast_beacon_stalls_total'), legend: 'stalls' }],
    }),
    graph({
      title: 'Fallbacks, as players saw them',
      shows: 'Segments that left an agent for the origin, by reason.',
      normal: 'Few, when agents come and go.',
      otherwise: 'the reason says where to look: the plugin’s README lists them.',
      unit: units.OpsPerSecond,
      width: 6,
      queries: [{ expr: rate('ringcast_beacon_fallbacks_total', { by: ['reason'] }), legend: '{{reason}}' }],
    }),
  ],
};
