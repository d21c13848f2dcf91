// Which agents a headless viewer asks, and in which order.

import { afterEach, expect, test, vi } from 'vitest';
import { Nearby } from '../../demo/nearby.ts';

const AGENTS = ['http://127.0.0.1:1001', 'http://127.0.0.1:1002', 'http://127.0.0.1:1003'] as const;
const ORIGIN = 'http://127.0.0.1:9000';

function roster(): string {
  const near = AGENTS.map((url, i) => ({
    id: String(i).repeat(64),
    region: 'eu/de/ber',
    ring: '0|eu|aaaaaaaa',
    url,
    load: 0,
    weight: 16,
  }));
  const origins = [{ id: 'o', base: ORIGIN }];
  return JSON.stringify({
    version: 1,
    agent: near[0],
    near,
    elsewhere: [],
    origins,
    ignoredQuery: [],
    ttlMs: 1_000,
  });
}

/** The agents at these URLs answer with a roster, the others not at all. */
function answering(...urls: readonly string[]): ReturnType<typeof vi.fn> {
  const fetched = vi.fn(async (url: string) => {
    if (!urls.some((each) => url.startsWith(each))) throw new TypeError('fetch failed');
    return new Response(roster());
  });
  vi.stubGlobal('fetch', fetched);
  return fetched;
}

afterEach(() => void vi.unstubAllGlobals());

function segment(i: number): string {
  return `${ORIGIN}/live/360p/seg-${i}.m4s`;
}

test('before a roster came nobody is asked', () => {
  expect(new Nearby(AGENTS).ranked(segment(1), 0)).toEqual([]);
});

test('the two agents within reach share the segments, the third comes last', async () => {
  answering(...AGENTS);
  const nearby = new Nearby(AGENTS);
  await nearby.refresh(0);
  const orders = Array.from({ length: 40 }, (_, i) => nearby.ranked(segment(i), 0).map(({ agent }) => agent));
  expect(new Set(orders.map(([first]) => first))).toEqual(new Set(AGENTS.slice(0, 2)));
  expect(orders.every((order) => order[2] === AGENTS[2])).toBe(true);
});

test('viewers of one city agree on the agent of a segment', async () => {
  answering(...AGENTS);
  const one = new Nearby(AGENTS);
  const other = new Nearby([AGENTS[1], AGENTS[0], AGENTS[2]]);
  await Promise.all([one.refresh(0), other.refresh(0)]);
  for (let i = 0; i < 10; i += 1) expect(one.ranked(segment(i), 0)).toEqual(other.ranked(segment(i), 0));
});

test('the URL at the agent has the path at the origin', async () => {
  answering(...AGENTS);
  const nearby = new Nearby(AGENTS);
  await nearby.refresh(0);
  for (const { agent, url } of nearby.ranked(`${ORIGIN}/a/b.m4s?c=d`, 0))
    expect(url).toBe(`${agent}/a/b.m4s?c=d`);
  expect(nearby.ranked('http://elsewhere.test/a/b.m4s', 0)).toEqual([]);
});

test('an agent that failed is left alone for five seconds', async () => {
  answering(...AGENTS);
  const nearby = new Nearby(AGENTS);
  await nearby.refresh(0);
  nearby.failed(AGENTS[0], 1_000);
  expect(nearby.ranked(segment(1), 5_999).map(({ agent }) => agent)).not.toContain(AGENTS[0]);
  expect(nearby.ranked(segment(1), 6_000).map(({ agent }) => agent)).toContain(AGENTS[0]);
});

test('where the first agent does not answer, the next one gives the roster', async () => {
  const fetched = answering(AGENTS[1]);
  const nearby = new Nearby(AGENTS);
  await nearby.refresh(0);
  expect(nearby.ranked(segment(1), 0).map(({ agent }) => agent)).toEqual([AGENTS[1], AGENTS[2]]);
  expect(fetched).toHaveBeenCalledTimes(2);
});

test('a roster is asked for again when its time is up, not before', async () => {
  const fetched = answering(...AGENTS);
  const nearby = new Nearby(AGENTS);
  await nearby.refresh(0);
  await nearby.refresh(999);
  expect(fetched).toHaveBeenCalledTimes(1);
  await nearby.refresh(1_000);
  expect(fetched).toHaveBeenCalledTimes(2);
});
