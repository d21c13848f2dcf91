// What was refused and what failed.

import * as units from '@grafana/grafana-foundation-sdk/units';
import { graph, type Row } from '../panel.ts';
import { rate } from '../query.ts';

export const faultsRow: Row = {
  title: 'Faults',
  panels: [
    graph({
      title: 'Refused input',
      shows: 'Malformed or forbidden input: bytes on links, membership records, requests of viewers.',
      normal: 'http: some, the internet is like that. link and record: 0.',
      otherwise:
        'record or link: a wrong or expired certificate, a clock that is off, an old version, or an attacker; the log of the agent names the peer.',
      unit: units.OpsPerSecond,
      width: 12,
      queries: [{ expr: rate('ringcast_rejected_total', { by: ['where'] }), legend: '{{where}}' }],
    }),
    graph({
      title: 'Failed and refused requests, by agent',
      shows:
        'Requests of viewers that got an error because the object could not be had (failed) or was not allowed (refused).',
      normal: 'failed 0.',
      otherwise: 'one agent: its way to the origin or to its ring. All: the origin.',
      unit: units.RequestsPerSecond,
      width: 12,
      queries: [
        {
          expr: rate('ringcast_requests_total', {
            by: ['instance', 'source'],
            where: 'source=~"failed|refused"',
          }),
          legend: '{{source}} {{instance}}',
        },
      ],
    }),
  ],
};
