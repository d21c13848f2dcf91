// How counts of agents and origin become totals, rates, offload and flows.

import { expect, test } from 'vitest';
import { flowsOf, Ledger, type Look, NO_COUNTS } from '../../demo/ledger.ts';

const ORIGIN = { mediaRequests: 0, playlistRequests: 0, bytes: 0 };

function look(atMs: number, agents: Record<number, [string, object]>, origin: object = {}): Look {
  const counted = Object.entries(agents).map(
    ([index, [run, counts]]) => [Number(index), { run, counts: { ...NO_COUNTS, ...counts } }] as const,
  );
  return { atMs, agents: new Map(counted), origin: { ...ORIGIN, ...origin } };
}

test('totals add the agents up; rates are what grew per second', () => {
  const ledger = new Ledger();
  ledger.take(look(0, { 0: ['a', { requests: 5, viewerBytes: 100 }], 1: ['b', { viewerBytes: 50 }] }));
  expect(ledger.totals()).toMatchObject({ requests: 5, viewerBytes: 150, viewerBytesPerS: 0 });
  ledger.take(look(2_000, { 0: ['a', { requests: 9, viewerBytes: 300 }], 1: ['b', { viewerBytes: 50 }] }));
  expect(ledger.totals()).toMatchObject({
    requests: 9,
    requestsPerS: 2,
    viewerBytes: 350,
    viewerBytesPerS: 100,
  });
  expect(ledger.agent(0).rate.viewerBytes).toBe(100);
});

test('a restarted agent counts from zero, and its earlier bytes stay in the total', () => {
  const ledger = new Ledger();
  ledger.take(look(0, { 0: ['first', { viewerBytes: 1_000 }] }));
  ledger.take(look(1_000, {}));
  expect(ledger.agent(0).total.viewerBytes).toBe(1_000);
  ledger.take(look(2_000, { 0: ['second', { viewerBytes: 40 }] }));
  ledger.take(look(3_000, { 0: ['second', { viewerBytes: 60 }] }));
  expect(ledger.agent(0).total.viewerBytes).toBe(1_060);
  expect(ledger.agent(0).rate.viewerBytes).toBe(20);
});

test('a rate forgets what was more than four looks ago', () => {
  const ledger = new Ledger();
  ledger.take(look(0, { 0: ['a', {}] }));
  for (let second = 1; second <= 4; second += 1) {
    ledger.take(look(second * 1_000, { 0: ['a', { requests: 8 }] }));
    expect(ledger.agent(0).rate.requests).toBe(8 / second);
  }
  ledger.take(look(5_000, { 0: ['a', { requests: 8 }] }));
  expect(ledger.agent(0).rate.requests).toBe(0);
});

test('offload is one less the share of the origin, and unknown before anyone watched', () => {
  const ledger = new Ledger();
  ledger.take(look(0, { 0: ['a', {}] }));
  expect(ledger.totals().offload).toBeUndefined();
  ledger.take(look(1_000, { 0: ['a', { viewerBytes: 1_000, originBytes: 250 }] }, { bytes: 250 }));
  expect(ledger.totals().offload).toBe(0.75);
});

test('bytes that left the origin for no agent are bytes of players that fell back', () => {
  const ledger = new Ledger();
  ledger.take(
    look(0, { 0: ['a', { viewerBytes: 600, originBytes: 100 }] }, { bytes: 500, mediaRequests: 7 }),
  );
  expect(ledger.totals()).toMatchObject({ viewerBytes: 1_000, originFetches: 7, offload: 0.5 });
});

test('agents that fetched more than players took do not make a negative offload', () => {
  const ledger = new Ledger();
  ledger.take(look(0, { 0: ['a', { viewerBytes: 10, originBytes: 100 }] }, { bytes: 100 }));
  expect(ledger.totals().offload).toBe(0);
});

test('what an agent received is spread over the others that sent, in proportion, and never comes from itself', () => {
  const flows = flowsOf([
    { index: 3, sent: 300, received: 0 },
    { index: 4, sent: 100, received: 0 },
    { index: 5, sent: 50, received: 400 },
  ]);
  expect(flows).toEqual([
    { from: 3, to: 5, bytesPerS: 300 },
    { from: 4, to: 5, bytesPerS: 100 },
  ]);
});

test('in a quiet ring nothing flows', () => {
  expect(flowsOf([{ index: 0, sent: 0, received: 0 }])).toEqual([]);
  expect(flowsOf([{ index: 0, sent: 0, received: 10 }])).toEqual([]);
});
