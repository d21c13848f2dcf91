import { setTimeout as sleep } from 'node:timers/promises';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fleetDashboard } from '../../dashboards/fleet.ts';
import { startWatchedAgents, type WatchedAgents } from './dashboards-agents.ts';
import { type Prometheus, startPrometheus } from './dashboards-prometheus.ts';

let agents: WatchedAgents;
let prometheus: Prometheus;

beforeAll(async () => {
  agents = await startWatchedAgents();
  prometheus = await startPrometheus(agents.admins);
});

afterAll(async () => {
  await prometheus?.stop();
  await agents?.stop();
});

interface Asked {
  readonly panel: string;
  readonly legend: string;
  readonly expr: string;
}

/** Every query of the page with its variables set to All, as Grafana sends them. */
function queries(): Asked[] {
  const panels = (fleetDashboard().panels ?? []).filter((panel): panel is Panel => 'targets' in panel);
  return panels.flatMap(({ title = '', targets = [] }) =>
    targets.map((target) => {
      const { expr = '', legendFormat = '' } = target as { expr?: string; legendFormat?: string };
      return { panel: title, legend: legendFormat, expr: filledIn(expr) };
    }),
  );
}

function filledIn(expr: string): string {
  return expr.replaceAll('$__rate_interval', '10s').replaceAll(/\$(job|region|instance)/g, '.*');
}

async function withoutData(asked: readonly Asked[]): Promise<Asked[]> {
  const values = await Promise.all(asked.map(({ expr }) => prometheus.query(expr)));
  return asked.filter((_, index) => values[index]?.length === 0);
}

/** Asks until the answer is as wanted, or gives the last one. */
async function until<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
  const untilMs = Date.now() + 60_000;
  let answer = await ask();
  while (!isWanted(answer) && Date.now() < untilMs) {
    await sleep(500);
    answer = await ask();
  }
  return answer;
}

test('every query of every panel returns data', async () => {
  const asked = queries();
  expect(asked.length).toBeGreaterThan(40);
  const missing = await until(
    () => withoutData(asked),
    (left) => left.length === 0,
  );
  expect(missing).toEqual([]);
});

/** What one query of the page says, by the title of its panel and the legend of the query. */
function shown(title: string, legend: string): Promise<number[]> {
  const asked = queries().find((one) => one.panel === title && one.legend === legend);
  return prometheus.query(asked?.expr ?? `no query ${legend} in ${title}`);
}

const between =
  (from: number, to: number) =>
  ([value, ...others]: number[]): boolean =>
    value !== undefined && others.length === 0 && value > from && value < to;

test('what the page says of the traffic is what happened', async () => {
  // Two agents in one ring, each asked twice for a segment: the origin sends one copy of four, and one to the ring.
  const isRight = between(0.65, 0.85);
  expect(await until(() => shown('Offload', 'offload'), isRight)).toSatisfy(isRight);
  const isOne = between(0.8, 1.2);
  const copies = await until(() => shown('Origin copies per segment, at most', '{{region}}'), isOne);
  expect(copies).toSatisfy(isOne);
  expect(await shown('Agents', 'ready')).toEqual([2]);
  for (const legend of ['largest view', 'smallest view', 'scraped']) {
    expect(await shown('Ring sizes', `{{ring}} ${legend}`)).toEqual([2]);
  }
});

test('the variables offer the jobs, regions and agents that are scraped', async () => {
  expect(await prometheus.labelValues('job', 'ringcast_agent_info')).toEqual(['ringcast']);
  expect(await prometheus.labelValues('region', 'ringcast_agent_info{job=~"ringcast"}')).toEqual(['eu']);
  const instances = await prometheus.labelValues('instance', 'ringcast_agent_info{region=~"eu"}');
  expect(instances).toEqual([...agents.admins].sort());
});
