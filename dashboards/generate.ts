// Writes what is generated from the code and committed: the fleet dashboard, so that Grafana can be pointed at a
// clone, and the table of metrics. `npm run dashboards`; a test says when one is older than the code.

import { writeFileSync } from 'node:fs';
import { fleetJson } from './fleet.ts';
import { metricsDocument } from './metrics-table.ts';

const GENERATED: Readonly<Record<string, string>> = {
  'dashboards/grafana/fleet.json': fleetJson(),
  'agent/adapters/metrics/METRICS.md': metricsDocument(),
};

for (const [path, text] of Object.entries(GENERATED)) {
  writeFileSync(new URL(`../${path}`, import.meta.url), text);
  console.log(`wrote ${path}`);
}
