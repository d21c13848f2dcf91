import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { CATALOG } from '../../../agent/adapters/metrics/catalog.ts';
import { COUNTER_SERIES } from '../../../agent/adapters/metrics/series.ts';
import { COUNTERS, TIMING_BOUNDS_MS } from '../../../agent/core/counters.ts';
import { readExposition, sampleValue } from './exposition.ts';
import { type FakeAgent, fakeAgent } from './fake-agent.ts';

const made: FakeAgent[] = [];
const agent = (...options: Parameters<typeof fakeAgent>): FakeAgent => {
  const one = fakeAgent(...options);
  made.push(one);
  return one;
};
afterEach(() => {
  for (const { metrics } of made.splice(0)) metrics.close();
});

test('a scrape is Prometheus text with every catalogued metric, its type and its help', async () => {
  const { metrics } = agent();
  const { types, helps, samples } = readExposition(await metrics.text());
  for (const { name, type, help } of CATALOG) {
    expect([name, types.get(name), helps.get(name)]).toEqual([name, type, help]);
    expect(samples.some((sample) => sample.name.startsWith(name))).toBe(true);
  }
  expect(metrics.contentType).toMatch(/^text\/plain; version=0\.0\.4/);
});

test('the process metrics of prom-client stand beside the agent', async () => {
  const { types } = readExposition(await agent().metrics.text());
  expect(types.get('process_resident_memory_bytes')).toBe('gauge');
});

test('every counter comes out at its own series with its own value', async () => {
  const { counts, metrics } = agent();
  for (const [index, key] of COUNTERS.entries()) counts[key] = index + 1;
  const text = await metrics.text();
  for (const [index, key] of COUNTERS.entries()) {
    const { metric, labels } = COUNTER_SERIES[key];
    expect([key, sampleValue(text, metric, labels)]).toEqual([key, index + 1]);
  }
});

test('scraping changes nothing: counters stay, and go up only by what was counted', async () => {
  const { counts, metrics } = agent();
  counts['requests.ram'] += 5;
  const first = await metrics.text();
  const second = await metrics.text();
  counts['requests.ram'] += 2;
  const third = await metrics.text();
  const read = (text: string): number => sampleValue(text, 'ringcast_requests_total', { source: 'ram' });
  expect([read(first), read(second), read(third)]).toEqual([5, 5, 7]);
});

test('histogram buckets are cumulative, in seconds, and end at the count', async () => {
  const samplesMs = fc.array(fc.double({ min: 0, max: 20_000, noNaN: true }), { maxLength: 50 });
  await fc.assert(
    fc.asyncProperty(samplesMs, async (durationsMs) => {
      const { timings, metrics } = agent();
      for (const ms of durationsMs) timings.record('ttfb.peer', ms);
      const text = await metrics.text();
      const labels = { source: 'peer' };
      for (const boundMs of TIMING_BOUNDS_MS) {
        const within = durationsMs.filter((ms) => ms <= boundMs).length;
        const le = String(boundMs / 1000);
        expect(sampleValue(text, 'ringcast_ttfb_seconds_bucket', { ...labels, le })).toBe(within);
      }
      expect(sampleValue(text, 'ringcast_ttfb_seconds_bucket', { ...labels, le: '+Inf' })).toBe(
        durationsMs.length,
      );
      expect(sampleValue(text, 'ringcast_ttfb_seconds_count', labels)).toBe(durationsMs.length);
      const sumS = durationsMs.reduce((sum, ms) => sum + ms, 0) / 1000;
      expect(sampleValue(text, 'ringcast_ttfb_seconds_sum', labels)).toBeCloseTo(sumS, 6);
    }),
    { numRuns: 15 },
  );
});

test('gauges are read at each scrape', async () => {
  let fills = 1;
  const { metrics } = agent({ fillsInFlight: () => fills });
  const first = await metrics.text();
  fills = 4;
  const second = await metrics.text();
  expect(sampleValue(first, 'ringcast_fills_in_flight')).toBe(1);
  expect(sampleValue(second, 'ringcast_fills_in_flight')).toBe(4);
});

test('ring members stand by state, and readiness is 1 or 0', async () => {
  const text = await agent({ ready: () => false }).metrics.text();
  expect(sampleValue(text, 'ringcast_ring_members', { state: 'alive' })).toBe(3);
  expect(sampleValue(text, 'ringcast_ring_members', { state: 'suspected' })).toBe(1);
  expect(sampleValue(text, 'ringcast_ready')).toBe(0);
  expect(sampleValue(await agent().metrics.text(), 'ringcast_ready')).toBe(1);
});

test('the agent is named once, with its region apart from its place', async () => {
  const labels = { id: 'ab'.repeat(32), region: 'eu', place: 'eu/de/ber', ring: '0|eu/de/ber|k3j9x0aa' };
  const text = await agent().metrics.text();
  expect(sampleValue(text, 'ringcast_agent_info', labels)).toBe(1);
  expect(sampleValue(text, 'ringcast_build_info', { version: '1.2.3', node: process.versions.node })).toBe(1);
});

test('two agents in one process keep their counts apart', async () => {
  const one = agent();
  const other = agent();
  one.counts['store.admitted'] += 3;
  expect(sampleValue(await one.metrics.text(), 'ringcast_store_admissions_total')).toBe(3);
  expect(sampleValue(await other.metrics.text(), 'ringcast_store_admissions_total')).toBe(0);
});

test('a gauge that throws fails the scrape, and the next one works', async () => {
  let broken = true;
  const { metrics } = agent({
    links: () => {
      if (broken) throw new Error('no links');
      return 2;
    },
  });
  await expect(metrics.text()).rejects.toThrow('no links');
  broken = false;
  expect(sampleValue(await metrics.text(), 'ringcast_links')).toBe(2);
});
