// PromQL from catalogued names: a query over a metric that no agent exports does not compile.
//
// Where an agent is (region, ring) is not a label of every series but of `ringcast_agent_info`; each query joins it
// on the scraped target. So an operator declares the region once, at the agent, an agent that changes its ring takes
// its counters along, and `$region` filters everything. $job, $region and $instance are the dashboard's variables.

import type { CounterName, GaugeName, HistogramName } from '../agent/adapters/metrics/catalog.ts';

export interface Selection {
  /** Labels to keep; without any the fleet is one series. */
  readonly by?: readonly string[];
  /** Label matchers besides the dashboard's variables: `kind="segment"`. */
  readonly where?: string;
}

const CHOSEN = 'job=~"$job", instance=~"$instance"';

/** One series per chosen agent, always 1, with its id and where it is. */
export const AGENTS: string = `ringcast_agent_info{${CHOSEN}, region=~"$region"}`;

/** Of Prometheus itself: one rate over at least four scrapes, whatever the zoom. */
const WINDOW = '$__rate_interval';

/** @returns sum of per-second rates */
export function rate(
  metric: CounterName | `${HistogramName}_bucket` | `${HistogramName}_count`,
  { by = [], where }: Selection = {},
): string {
  return `sum${grouped(by)} (${placed(`rate(${selected(metric, where)}[${WINDOW}])`)})`;
}

/** Aggregates a gauge over agents. */
export function gauge(
  aggregate: 'sum' | 'min' | 'max',
  metric: GaugeName,
  { by = [], where }: Selection = {},
): string {
  return `${aggregate}${grouped(by)} (${placed(selected(metric, where))})`;
}

/** @returns the quantile over all chosen agents' observations, not a mean of their quantiles; seconds */
export function quantile(q: number, histogram: HistogramName, by: readonly string[] = []): string {
  return `histogram_quantile(${q}, ${rate(`${histogram}_bucket`, { by: ['le', ...by] })})`;
}

/** Metrics of the process that prom-client names and counts or reads by itself. */
export type ProcessMetric = 'process_cpu_seconds_total' | 'process_resident_memory_bytes';

/** @returns a series per agent: a rate where the metric is a counter */
export function ofProcess(metric: ProcessMetric): string {
  const vector = selected(metric, undefined);
  const value = metric.endsWith('_total') ? `rate(${vector}[${WINDOW}])` : vector;
  return `sum by (instance) (${placed(value)})`;
}

function selected(metric: string, where: string | undefined): string {
  return `${metric}{${where === undefined ? CHOSEN : `${CHOSEN}, ${where}`}}`;
}

function placed(vector: string): string {
  return `${vector} * on (job, instance) group_left (region, place, ring) ${AGENTS}`;
}

function grouped(by: readonly string[]): string {
  return by.length === 0 ? '' : ` by (${by.join(', ')})`;
}
