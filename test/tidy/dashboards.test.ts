import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { CATALOG } from '../../agent/adapters/metrics/catalog.ts';
import { fleetDashboard, fleetJson } from '../../dashboards/fleet.ts';
import { metricsDocument } from '../../dashboards/metrics-table.ts';
import { readExposition } from '../unit/metrics/exposition.ts';
import { fakeAgent } from '../unit/metrics/fake-agent.ts';
import { metricNames } from './promql-names.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const agent = fakeAgent();
afterAll(() => agent.metrics.close());

/** Every name that a query may use: what an agent really exposes, and the one series that Prometheus adds. */
async function known(): Promise<Set<string>> {
  const { samples } = readExposition(await agent.metrics.text());
  return new Set([...samples.map(({ name }) => name), 'up']);
}

function dashboardExprs(): string[] {
  const targets = (fleetDashboard().panels ?? []).flatMap((panel) =>
    'targets' in panel ? (panel.targets ?? []) : [],
  );
  return targets.map((target) => (target as { expr?: string }).expr ?? '');
}

function alertExprs(): string[] {
  return [...read('dashboards/alerts.yml').matchAll(/^\s+expr: (.+)$/gm)].map(([, expr]) => expr ?? '');
}

test('names are found in expressions, and nothing else is', () => {
  const expr =
    'sum by (le, job) (rate(a_total{b="c_total", d=~"e"}[5m])) / on (f) group_left (g) h_bytes > 0.05 and i';
  expect(metricNames(expr)).toEqual(['a_total', 'h_bytes', 'i']);
  expect(metricNames('histogram_quantile(0.99, sum(x_bucket[$__rate_interval]))')).toEqual(['x_bucket']);
});

test('every query of the dashboard names only what agents expose', async () => {
  const names = await known();
  const exprs = dashboardExprs();
  expect(exprs.length).toBeGreaterThan(40);
  for (const expr of exprs) {
    expect(metricNames(expr).length).toBeGreaterThan(0);
    for (const name of metricNames(expr)) expect([name, names.has(name)]).toEqual([name, true]);
  }
});

test('every alert names only what agents expose, and the runbook has a chapter for it', async () => {
  const names = await known();
  const text = read('dashboards/alerts.yml');
  const alerts = [...text.matchAll(/- alert: (\w+)/g)].map(([, name]) => name ?? '');
  expect(alertExprs().length).toBe(alerts.length);
  for (const expr of alertExprs()) {
    expect(metricNames(expr).length).toBeGreaterThan(0);
    for (const name of metricNames(expr)) expect([name, names.has(name)]).toEqual([name, true]);
  }
  const runbook = [...text.matchAll(/runbook: README\.md#(\w+)/g)].map(([, anchor]) => anchor);
  expect(runbook).toEqual(alerts.map((name) => name.toLowerCase()));
  const chapters = [...read('dashboards/README.md').matchAll(/^### (Ringcast\w+)$/gm)].map(
    ([, name]) => name,
  );
  expect(chapters).toEqual(alerts);
});

test('every metric of the catalog is on the dashboard', () => {
  const shown = dashboardExprs().flatMap(metricNames);
  for (const { name } of CATALOG) {
    expect([name, shown.some((one) => one === name || one === `${name}_bucket`)]).toEqual([name, true]);
  }
});

test('the committed dashboard is what the code makes (else: npm run dashboards)', () => {
  expect(read('dashboards/grafana/fleet.json')).toBe(fleetJson());
});

test('METRICS.md documents every metric and nothing else (else: npm run dashboards)', () => {
  const text = read('agent/adapters/metrics/METRICS.md');
  expect(text).toBe(metricsDocument());
  const rows = [...text.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(rows).toEqual(CATALOG.map(({ name }) => name));
});
