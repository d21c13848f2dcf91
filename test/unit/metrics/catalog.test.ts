import { expect, test } from 'vitest';
import { CATALOG, type Metric } from '../../../agent/adapters/metrics/catalog.ts';
import { COUNTER_SERIES, TIMING_SERIES } from '../../../agent/adapters/metrics/series.ts';
import { COUNTERS, TIMINGS } from '../../../agent/core/counters.ts';

const family = (name: string): Metric | undefined => CATALOG.find((metric) => metric.name === name);

test('names follow the Prometheus convention', () => {
  for (const { name } of CATALOG) expect(name).toMatch(/^ringcast_[a-z_]+$/);
});

test('counters end in _total and nothing else does', () => {
  for (const { name, type } of CATALOG)
    expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
});

test('a name says the unit where it is seconds or bytes, and info metrics end in _info', () => {
  for (const { name, unit } of CATALOG) {
    expect([name, /_seconds(_total)?$/.test(name)]).toEqual([name, unit === 'seconds']);
    expect([name, /_bytes(_max|_total)?$/.test(name)]).toEqual([name, unit === 'bytes']);
    expect([name, name.endsWith('_info')]).toEqual([name, unit === 'info']);
  }
});

test('every counter and timing has a series of a catalogued metric with exactly its labels', () => {
  const series = [
    ...COUNTERS.map((key) => ({ ...COUNTER_SERIES[key], type: 'counter' })),
    ...TIMINGS.map((key) => ({ ...TIMING_SERIES[key], type: 'histogram' })),
  ];
  for (const { metric, labels, type } of series) {
    expect(family(metric)?.type).toBe(type);
    expect(Object.keys(labels)).toEqual(family(metric)?.labels);
  }
});

test('no two counters feed one series, and no metric is left without a counter', () => {
  const all = [...Object.values(COUNTER_SERIES), ...Object.values(TIMING_SERIES)];
  const series = all.map(({ metric, labels }) => JSON.stringify([metric, labels]));
  expect(new Set(series).size).toBe(series.length);
  const fed = new Set<string>(all.map(({ metric }) => metric));
  expect(CATALOG.filter(({ type, name }) => type !== 'gauge' && !fed.has(name))).toEqual([]);
});

test('help is one sentence on one line', () => {
  for (const { help } of CATALOG) expect(help).toMatch(/^[A-Z0-9][^\n\\]*\.$/);
});
