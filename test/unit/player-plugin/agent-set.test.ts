import { describe, expect, test } from 'vitest';
import { hash64, salted, score } from '../../../agent/wire/rendezvous.ts';
import { placementKey, segmentName } from '../../../agent/wire/segment-name.ts';
import { AgentSet, COOL_MAX_MS, COOL_MIN_MS, KNOWN_MAX, WARM_MAX } from '../../../player-plugin/agent-set.ts';
import { agentRecord, agentUrl } from './rosters.ts';

function measuredSet(rtts: Record<string, number>): AgentSet {
  const set = new AgentSet();
  set.learn(
    Object.keys(rtts).map((name) => agentRecord(name)),
    0,
  );
  for (const [name, rttMs] of Object.entries(rtts)) set.measured(agentUrl(name), rttMs);
  return set;
}

const key = (i: number): string =>
  placementKey(segmentName({ originId: 'main', target: `/720p/seg-${i}.m4s` }));
const urls = (set: AgentSet, nowMs = 0): string[] => set.warm(nowMs).map((agent) => agent.url);

describe('the warm set', () => {
  test('is the nearest few by round trip', () => {
    const set = measuredSet({ a: 30, b: 10, c: 20, d: 12, e: 25 });
    expect(urls(set)).toEqual(['b', 'd', 'c'].map(agentUrl));
    expect(WARM_MAX).toBe(3);
  });

  test('leaves out an agent across the world, even where it is the second of two', () => {
    expect(urls(measuredSet({ a: 10, b: 150 }))).toEqual([agentUrl('a')]);
  });

  test('takes a busy agent for a farther one', () => {
    const set = measuredSet({ a: 20, b: 22, c: 23, d: 24 });
    set.learn([agentRecord('a', { load: 0.9 })], 1);
    expect(urls(set)).not.toContain(agentUrl('a'));
  });

  test('never holds an agent of weight 0', () => {
    const set = measuredSet({ a: 20, b: 22 });
    set.learn([agentRecord('a', { weight: 0 })], 1);
    expect(urls(set)).toEqual([agentUrl('b')]);
  });

  test('is whatever is known while nothing is measured', () => {
    const set = new AgentSet();
    set.give(agentUrl('a'));
    expect(urls(set)).toEqual([agentUrl('a')]);
  });
});

describe('the viewer’s ring', () => {
  const other = { region: 'us' };

  function twoRings(homeMs: number, otherMs: number): AgentSet {
    const set = new AgentSet();
    set.learn([agentRecord('a'), agentRecord('b'), agentRecord('x', other), agentRecord('y', other)], 0);
    for (const name of ['x', 'y']) set.measured(agentUrl(name), otherMs);
    for (const name of ['a', 'b']) set.measured(agentUrl(name), homeMs);
    return set;
  }

  test('comes first where another ring is as near, whatever the segment', () => {
    const set = twoRings(2, 1);
    for (let i = 0; i < 20; i += 1) {
      const first = set.rank(key(i), 0).slice(0, 2);
      expect(first.map((agent) => agent.url).sort()).toEqual(['a', 'b'].map(agentUrl));
    }
  });

  test('is the other one where that is clearly nearer', () => {
    expect(urls(twoRings(40, 10))).toEqual(['x', 'y'].map(agentUrl));
  });

  test('is kept while its agents are not measured yet, and left when all of them failed', () => {
    const set = new AgentSet();
    set.learn([agentRecord('a'), agentRecord('x', other)], 0);
    set.measured(agentUrl('x'), 1);
    set.warm(0);
    set.measured(agentUrl('a'), 2);
    expect(urls(set)[0]).toBe(agentUrl('a'));
    set.failed(agentUrl('a'), 0);
    expect(urls(set)).toEqual([agentUrl('x')]);
  });
});

