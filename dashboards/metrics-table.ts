// The catalog of metrics as the table that operators read: agent/adapters/metrics/METRICS.md.

import { CATALOG, type Metric } from '../agent/adapters/metrics/catalog.ts';
import { COUNTER_SERIES, type Series, TIMING_SERIES } from '../agent/adapters/metrics/series.ts';

const SERIES: readonly Series<string>[] = [...Object.values(COUNTER_SERIES), ...Object.values(TIMING_SERIES)];

export function metricsDocument(): string {
  return `# Metrics of an agent

What \`/metrics\` of the admin listener exports, from catalog.ts (\`npm run dashboards\` writes this file). Besides these
come the metrics of the process that prom-client names (\`process_*\`, \`nodejs_*\`). Counters start at 0 with the process.
Every series of a counter is there from the start, so that a rate is never missing.

| metric | type | unit | labels | meaning |
|---|---|---|---|---|
${CATALOG.map(row).join('\n')}
`;
}

function row({ name, type, unit, labels, help }: Metric): string {
  const shown = labels.map((label) => labelled(label, valuesOf(name, label)));
  return `| \`${name}\` | ${type} | ${unit} | ${shown.join('; ')} | ${help} |`;
}

function labelled(label: string, values: readonly string[]): string {
  return values.length === 0 ? `\`${label}\`` : `\`${label}\`: ${values.join(', ')}`;
}

/** Values that are fixed in the code; gauges have theirs from the world. */
function valuesOf(name: string, label: string): string[] {
  return SERIES.flatMap(({ metric, labels }) => (metric === name ? (labels[label] ?? []) : []));
}
