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
      width: 8,
      queries: [{ expr: rate('ringcast_rejected_total', { by: ['where'] }), legend: '{{where}}' }],
    }),
    graph({
      title: 'Corrupt transfers, by agent that noticed',
      shows:
        'Bytes that are not what their signer, or the origin itself, says. None was kept, or shown as whole.',
      normal: '0.',
      otherwise:
        'block, descriptor: an agent with broken memory, or one that lies; the log line peer.corrupt names it. origin: its Repr-Digest is wrong, or something on the way to it changes bodies.',
      unit: units.OpsPerSecond,
      width: 8,
      queries: [
        {
          expr: rate('ringcast_corrupt_total', { by: ['instance', 'what'] }),
          legend: '{{what}} {{instance}}',
        },
      ],
    }),
    graph({
      title: 'Failed and refused requests, by agent',
      shows:
        'Requests of viewers that got an error because the object could not be had (failed) or was not allowed (refused).',
      normal: 'failed 0.',
      otherwise: 'one agent: its way to the origin or to its ring. All: the origin.',
      unit: units.RequestsPerSecond,
      width: 8,
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
