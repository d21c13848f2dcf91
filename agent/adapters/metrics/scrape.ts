// What /metrics answers: plain counters, timings and gauges of one agent in Prometheus text.
//
// The hit path adds to plain numbers and knows nothing of this; the merge is done when somebody scrapes. The counts
// are already cumulative, so feeding them through prom-client's Counter (reset, then inc) would be a detour: each
// family here is an object with the one method that the registry calls, `get()`, which reads the numbers as they
// are. The registry is the agent's own, never the process-wide one, so that two agents can live in one process.

import { collectDefaultMetrics, type Metric as PromMetric, Registry } from 'prom-client';
import {
  COUNTERS,
  type Counts,
  type Distribution,
  TIMING_BOUNDS_MS,
  TIMINGS,
  type Timings,
} from '../../core/counters.ts';
import { CATALOG, type Metric } from './catalog.ts';
import { EventLoopLag } from './event-loop-lag.ts';
import { type Gauges, gaugeReaders, type Sample } from './gauges.ts';
import { COUNTER_SERIES, TIMING_SERIES } from './series.ts';

export interface MetricsOptions {
  /** Read at each scrape, never written. */
  readonly counts: Readonly<Counts>;
  readonly timings: Timings;
  readonly gauges: Gauges;
  /** Version of the agent software. */
  readonly version: string;
}

export class Metrics {
  readonly #registry: Registry = new Registry();
  readonly #lag: EventLoopLag = new EventLoopLag();

  constructor({ counts, timings, gauges, version }: MetricsOptions) {
    const gaugeOf = gaugeReaders(gauges, { version, takeEventLoopLag: () => this.#lag.take() });
    for (const metric of CATALOG) {
      if (metric.type === 'counter') this.#register(metric, counterReader(counts, metric.name));
      else if (metric.type === 'histogram') this.#register(metric, timingReader(timings, metric.name));
      else this.#register(metric, gaugeOf[metric.name]);
    }
    collectDefaultMetrics({ register: this.#registry });
  }

  /** Everything as it is now. Rejects where a gauge function throws. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Stops watching the event loop. */
  close(): void {
    this.#lag.stop();
    this.#registry.clear();
  }

  #register({ name, help, type }: Metric, read: Read): void {
    const family = { name, help, type, get: async () => ({ name, help, type, values: read() }) };
    // The registry asks a metric for `name` and `get()` only; its published type is the union of its own classes.
    this.#registry.registerMetric(family as unknown as PromMetric);
  }
}

type Read = () => Sample[];

/** Keys are sorted to their metrics once, here; a scrape only reads numbers. */
function counterReader(counts: Readonly<Counts>, metric: string): Read {
  const keys = COUNTERS.filter((key) => COUNTER_SERIES[key].metric === metric);
  return () => keys.map((key) => ({ value: counts[key], labels: COUNTER_SERIES[key].labels }));
}

function timingReader(timings: Timings, metric: string): Read {
  const keys = TIMINGS.filter((key) => TIMING_SERIES[key].metric === metric);
  return () => keys.flatMap((key) => histogramSamples(TIMING_SERIES[key], timings.of(key)));
}

/** Buckets in milliseconds, each its own, become cumulative ones in seconds. */
function histogramSamples(
  { metric, labels }: { readonly metric: string; readonly labels: Readonly<Record<string, string>> },
  { buckets, sumMs }: Distribution,
): Sample[] {
  const samples: Sample[] = [];
  let count = 0;
  for (const [bucket, observations] of buckets.entries()) {
    count += observations;
    const boundMs = TIMING_BOUNDS_MS[bucket];
    const le = boundMs === undefined ? '+Inf' : String(boundMs / 1000);
    samples.push({ metricName: `${metric}_bucket`, labels: { ...labels, le }, value: count });
  }
  samples.push({ metricName: `${metric}_sum`, labels, value: sumMs / 1000 });
  samples.push({ metricName: `${metric}_count`, labels, value: count });
  return samples;
}
