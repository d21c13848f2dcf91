import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { promtool } from './dashboards-prometheus.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

test('promtool accepts the scrape configuration and the rules', async () => {
  expect(await promtool('check', 'config', path('../../dashboards/prometheus.yml'))).toContain('SUCCESS');
  expect(await promtool('check', 'rules', path('../../dashboards/alerts.yml'))).toContain('5 rules found');
});

test('each alert fires for its reason and not beside it', async () => {
  expect(await promtool('test', 'rules', path('./dashboards-alerts.rules.yml'))).toContain('SUCCESS');
});
