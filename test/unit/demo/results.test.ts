// The figures of a run with headless viewers.

import { expect, test } from 'vitest';
import type { AudienceReport } from '../../demo/audience.ts';
import { type RunReport, resultsOf, tableOf } from '../../demo/results.ts';

function run(audience: Partial<AudienceReport> = {}, rest: Partial<RunReport> = {}): RunReport {
  return {
    audience: {
      requests: 10,
      failedRequests: 0,
      failures: [],
      stalls: 0,
      originBytes: 100,
      agentBytes: new Map([
        ['http://a', 600],
        ['http://b', 300],
      ]),
      wrongObjects: [],
      wrongBytes: 0,
      unchecked: [],
      regionsOfSegment: new Map([
        ['/live/seg-1.m4s', 2],
        ['/live/seg-2.m4s', 1],
      ]),
      ownRequests: new Map([
        ['/live/seg-1.m4s', 1],
        ['/live/seg-2.m4s', 1],
      ]),
      ...audience,
    },
    agents: new Map([
      ['http://a', 'a'],
      ['http://b', 'b'],
    ]),
    originRequests: new Map([
      ['/live/seg-1.m4s', 3],
      ['/live/seg-2.m4s', 3],
      ['/live/seg-3.m4s', 50],
      ['/live/index.m3u8', 50],
    ]),
    startS: 4,
    ringLevels: 3,
    ...rest,
  };
}

function value(report: RunReport, name: string): number | undefined {
  return resultsOf(report).figures.find((figure) => figure.name === name)?.value;
}

test('origin fetches count per segment and region that asked, without the comparison and without playlists', () => {
  expect(value(run(), 'demo.origin_fetches_per_segment_region')).toBe((2 + 2) / 3);
});

test('the shares are of all bytes that viewers got', () => {
  expect(value(run(), 'demo.agent_share')).toBe(0.9);
  expect(value(run(), 'demo.min_agent_share_of_bytes')).toBe(0.3);
});

test('an agent that served nobody is the least, with nothing', () => {
  const agents = new Map([
    ['http://a', 'a'],
    ['http://idle', 'idle'],
  ]);
  expect(value(run({}, { agents }), 'demo.min_agent_share_of_bytes')).toBe(0);
});

test('failed requests and wrong bytes are reported as they are', () => {
  expect(value(run({ failedRequests: 2 }), 'demo.failed_requests')).toBe(2);
  expect(value(run({ wrongBytes: 7 }), 'demo.wrong_bytes')).toBe(7);
});

test('a figure that cannot be known is absent, with the reason', () => {
  const { figures, absent } = resultsOf(
    run({
      unchecked: ['/live/seg-9.m4s'],
      regionsOfSegment: new Map(),
      agentBytes: new Map(),
      originBytes: 0,
    }),
  );
  expect(figures.map(({ name }) => name)).toEqual([
    'demo.failed_requests',
    'demo.ring_levels',
    'demo.start_s',
  ]);
  expect(absent).toHaveLength(3);
  expect(absent.join()).toContain('/live/seg-9.m4s');
});

test('the table names every agent and the origin', () => {
  const table = tableOf(run()).join('\n');
  expect(table).toMatch(/a +600 B +60\.0 %/);
  expect(table).toMatch(/origin +100 B +10\.0 %/);
  expect(table).toContain('10 requests');
});
