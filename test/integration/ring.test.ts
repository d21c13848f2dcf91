// Real agents in real rings: they find each other, share segments, lose one by kill -9 and take it back.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { syntheticBytes } from '../../origin-stub/synthetic.ts';
import { digestOf, fetchDigest, nearOf, type RingAgent, RingFleet, until } from '../processes/ring-fleet.ts';

const BYTES = 2_000_000;
const EUROPE = ['agent-0', 'agent-1', 'agent-2', 'agent-3'];

let fleet: RingFleet;

beforeAll(async () => {
  fleet = await RingFleet.start(['eu/de/ber', 'eu/de/ber', 'eu/fr/par', 'eu/es/mad', 'us/nyc', 'us/chi']);
}, 90_000);

afterAll(() => fleet?.stop());

function agent(name: string): RingAgent {
  const found = fleet.agents.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

function digestAtOrigin(target: string): string {
  const name = target.split('/').at(-1) ?? '';
  return digestOf(syntheticBytes({ size: BYTES, name }, 0, BYTES));
}

function requestsOf(target: string): number {
  return fleet.origin.counters().paths[target]?.requests ?? 0;
}

test('agents that start with one seed find those of their region, and regions keep apart', async () => {
  for (const name of EUROPE) await until(() => nearOf(agent(name), fleet), EUROPE, 20_000);
  await until(() => nearOf(agent('agent-4'), fleet), ['agent-4', 'agent-5'], 20_000);
});

test('viewers at every agent cost one origin fetch per region, and all get the origin’s bytes', async () => {
  const target = await fleet.targetOf(agent('agent-2'), BYTES);
  const answers = await Promise.all(
    fleet.agents.flatMap((each) => [1, 2, 3].map(() => fetchDigest(each.url + target))),
  );
  expect(new Set(answers.map(({ status, digest }) => `${status} ${digest}`))).toEqual(
    new Set([`200 ${digestAtOrigin(target)}`]),
  );
  expect(requestsOf(target)).toBe(2);
});

test('a home that is killed while it receives costs nobody a byte', async () => {
  const home = agent('agent-1');
  const target = await fleet.targetOf(home, BYTES);
  // Slow enough that the home is killed half-way, fast enough for a test.
  fleet.origin.setFaults([{ match: target, bandwidthBytesPerS: 300_000 }]);
  const viewers = EUROPE.filter((name) => name !== home.name).map((name) =>
    fetchDigest(agent(name).url + target),
  );
  await until(async () => requestsOf(target), 1, 5_000);
  await new Promise((resolve) => setTimeout(resolve, 500));
  home.child.kill();
  fleet.origin.setFaults([]);
  for (const viewer of await Promise.all(viewers)) {
    expect(viewer).toEqual({ status: 200, digest: digestAtOrigin(target) });
  }
  // The next in rank went on where the dead one stopped: nothing was fetched twice but what was on its way.
  expect(requestsOf(target)).toBe(2);
  expect(fleet.origin.counters().paths[target]?.bytes).toBeLessThan(BYTES * 1.2);
});

test('every survivor hears of the death, and what the dead was home of is still fetched once', async () => {
  const survivors = EUROPE.filter((name) => name !== 'agent-1');
  for (const name of survivors) await until(() => nearOf(agent(name), fleet), survivors, 12_000);
  const target = await fleet.targetOf(agent('agent-3'), BYTES);
  const answers = await Promise.all(survivors.map((name) => fetchDigest(agent(name).url + target)));
  for (const answer of answers) expect(answer).toEqual({ status: 200, digest: digestAtOrigin(target) });
  expect(requestsOf(target)).toBe(1);
});

test('an agent that comes back is a member again, with the same id, and serves', async () => {
  await fleet.restart(agent('agent-1'));
  for (const name of EUROPE) await until(() => nearOf(agent(name), fleet), EUROPE, 20_000);
  const target = await fleet.targetOf(agent('agent-1'), BYTES);
  expect(await fetchDigest(agent('agent-0').url + target)).toEqual({
    status: 200,
    digest: digestAtOrigin(target),
  });
  expect(requestsOf(target)).toBe(1);
});

test('an agent that is told to stop leaves at once, and no request fails meanwhile', async () => {
  const target = await fleet.targetOf(agent('agent-3'), BYTES);
  const viewers = Array.from({ length: 20 }, (_, number) => {
    const others = EUROPE.filter((name) => name !== 'agent-3');
    const at = agent(others[number % others.length] ?? '');
    return fetchDigest(`${at.url}${target}?viewer=${number}`);
  });
  const stopped = agent('agent-3').child.stop(5_000);
  const rest = ['agent-0', 'agent-1', 'agent-2'];
  for (const name of rest) await until(() => nearOf(agent(name), fleet), rest, 3_000);
  for (const answer of await Promise.all(viewers)) {
    expect(answer).toEqual({ status: 200, digest: digestAtOrigin(target) });
  }
  await stopped;
});
