// An agent as the metrics see it: counts, timings and fixed gauges.

import type { Gauges } from '../../../agent/adapters/metrics/gauges.ts';
import { Metrics } from '../../../agent/adapters/metrics/scrape.ts';
import { type Counts, newCounts, Timings } from '../../../agent/core/counters.ts';
import type { AgentId, Region, RingId } from '../../../agent/wire/ids.ts';

export interface FakeAgent {
  readonly counts: Counts;
  readonly timings: Timings;
  readonly metrics: Metrics;
}

export const fakeGauges: Gauges = {
  agent: () => ({
    id: 'ab'.repeat(32) as AgentId,
    region: 'eu/de/ber' as Region,
    ring: '0|eu/de/ber|k3j9x0aa' as RingId,
  }),
  ready: () => true,
  ringMembers: () => ({ alive: 3, suspected: 1 }),
  ringLevels: () => 3,
  regionsKnown: () => 2,
  links: () => 5,
  viewerConnections: () => 7,
  fillsInFlight: () => 1,
  storeBytes: () => 1000,
  storeBytesMax: () => 4000,
  storeObjects: () => 12,
};

export function fakeAgent(gauges: Partial<Gauges> = {}): FakeAgent {
  const counts = newCounts();
  const timings = new Timings();
  const metrics = new Metrics({ counts, timings, gauges: { ...fakeGauges, ...gauges }, version: '1.2.3' });
  return { counts, timings, metrics };
}
