// What the stores hold and how well they serve.

import * as units from '@grafana/grafana-foundation-sdk/units';
import { graph, type Row } from '../panel.ts';
import { gauge, rate } from '../query.ts';

const hits = 'source=~"ram|joined|revalidated|stale"';
const cacheable = 'source!~"passed|failed|refused"';

export const cacheRow: Row = {
  title: 'Cache',
  panels: [
    graph({
      title: 'Hit ratio',
      shows:
        'Share of cacheable requests that needed no new transfer: answered from the store, by a 304, or by a fill under way.',
      normal: 'near 1 - 1 / (viewers per agent and rendition).',
      otherwise:
        'falls with evictions rising: the store is too small for what is watched. Falls alone: many different streams.',
      unit: units.PercentUnit,
      width: 8,
      max: 1,
      queries: [
        {
          expr: `${rate('ringcast_requests_total', { by: ['region'], where: hits })} / ${rate('ringcast_requests_total', { by: ['region'], where: cacheable })}`,
          legend: '{{region}}',
        },
      ],
    }),
    graph({
      title: 'Store',
      shows:
        'Bytes that the stores of all agents hold and may hold, and (dashed, right axis) how many objects that is.',
      normal: 'full is fine: a store that never fills is larger than it need be.',
      otherwise: 'full with many evictions and a falling hit ratio: give it more memory.',
      unit: units.BytesIEC,
      width: 8,
      right: { names: /^objects/, unit: units.Short },
      queries: [
        { expr: gauge('sum', 'ringcast_store_bytes'), legend: 'held' },
        { expr: gauge('sum', 'ringcast_store_bytes_max'), legend: 'allowed' },
        { expr: gauge('sum', 'ringcast_store_objects'), legend: 'objects' },
      ],
    }),
    graph({
      title: 'Admissions, evictions, refusals',
      shows: 'Objects that came into the stores, were dropped for room, or were larger than a store takes.',
      normal: 'evictions follow admissions once the store is full; refusals 0.',
      otherwise:
        'refusals: objects too large for the store are fetched anew for every viewer: raise its size.',
      unit: units.OpsPerSecond,
      width: 8,
      queries: [
        { expr: rate('ringcast_store_admissions_total'), legend: 'admitted' },
        { expr: rate('ringcast_store_evictions_total'), legend: 'evicted' },
        { expr: rate('ringcast_store_refusals_total'), legend: 'refused' },
      ],
    }),
  ],
};
