// The fleet dashboard: from "do viewers get their bytes" at the top to "what goes wrong" at the bottom.
//
// Built as the classic dashboard model, which file provisioning of every maintained Grafana reads; the newer model of
// the SDK needs a Grafana that stores dashboards as resources. Panels are in rows/, a file per row of the page.

import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { DATASOURCE, type Row } from './panel.ts';
import { cacheRow } from './rows/cache.ts';
import { faultsRow } from './rows/faults.ts';
import { glanceRow } from './rows/glance.ts';
import { latencyRow } from './rows/latency.ts';
import { originRow } from './rows/origin.ts';
import { peersRow } from './rows/peers.ts';
import { processRow } from './rows/process.ts';
import { ringsRow } from './rows/rings.ts';
import { trafficRow } from './rows/traffic.ts';
import { viewersRow } from './rows/viewers.ts';

const ROWS: readonly Row[] = [
  glanceRow,
  trafficRow,
  originRow,
  ringsRow,
  latencyRow,
  cacheRow,
  peersRow,
  viewersRow,
  faultsRow,
  processRow,
];

export function fleetDashboard(): dashboard.Dashboard {
  const page = new dashboard.DashboardBuilder('Ringcast fleet')
    .uid('ringcast-fleet')
    .description(
      'Every agent of a Ringcast cluster: traffic, offload, origin, rings, latency, cache, faults.',
    )
    .tags(['ringcast'])
    .timezone('browser')
    .time({ from: 'now-1h', to: 'now' })
    .refresh('30s')
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .editable()
    .variables([
      new dashboard.DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'),
      choice('job', 'Job', 'label_values(ringcast_agent_info, job)'),
      choice('region', 'Region', 'label_values(ringcast_agent_info{job=~"$job"}, region)'),
      choice(
        'instance',
        'Agent',
        'label_values(ringcast_agent_info{job=~"$job", region=~"$region"}, instance)',
      ),
    ]);
  for (const { title, panels } of ROWS) {
    page.withRow(new dashboard.RowBuilder(title));
    for (const panel of panels) page.withPanel(panel);
  }
  return numbered(page.build());
}

/** The text that is committed and that Grafana reads. */
export function fleetJson(): string {
  return `${JSON.stringify(fleetDashboard(), null, 2)}\n`;
}

/** All by default, several at will; filled anew when the time range moves, as agents come and go. */
function choice(name: string, label: string, query: string): dashboard.QueryVariableBuilder {
  return new dashboard.QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query(query)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.NaturalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ selected: true, text: ['All'], value: ['$__all'] });
}

/** Fixed panel ids, so that links to a panel survive a new generation. */
function numbered(page: dashboard.Dashboard): dashboard.Dashboard {
  for (const [index, panel] of (page.panels ?? []).entries()) panel.id = index + 1;
  return page;
}