describe('rendezvous', () => {
  test('gives each segment the same order whatever the order in which agents became known', () => {
    const one = measuredSet({ a: 10, b: 11, c: 12 });
    const other = measuredSet({ c: 10, b: 11, a: 12 });
    for (let i = 0; i < 50; i += 1) {
      expect(one.rank(key(i), 0).map((agent) => agent.url)).toEqual(
        other.rank(key(i), 0).map((agent) => agent.url),
      );
    }
  });

  test('spreads segments over all warm agents', () => {
    const set = measuredSet({ a: 10, b: 10, c: 10 });
    const shares = new Map<string, number>();
    for (let i = 0; i < 600; i += 1) {
      const first = set.rank(key(i), 0)[0]?.url ?? '';
      shares.set(first, (shares.get(first) ?? 0) + 1);
    }
    expect([...shares.values()].every((share) => share > 150)).toBe(true);
    expect(shares.size).toBe(3);
  });

  test('an agent that leaves moves only its own segments', () => {
    const set = measuredSet({ a: 10, b: 10, c: 10 });
    const before = Array.from({ length: 200 }, (_, i) => set.rank(key(i), 0)[0]?.url);
    set.failed(agentUrl('b'), 0);
    const after = Array.from({ length: 200 }, (_, i) => set.rank(key(i), 0)[0]?.url);
    expect(before.every((url, i) => url === agentUrl('b') || url === after[i])).toBe(true);
  });

  test('the order is the one in which agents of the ring place the segment', () => {
    const set = measuredSet({ a: 10, b: 10, c: 10 });
    for (let i = 0; i < 50; i += 1) {
      const points = (name: string): number => {
        const { id, ring } = agentRecord(name);
        return score(salted(hash64(id), hash64(ring)), hash64(key(i)), 1);
      };
      const placed = ['a', 'b', 'c'].sort((x, y) => points(y) - points(x)).map(agentUrl);
      expect(set.rank(key(i), 0).map((agent) => agent.url)).toEqual(placed);
    }
  });
});

describe('cool-down', () => {
  test('an agent that failed is left alone, and after it until it is measured again', () => {
    const set = measuredSet({ a: 10, b: 12 });
    expect(set.failed(agentUrl('a'), 0)).toBe(COOL_MIN_MS);
    expect(urls(set, COOL_MIN_MS + 1)).toEqual([agentUrl('b')]);
    set.measured(agentUrl('a'), 10);
    expect(urls(set, COOL_MIN_MS - 1)).toEqual([agentUrl('b')]);
    expect(urls(set, COOL_MIN_MS + 1)).toContain(agentUrl('a'));
  });

  test('doubles with each failure in a row up to its limit, and starts over after a success', () => {
    const set = measuredSet({ a: 10 });
    expect(set.failed(agentUrl('a'), 0)).toBe(COOL_MIN_MS);
    expect(set.failed(agentUrl('a'), 0)).toBe(2 * COOL_MIN_MS);
    for (let i = 0; i < 20; i += 1) set.failed(agentUrl('a'), 0);
    expect(set.failed(agentUrl('a'), 0)).toBe(COOL_MAX_MS);
    set.served(agentUrl('a'), { firstByteMs: 10, bytesPerMs: 100 });
    expect(set.failed(agentUrl('a'), 0)).toBe(COOL_MIN_MS);
  });
});

describe('memory', () => {
  test('holds at most a fixed number of agents', () => {
    const set = new AgentSet();
    const many = Array.from({ length: KNOWN_MAX + 20 }, (_, i) => agentRecord(`agent-${i}`));
    set.learn(many, 0);
    expect(set.all()).toHaveLength(KNOWN_MAX);
  });

  test('drops agents that no roster names any more, but not those that the page gave', () => {
    const set = measuredSet({ a: 10, b: 12 });
    set.give(agentUrl('given'));
    set.learn([agentRecord('a')], 100);
    set.forgetBefore(50);
    expect(set.all().map((agent) => agent.url)).toEqual([agentUrl('a'), agentUrl('given')]);
  });

  test('knows the best rate of the other agents, and nothing where there is none', () => {
    const set = measuredSet({ a: 10, b: 12 });
    set.served(agentUrl('a'), { firstByteMs: 10, bytesPerMs: 500 });
    expect(set.bestRateBesides(agentUrl('b'))).toBe(500);
    expect(set.bestRateBesides(agentUrl('a'))).toBeUndefined();
  });
});
