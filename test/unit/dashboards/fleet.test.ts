import type { Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard';
import { expect, test } from 'vitest';
import { fleetDashboard } from '../../../dashboards/fleet.ts';

const page = fleetDashboard();
const all: readonly (Panel | RowPanel)[] = page.panels ?? [];
const panels = all.filter((panel): panel is Panel => panel.type !== 'row');
const exprs = (panel: Panel): string[] =>
  (panel.targets ?? []).map((target) => (target as { expr?: string }).expr ?? '');

test('every line of the page is filled from edge to edge without overlap', () => {
  const cells = new Map<string, string>();
  const widths = new Map<number, number>();
  for (const { title, gridPos } of all) {
    const { x, y, w, h } = gridPos ?? { x: -1, y: -1, w: 0, h: 0 };
    expect(x).toBeGreaterThanOrEqual(0);
    for (let row = y; row < y + h; row += 1) {
      widths.set(row, (widths.get(row) ?? 0) + w);
      for (let column = x; column < x + w; column += 1) {
        expect([title, cells.get(`${row}:${column}`)]).toEqual([title, undefined]);
        cells.set(`${row}:${column}`, title ?? '');
      }
    }
  }
  expect(new Set(widths.values())).toEqual(new Set([24]));
});

test('every panel has a title of its own, a fixed id, a unit and a query', () => {
  expect(new Set(all.map(({ title }) => title)).size).toBe(all.length);
  expect(all.map(({ id }) => id)).toEqual(all.map((_, index) => index + 1));
  for (const panel of panels) {
    expect([panel.title, typeof panel.fieldConfig?.defaults.unit]).toEqual([panel.title, 'string']);
    expect(exprs(panel).length).toBeGreaterThan(0);
    expect(panel.datasource).toEqual({ type: 'prometheus', uid: `\${datasource}` });
  }
});

test('every panel says what is normal and what to do when it is not', () => {
  for (const { description } of panels) {
    expect(description).toMatch(/^\S.+\.\n\n\*\*Normal:\*\* .+\.\n\n\*\*If not:\*\* .+\.$/);
  }
});

test('a panel or row that a description names is on the page', () => {
  const titles = new Set(all.map(({ title }) => title));
  const named = panels.flatMap(({ description }) => [...(description ?? '').matchAll(/"([^"]+)"/g)]);
  expect(named.length).toBeGreaterThan(10);
  for (const [, name] of named) expect([name, titles.has(name)]).toEqual([name, true]);
});

test('the variables are datasource, job, region and instance, and filter every query', () => {
  expect(page.templating?.list?.map(({ name }) => name)).toEqual(['datasource', 'job', 'region', 'instance']);
  for (const panel of panels) {
    for (const expr of exprs(panel)) {
      expect(expr).toContain('job=~"$job", instance=~"$instance"');
      expect(expr).toContain('region=~"$region"');
    }
  }
});

test('offload never stands without the residual origin traffic', () => {
  const titles = panels.map(({ title }) => title ?? '');
  expect(titles[titles.indexOf('Offload') + 1]).toBe('Residual origin traffic');
  const byRegion = panels.find(({ title }) => title === 'Offload and residual origin traffic, by region');
  expect(exprs(byRegion as Panel).map((expr) => expr.startsWith('1 - '))).toEqual([true, false]);
});
