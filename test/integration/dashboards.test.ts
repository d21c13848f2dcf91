import { setTimeout as sleep } from 'node:timers/promises';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AdminListener, listenAdmin } from '../../agent/adapters/admin/admin-listener.ts';
import { COUNTERS, TIMINGS } from '../../agent/core/counters.ts';
import { fleetDashboard } from '../../dashboards/fleet.ts';
import { type FakeAgent, fakeAgent } from '../unit/metrics/fake-agent.ts';
import { type Prometheus, startPrometheus } from './dashboards-prometheus.ts';

const agents: FakeAgent[] = [];
const listeners: AdminListener[] = [];
let prometheus: Prometheus;
let ticking: NodeJS.Timeout;

beforeAll(async () => {
  for (let i = 0; i < 2; i += 1) {
    const agent = fakeAgent();
    agents.push(agent);
    listeners.push(
      await listenAdmin({
        host: '127.0.0.1',
        port: 0,
        metrics: agent.metrics,
        health: () => ({}),
        ready: () => ({ ready: true }),
      }),
    );
  }
  ticking = setInterval(() => {
    for (const { counts, timings } of agents) {
      for (const key of COUNTERS) counts[key] += 3;
      for (const key of TIMINGS) timings.record(key, 7);
    }
  }, 100);
  prometheus = await startPrometheus(listeners.map(({ port }) => `127.0.0.1:${port}`));
});

afterAll(async () => {
  clearInterval(ticking);
  await prometheus?.stop();
  await Promise.all(listeners.map((listener) => listener.close()));
  for (const { metrics } of agents) metrics.close();
});

interface Asked {
  readonly panel: string;
  readonly expr: string;
}

/** Every query of the page with its variables set to All, as Grafana sends them. */
function queries(): Asked[] {
  const panels = (fleetDashboard().panels ?? []).filter((panel): panel is Panel => 'targets' in panel);
  return panels.flatMap(({ title, targets }) =>
    (targets ?? []).map((target) => ({
      panel: title ?? '',
      expr: filledIn((target as { expr?: string }).expr ?? ''),
    })),
  );
}

function filledIn(expr: string): string {
  return expr.replaceAll('$__rate_interval', '10s').replaceAll(/\$(job|region|instance)/g, '.*');
}

async function withoutData(asked: readonly Asked[]): Promise<Asked[]> {
  const values = await Promise.all(asked.map(({ expr }) => prometheus.query(expr)));
  return asked.filter((_, index) => values[index]?.length === 0);
}

test('every query of every panel returns data', async () => {
  let missing = queries();
  const untilMs = Date.now() + 60_000;
  while (missing.length > 0 && Date.now() < untilMs) {
    await sleep(500);
    missing = await withoutData(missing);
  }
  expect(missing).toEqual([]);
});

test('the variables offer the jobs, regions and agents that are scraped', async () => {
  const instances = listeners.map(({ port }) => `127.0.0.1:${port}`).sort();
  expect(await prometheus.labelValues('job', 'ringcast_agent_info')).toEqual(['ringcast']);
  expect(await prometheus.labelValues('region', 'ringcast_agent_info{job=~"ringcast"}')).toEqual(['eu']);
  expect(await prometheus.labelValues('instance', 'ringcast_agent_info{region=~"eu"}')).toEqual(instances);
});
