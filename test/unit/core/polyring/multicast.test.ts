// Casts on settled polyrings of a few dozen agents in rings of four: reach, counts, failover, repair.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ownRegion } from '../../../../agent/core/polyring/cast-path.ts';
import { CAST_TUNING } from '../../../../agent/core/polyring/cast-tuning.ts';
import { CAST_BYTES_MAX } from '../../../../agent/wire/limits.ts';
import type { Cast } from '../../../../agent/wire/message.ts';
import { Town } from './cast-town.ts';

const town = (agents = 60, regions = 3, seed = 1): Town => new Town({ agents, regions, seed });
const all = (of: Town): number[] => [...of.agents.keys()];
const counts = (of: Town): number[] => of.delivered.map((each) => each.length);
const regionOf = (of: Town, agent: number): string => ownRegion(of.view(agent));

describe('a cast to the world', () => {
  test('comes once to every agent but its sender, in N - 1 messages, R - 1 of them across regions', () => {
    const each = town(140);
    expect(each.structure.levels).toBeGreaterThanOrEqual(4);
    expect(each.cast(7)).toBeUndefined();
    each.run(5_000);
    expect(counts(each)).toEqual(all(each).map((agent) => (agent === 7 ? 0 : 1)));
    expect(each.casts()).toHaveLength(139);
    const across = each.casts().filter(({ from, to }) => regionOf(each, from) !== regionOf(each, to));
    expect(across).toHaveLength(2);
  });

  test('is acknowledged once for each ring that somebody was asked to serve', () => {
    const each = town();
    each.cast(7);
    each.run(5_000);
    const asked = each.casts().filter(({ message }) => {
      const { cover, climb } = message as Cast;
      return cover !== undefined || climb !== undefined;
    });
    const acks = each.sent.filter(({ message }) => message.kind === 'cast-ack');
    expect(acks).toHaveLength(asked.length);
    // Rings but for the sender's own leaf; a climb is asked for beside a cover.
    expect(acks.length).toBeLessThan(each.structure.rings.length);
  });

  test('of the only agent there is takes no message', () => {
    const alone = town(1, 1);
    expect(alone.cast(0)).toBeUndefined();
    alone.run(5_000);
    expect(alone.sent).toEqual([]);
  });

  test('that comes a second time is not delivered again', () => {
    const each = town();
    each.cast(7);
    each.run(5_000);
    const first = each.casts()[0];
    if (first === undefined) throw new Error('nothing was sent');
    each.turn(first.to, (core, now) => core.receive(each.id(first.from), first.message as Cast, now));
    each.run(5_000);
    expect(Math.max(...counts(each))).toBe(1);
  });

  test('with more bytes than a cast may have is refused', () => {
    const each = town();
    const world = { reach: 'world', target: '' } as const;
    expect(each.cast(0, world, new Uint8Array(CAST_BYTES_MAX + 1))).toBe('too-large');
    expect(each.cast(0, world, new Uint8Array(CAST_BYTES_MAX))).toBeUndefined();
  });

  test('leaves nothing behind once it is over', () => {
    const each = town();
    each.cast(7);
    each.run(CAST_TUNING.keepMs + 5_000);
    expect(each.agents.map(({ pending }) => pending)).toEqual(all(each).map(() => 0));
    expect(Math.min(...each.agents.map(({ nextWakeMs }) => nextWakeMs))).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a cast to a part of the world', () => {
  test('to the own region stays in it, and comes to all of it', () => {
    const each = town();
    const region = regionOf(each, 4);
    each.cast(4, { reach: 'region', target: region });
    each.run(5_000);
    expect(counts(each)).toEqual(all(each).map((a) => (a !== 4 && regionOf(each, a) === region ? 1 : 0)));
  });

  test('to another region crosses once, and comes to nobody of the own one', () => {
    const each = town();
    const region = regionOf(each, 5);
    expect(region).not.toBe(regionOf(each, 4));
    each.cast(4, { reach: 'region', target: region });
    each.run(5_000);
    expect(counts(each)).toEqual(all(each).map((a) => (regionOf(each, a) === region ? 1 : 0)));
    const across = each.casts().filter(({ from, to }) => regionOf(each, from) !== regionOf(each, to));
    expect(across).toHaveLength(1);
  });

  test('to the leaf ring, or to one above it, comes to all below that ring', () => {
    for (const height of [0, 1]) {
      const each = town();
      const { leaf, above } = each.view(9);
      const ring = height === 0 ? leaf.ring : (above[0]?.ring ?? leaf.ring);
      each.cast(9, { reach: 'ring', target: ring });
      each.run(5_000);
      const isBelow = (a: number): boolean =>
        each.view(a).leaf.ring === ring || each.view(a).above.some((path) => path.ring === ring);
      expect(counts(each)).toEqual(all(each).map((a) => (a !== 9 && isBelow(a) ? 1 : 0)));
    }
  });

  test('to a region or ring that the sender knows nothing of is refused', () => {
    const each = town();
    const elsewhere = each.view(5).leaf.ring;
    expect(each.cast(4, { reach: 'region', target: 'atlantis' })).toBe('unknown-target');
    expect(each.cast(4, { reach: 'ring', target: elsewhere })).toBe('unknown-target');
    expect(each.sent).toEqual([]);
  });

  test('to a topic comes to those who are interested, and crosses only to their regions', () => {
    const each = town();
    const interested = all(each).filter((a) => regionOf(each, a) !== regionOf(each, 0) && a % 7 === 0);
    const target = 'stream/7';
    for (const a of interested) each.turn(a, (core, now) => core.subscribe(target, now));
    each.run(4 * CAST_TUNING.interestEveryMs);
    const before = each.casts().length;
    each.cast(0, { reach: 'topic', target });
    each.run(2_000);
    expect(counts(each)).toEqual(all(each).map((a) => (interested.includes(a) ? 1 : 0)));
    expect(each.casts().length - before).toBeLessThan(30);
  });

  test('to a topic no longer comes to who unsubscribed', () => {
    const each = town();
    each.turn(9, (core, now) => core.subscribe('news', now));
    each.run(4 * CAST_TUNING.interestEveryMs);
    each.agents[9]?.unsubscribe('news');
    each.run(2 * CAST_TUNING.interestMs);
    each.cast(0, { reach: 'topic', target: 'news' });
    each.run(2_000);
    expect(counts(each)).toEqual(all(each).map(() => 0));
  });
});

describe('an agent that is asked to serve a ring', () => {
  test('and is not in it says so, and the next contact is asked at once', () => {
    const each = town();
    // The first that anybody asks to cover a ring has meanwhile moved to agent 7's leaf ring.
    each.lost = ({ message }) => message.kind === 'cast';
    each.cast(7);
    each.run(1_500);
    const asked = each.casts().find(({ message }) => (message as Cast).cover !== undefined);
    if (asked === undefined) throw new Error('nobody was asked');
    const again = town();
    again.views.set(asked.to, again.structure.viewOf(7));
    again.cast(7);
    again.run(CAST_TUNING.ackWaitUnknownMs / 2);
    const refused = again.sent.filter(({ message }) => message.kind === 'cast-ack' && !message.taken);
    expect(refused.map(({ from }) => from)).toEqual([asked.to]);
    again.run(5_000);
    const others = counts(again).filter((_, agent) => agent !== 7);
    expect(Math.min(...others)).toBe(1);
    expect(Math.max(...others)).toBe(1);
  });
});

describe('a cast that was lost on its way', () => {
  test('is asked for when the next one shows the gap, within a second', () => {
    const each = town(12, 1);
    each.cast(3);
    each.run(1_000);
    each.lost = ({ to, message }) => to === 5 && message.kind === 'cast' && message.seq === 2;
    each.cast(3);
    each.run(1_000);
    expect(each.delivered[5]).toHaveLength(1);
    each.lost = () => false;
    each.cast(3);
    each.run(1_000);
    expect(each.delivered[5]).toHaveLength(3);
    expect(counts(each).every((count, agent) => agent === 3 || count === 3)).toBe(true);
  });

  test('is not asked for where it was before the first that came: a newcomer wants no history', () => {
    const each = town(12, 1);
    each.lost = ({ to }) => to === 5;
    each.cast(3);
    each.run(1_000);
    each.lost = () => false;
    each.cast(3);
    each.run(3_000);
    expect(each.delivered[5]).toHaveLength(1);
    expect(each.sent.some(({ message }) => message.kind === 'cast-pull')).toBe(false);
  });

  test('by a sender that dies half-way is handed on by those whom it reached', () => {
    const each = town(24, 1);
    const ring = each.structure.leaves.find(({ members }) => members.length >= 4)?.members ?? [];
    const [source = 0, lucky = 0, ...unlucky] = ring;
    expect(unlucky.length).toBeGreaterThanOrEqual(2);
    each.lost = ({ from, to }) => from === source && to !== lucky;
    each.cast(source);
    each.run(20);
    expect(ring.map((agent) => each.delivered[agent]?.length)).toEqual([0, 1, ...unlucky.map(() => 0)]);
    each.kill(source, () => false);
    each.run(1_000);
    expect(ring.map((agent) => each.delivered[agent]?.length)).toEqual([0, 1, ...unlucky.map(() => 1)]);
  });
});

/** Kills a share, but leaves every ring one contact: where all five of a ring are dead, nobody can reach it. */
function killSome(each: Town, chosen: readonly number[], spared: number): number[] {
  const dead = new Set(chosen.map((agent) => agent % each.agents.length).filter((agent) => agent !== spared));
  for (const ring of each.structure.rings) {
    const contacts = ring.contacts.map(({ id }) => each.structure.indexOf(id));
    if (contacts.every((agent) => dead.has(agent))) dead.delete(contacts.at(-1) as number);
  }
  return [...dead];
}

const towns = fc.record({
  agents: fc.integer({ min: 1, max: 120 }),
  regions: fc.integer({ min: 1, max: 4 }),
  seed: fc.nat({ max: 10_000 }),
  from: fc.nat({ max: 119 }),
  chosen: fc.array(fc.nat({ max: 119 }), { maxLength: 40 }),
});

test('every living agent gets a cast exactly once, whoever died before it', () => {
  fc.assert(
    fc.property(towns, ({ from, chosen, ...options }) => {
      const each = new Town(options);
      const source = from % options.agents;
      for (const agent of killSome(each, chosen, source)) each.dead.add(agent);
      each.cast(source);
      each.run(20_000);
      const due = all(each).map((agent) => (agent === source || each.dead.has(agent) ? 0 : 1));
      expect(counts(each)).toEqual(due);
      if (each.dead.size === 0) expect(each.casts()).toHaveLength(options.agents - 1);
    }),
    { numRuns: 100 },
  );
});

test('every survivor gets a cast exactly once, whoever dies during it, letters in hand', () => {
  const deaths = fc.array(fc.tuple(fc.nat({ max: 119 }), fc.nat({ max: 120 })), { maxLength: 6 });
  fc.assert(
    fc.property(towns, deaths, ({ from, chosen: _, ...options }, dying) => {
      const each = new Town(options);
      const source = from % options.agents;
      const victims = new Set(
        killSome(
          each,
          dying.map(([agent]) => agent),
          source,
        ),
      );
      each.cast(source);
      for (const [agent, afterMs] of dying) {
        each.run(afterMs);
        const victim = agent % options.agents;
        if (victims.delete(victim)) each.kill(victim, ({ to }) => to % 2 === 0);
      }
      each.run(30_000);
      const due = all(each).map((agent) => (agent === source || each.dead.has(agent) ? 0 : 1));
      const got = counts(each).map((count, agent) => (each.dead.has(agent) ? 0 : count));
      expect(got).toEqual(due);
      expect(Math.max(...counts(each))).toBeLessThanOrEqual(1);
    }),
    { numRuns: 100 },
  );
});
