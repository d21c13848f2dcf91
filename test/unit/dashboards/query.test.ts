import { expect, test } from 'vitest';
import { AGENTS, gauge, ofProcess, quantile, rate } from '../../../dashboards/query.ts';

const join = `* on (job, instance) group_left (region, place, ring) ${AGENTS}`;
const chosen = 'job=~"$job", instance=~"$instance"';

test('a rate of the fleet is one series, and of a label one per value', () => {
  const inner = `rate(ringcast_requests_total{${chosen}}[$__rate_interval]) ${join}`;
  expect(rate('ringcast_requests_total')).toBe(`sum (${inner})`);
  expect(rate('ringcast_requests_total', { by: ['source'] })).toBe(`sum by (source) (${inner})`);
});

test('matchers stand beside those of the variables', () => {
  expect(rate('ringcast_origin_bytes_total', { where: 'kind="segment"' })).toContain(
    `{${chosen}, kind="segment"}[`,
  );
});

test('a gauge is aggregated as asked, without a rate', () => {
  const expr = gauge('min', 'ringcast_regions_known', { by: ['region'] });
  expect(expr).toBe(`min by (region) (ringcast_regions_known{${chosen}} ${join})`);
});

test('a quantile is taken over buckets that are summed, by le and what is asked', () => {
  expect(quantile(0.99, 'ringcast_ttfb_seconds', ['source'])).toBe(
    `histogram_quantile(0.99, sum by (le, source) (rate(ringcast_ttfb_seconds_bucket{${chosen}}[$__rate_interval]) ${join}))`,
  );
});

test('a process counter becomes a rate, a process gauge does not', () => {
  expect(ofProcess('process_cpu_seconds_total')).toContain('rate(');
  expect(ofProcess('process_resident_memory_bytes')).not.toContain('rate(');
});
