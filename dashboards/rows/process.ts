// The agents as processes: what they cost, and which they are.

import * as units from '@grafana/grafana-foundation-sdk/units';
import { graph, labelTable, type Row } from '../panel.ts';
import { AGENTS, ofProcess } from '../query.ts';

export const processRow: Row = {
  title: 'Processes',
  panels: [
    graph({
      title: 'CPU by agent',
      shows: 'Cores that each agent uses.',
      normal: 'below 1: an agent serves from one thread.',
      otherwise: 'near 1: viewers wait; add an agent to the ring.',
      unit: units.Short,
      width: 6,
      queries: [{ expr: ofProcess('process_cpu_seconds_total'), legend: '{{instance}}' }],
    }),
    graph({
      title: 'Memory by agent',
      shows: 'Resident memory of each agent.',
      normal: 'the allowed store, about 150 MB, and up to 256 KB per connection.',
      otherwise: 'grows past that: a leak; keep the process for a heap snapshot before it is restarted.',
      unit: units.BytesIEC,
      width: 6,
      queries: [{ expr: ofProcess('process_resident_memory_bytes'), legend: '{{instance}}' }],
    }),
    labelTable({
      title: 'Every agent',
      shows: 'Every agent that is scraped: where it is, in which leaf ring, in which version.',
      normal: 'one version, but for rollouts; every agent in a ring of its region.',
      otherwise: 'an agent alone in its ring: its seeds are unreachable, or nobody near it runs.',
      unit: units.Short,
      width: 12,
      hidden: ['Time', 'Value', 'job', '__name__'],
      queries: [
        {
          expr: `${AGENTS} * on (job, instance) group_left (version, node) ringcast_build_info`,
          legend: '{{instance}}',
        },
      ],
    }),
  ],
};
