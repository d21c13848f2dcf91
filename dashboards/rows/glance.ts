// The first line of the page: is the cluster well?

import * as units from '@grafana/grafana-foundation-sdk/units';
import { number, type Row } from '../panel.ts';
import { gauge, quantile, rate } from '../query.ts';

const viewerBytes = rate('ringcast_viewer_bytes_total');
const originBytes = rate('ringcast_origin_bytes_total');
const requests = rate('ringcast_requests_total');

export const glanceRow: Row = {
  title: 'At a glance',
  panels: [
    number({
      title: 'Offload',
      shows:
        'Share of the bytes that viewers got which the origin did not have to send: 1 - origin / viewer bytes.',
      normal: 'near 1 - regions x renditions / viewers, its ceiling; low or negative while caches fill.',
      otherwise:
        'see "Origin copies per segment, at most" and "Store", and whether the agents of a ring see one another.',
      unit: units.PercentUnit,
      width: 4,
      decimals: 1,
      steps: [{ color: 'red' }, { color: 'yellow', value: 0.5 }, { color: 'green', value: 0.9 }],
      queries: [{ expr: `1 - ${originBytes} / ${viewerBytes}`, legend: 'offload' }],
    }),
    number({
      title: 'Residual origin traffic',
      shows:
        'What the origin still sends to the cluster: a high offload of a large number can still be a large number.',
      normal:
        'about the bit rate of all watched renditions, once per region, whatever the number of viewers.',
      otherwise: 'see the row "Origin": which region, which kind of object.',
      unit: units.BytesPerSecondSI,
      width: 4,
      queries: [{ expr: originBytes, legend: 'from the origin' }],
    }),
    number({
      title: 'Viewer traffic',
      shows: 'Body bytes that agents send to viewers.',
      normal: 'follows the audience.',
      otherwise:
        'a drop without a drop of the audience: players fell back to the origin; see "Agents" and "Failed requests".',
      unit: units.BytesPerSecondSI,
      width: 4,
      queries: [{ expr: viewerBytes, legend: 'to viewers' }],
    }),
    number({
      title: 'Agents',
      shows: 'Agents that take viewers, and agents that run but do not (starting, joining, draining).',
      normal: 'all ready.',
      otherwise:
        'ask /ready of the agent: it says why. An agent that is down is not counted here but alerts.',
      unit: units.Short,
      width: 4,
      queries: [
        { expr: gauge('sum', 'ringcast_ready'), legend: 'ready' },
        {
          expr: `sum(1 - ${gauge('max', 'ringcast_ready', { by: ['job', 'instance'] })})`,
          legend: 'not ready',
        },
      ],
    }),
    number({
      title: 'Failed requests',
      shows:
        'Share of the requests of viewers that an agent answered with an error because the object could not be had.',
      normal: '0; players fall back to the origin for each one.',
      otherwise: 'see "Origin failures, by reason" and "Objects from peers, by outcome".',
      unit: units.PercentUnit,
      width: 4,
      decimals: 2,
      steps: [{ color: 'green' }, { color: 'yellow', value: 0.001 }, { color: 'red', value: 0.01 }],
      queries: [
        {
          expr: `${rate('ringcast_requests_total', { where: 'source="failed"' })} / ${requests}`,
          legend: 'failed',
        },
      ],
    }),
    number({
      title: 'First byte, p99',
      shows:
        'Time from the request of a viewer to the first byte of the answer, 99th percentile over all agents.',
      normal: 'a few milliseconds from the store; bounded by the origin for the first viewer of a segment.',
      otherwise: 'see the row "Latency": which source is slow.',
      unit: units.Seconds,
      width: 4,
      steps: [{ color: 'green' }, { color: 'yellow', value: 0.2 }, { color: 'red', value: 1 }],
      queries: [{ expr: quantile(0.99, 'ringcast_ttfb_seconds'), legend: 'p99' }],
    }),
  ],
};
