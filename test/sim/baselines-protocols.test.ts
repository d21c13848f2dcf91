// Each baseline against a result of its own paper, its own converged tables, failures and churn.
//
// Tolerances are a few times the spread over seeds. What is compared is named at each test.

import { describe, expect, it } from 'vitest';
import { below, prng, shuffle } from '../../agent/core/prng.ts';
import { Chord } from './baselines/chord.ts';
import { type Build, drain, lookupNow, settled, TO_ALL, TO_HOME } from './baselines/experiments.ts';
import { churned, grown } from './baselines/growth.ts';
import { Kademlia } from './baselines/kademlia.ts';
import { digitAt, randomKey, sharedDigits } from './baselines/key-space.ts';
import type { Base, Found } from './baselines/overlay.ts';
import { Pastry } from './baselines/pastry.ts';
import type { PrefixOverlay } from './baselines/prefix-overlay.ts';
import { Tapestry } from './baselines/tapestry.ts';

const WORLD = { agents: 1024, regions: 8, seed: 1, loss: 0 };

const chord: Build = (fabric, ids) => new Chord(fabric, ids);
const chordPns: Build = (fabric, ids) => new Chord(fabric, ids, { proximity: true });
/** Without the successor list's short cuts: the protocol of the paper's path lengths. */
const bareChord: Build = (fabric, ids) => new Chord(fabric, ids, { successors: 1 });
const kademlia: Build = (fabric, ids) => new Kademlia(fabric, ids);
const pastry: Build = (fabric, ids) => new Pastry(fabric, ids);
const tapestry: Build = (fabric, ids) => new Tapestry(fabric, ids);

interface Asked extends Found {
  readonly from: number;
  readonly right: boolean;
}

function askMany(overlay: Base, count: number, seed = 7): Asked[] {
  const random = prng(seed);
  return Array.from({ length: count }, () => {
    const from = overlay.entrance(-1, random);
    const key = randomKey(random);
    const found = lookupNow(overlay, from, key);
    if (found === undefined) throw new Error(`${overlay.name} gave a look-up up`);
    return { ...found, from, right: overlay.isRight(found, key, from) };
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const hopsOf = (overlay: Base): number => mean(askMany(overlay, 600).map((each) => each.hops));

/** The way there, without the home's answer, over the direct way: relative delay penalty, or stretch. */
function penalties(overlay: Base): { directMs: number; stretch: number }[] {
  const { network } = overlay.fabric;
  return askMany(overlay, 1500)
    .filter((each) => each.hops > 0)
    .map(({ from, home, latencyMs }) => {
      const directMs = network.rttMs(from, home) / 2;
      return { directMs, stretch: (latencyMs - directMs) / directMs };
    });
}

function meanStretch(overlay: Base): number {
  const all = penalties(overlay);
  return mean(all.map((each) => each.stretch * each.directMs)) / mean(all.map((each) => each.directMs));
}

function killShare(overlay: Base, share: number): void {
  const order = shuffle([...overlay.ids.keys()], prng(99));
  for (const agent of order.slice(0, Math.round(order.length * share))) overlay.fabric.kill(agent);
}

describe('Chord', () => {
  it('takes half of log2 N hops and the one to the home (Stoica et al. 2003, section 6.3)', () => {
    for (const agents of [256, 1024, 4096]) {
      const hops = hopsOf(settled(bareChord, { ...WORLD, agents }));
      expect(hops).toBeGreaterThan(Math.log2(agents) / 2);
      expect(hops).toBeLessThan(Math.log2(agents) / 2 + 1);
    }
  });

  it('keeps about log2 N distinct fingers (2003, section 4.3)', () => {
    const overlay = settled(chord, WORLD) as Chord;
    const counts = [...overlay.ids.keys()].map((agent) => {
      return new Set(overlay.tables(agent).fingers.filter((each) => each >= 0)).size;
    });
    expect(mean(counts)).toBeGreaterThan(Math.log2(1024) - 2);
    expect(mean(counts)).toBeLessThan(Math.log2(1024) + 1);
  });

  it('saves at least a third of the time with PNS(16), at the same number of hops (Dabek et al. 2004, section 4.4)', () => {
    const [plain, near] = [askMany(settled(chord, WORLD), 800), askMany(settled(chordPns, WORLD), 800)];
    const ms = (of: Asked[]): number => mean(of.map((each) => each.latencyMs));
    const hops = (of: Asked[]): number => mean(of.map((each) => each.hops));
    expect(ms(near)).toBeLessThan((ms(plain) * 2) / 3);
    expect(Math.abs(hops(near) - hops(plain))).toBeLessThan(0.4);
  });

  it('finds every home with 30 % dead at once, thanks to its successor lists (2003, theorem IV.6)', () => {
    const overlay = settled(chord, WORLD);
    killShare(overlay, 0.3);
    expect(askMany(overlay, 400).every((each) => each.right)).toBe(true);
  });

  it.each([
    ['plain', chord],
    ['PNS', chordPns],
  ])('%s: joins and upkeep end with just the tables that are constructed', (_, build) => {
    const world = { agents: 60, regions: 4, seed: 2, loss: 0 };
    const own = grown(build, { ...world, everyMs: 1000, quietMs: 1_000_000 }) as Chord;
    const constructed = settled(build, world) as Chord;
    for (let agent = 0; agent < 60; agent += 1) expect(own.tables(agent)).toEqual(constructed.tables(agent));
  });
});

describe('Kademlia', () => {
  it('keeps k contacts in every bucket that has so many: k (log2(N/k) + 1) in all (2002, section 2.2)', () => {
    for (const agents of [1024, 4096]) {
      const overlay = settled(kademlia, { ...WORLD, agents });
      const counts = [...Array(300).keys()].map((agent) => overlay.neighbours(agent).length);
      const expected = 20 * (Math.log2(agents / 20) + 1);
      expect(Math.abs(mean(counts) / expected - 1)).toBeLessThan(0.05);
    }
  });

  /** An answer names the closest of k contacts in the half that the key is in: log2 k bits and about half a bit more.
   *  The last log2 k bits need no hop, for any of the k closest has the value. */
  it('gains log2 k bits a hop and so takes log(N/k) / log k hops and less than one more (2002, section 3)', () => {
    for (const agents of [1024, 4096]) {
      const expected = Math.log2(agents / 20) / Math.log2(20);
      const hops = hopsOf(settled(kademlia, { ...WORLD, agents }));
      expect(hops).toBeGreaterThan(expected - 0.5);
      expect(hops).toBeLessThan(expected + 0.5);
    }
  });

  it('stores a publication with the 20 closest, and finds it from anywhere', () => {
    const overlay = settled(kademlia, WORLD) as Kademlia;
    const key = randomKey(prng(3));
    overlay.publish(17, key);
    drain(overlay);
    const closest = new Set(overlay.closestLiving(key, 20));
    for (let from = 0; from < 200; from += 1) {
      expect(closest.has(lookupNow(overlay, from, key)?.home ?? -1)).toBe(true);
    }
  });

  it('finds values with 30 % dead at once: some of 20 holders live', () => {
    const overlay = settled(kademlia, WORLD) as Kademlia;
    const random = prng(5);
    const keys = Array.from({ length: 200 }, () => randomKey(random));
    for (const key of keys) overlay.place(key);
    killShare(overlay, 0.3);
    for (const key of keys) {
      const found = lookupNow(overlay, overlay.entrance(-1, random), key);
      expect(overlay.fabric.alive(found?.home ?? -1)).toBe(true);
    }
  });

  it('fetches from the nearest of 20 providers sooner than from any', () => {
    const near: Build = (fabric, ids) => new Kademlia(fabric, ids, { copies: 'nearest' });
    const any: Build = (fabric, ids) => new Kademlia(fabric, ids, { copies: 'random' });
    const ms = (build: Build): number =>
      mean(askMany(settled(build, WORLD), 300).map((each) => each.latencyMs));
    expect(ms(near)).toBeLessThan(0.8 * ms(any));
  });

  it('fills buckets by joins and refreshes as the constructed ones are', () => {
    const world = { agents: 60, regions: 4, seed: 2, loss: 0 };
    const own = grown(kademlia, { ...world, everyMs: 1000, quietMs: 60_000 }) as Kademlia;
    const constructed = settled(kademlia, world) as Kademlia;
    for (let agent = 0; agent < 60; agent += 1) {
      for (let bucket = 0; bucket < 12; bucket += 1) {
        const [has, should] = [own.contacts(agent, bucket), constructed.contacts(agent, bucket)];
        expect(has).toHaveLength(should.length);
        if (should.length < 20) expect(new Set(has)).toEqual(new Set(should));
      }
    }
  });
});

describe('Pastry', () => {
  it('takes fewer than ceil(log16 N) hops, and more than one less (2001, section 3.1)', () => {
    for (const agents of [1024, 4096]) {
      const hops = hopsOf(settled(pastry, { ...WORLD, agents }));
      expect(hops).toBeLessThan(Math.ceil(Math.log2(agents) / 4));
      expect(hops).toBeGreaterThan(Math.log2(agents) / 4 - 1);
    }
  });

  it('holds no more than 15 ceil(log16 N) entries in the rows that N fills, and 16 leaves (2001, section 2.1)', () => {
    const overlay = settled(pastry, { ...WORLD, agents: 4096 }) as Pastry;
    for (let agent = 0; agent < 200; agent += 1) {
      expect(overlay.table.entries(agent, 0)).toHaveLength(15);
      expect(overlay.table.entries(agent).length).toBeLessThanOrEqual(15 * 3 + 5);
      expect(overlay.leaves(agent)).toHaveLength(16);
    }
  });

  /** 2001, section 3.2: 30 to 40 % more than the direct way, on a plane. Agents in metros far apart are kinder to proximity:
   *  all but the last hops stay within the region, so ours is about 1.2. */
  it('goes 1.1 to 1.5 times the direct way', () => {
    const stretch = meanStretch(settled(pastry, { ...WORLD, agents: 4096 }));
    expect(stretch).toBeGreaterThan(1.1);
    expect(stretch).toBeLessThan(1.5);
  });

  it('builds by joins and upkeep the leaf sets and tables that are constructed', () => {
    expectTables(pastry);
    const world = { agents: 60, regions: 4, seed: 2, loss: 0 };
    const own = grown(pastry, { ...world, everyMs: 1000, quietMs: 200_000 }) as Pastry;
    const constructed = settled(pastry, world) as Pastry;
    for (let agent = 0; agent < 60; agent += 1) {
      expect(new Set(own.leaves(agent))).toEqual(new Set(constructed.leaves(agent)));
    }
  });

  it('finds every home with 20 % dead at once', () => {
    const overlay = settled(pastry, WORLD);
    killShare(overlay, 0.2);
    expect(askMany(overlay, 300).every((each) => each.right)).toBe(true);
  });
});

describe('Tapestry', () => {
  it('routes every key to one root, from anywhere, in about log16 N hops (2004, section III)', () => {
    const overlay = settled(tapestry, { ...WORLD, agents: 4096 });
    const asked = askMany(overlay, 500);
    expect(asked.every((each) => each.right)).toBe(true);
    const hops = mean(asked.map((each) => each.hops));
    expect(hops).toBeLessThan(Math.log2(4096) / 4 + 1);
    expect(hops).toBeGreaterThan(Math.log2(4096) / 4 - 1);
  });

  it('takes the next digit that somebody has where nobody has the right one', () => {
    const overlay = settled(tapestry, { ...WORLD, agents: 40 });
    const asked = askMany(overlay, 200);
    expect(asked.every((each) => each.right)).toBe(true);
    expect(overlay.homeOf(overlay.id(3), 0)).toBe(3);
  });

  it('has a penalty that is near one for far targets and larger for near ones (2004, section V-B)', () => {
    const all = penalties(settled(tapestry, { ...WORLD, agents: 4096 }));
    const of = (least: number, most: number): number =>
      mean(all.filter((each) => each.directMs >= least && each.directMs < most).map((each) => each.stretch));
    expect(of(100, 300)).toBeLessThan(1.5);
    expect(of(0, 30)).toBeGreaterThan(1.2 * of(100, 300));
  });

  it('finds a near copy sooner than the root, by the pointers of its publication (2004, section III-B)', () => {
    const overlay = settled(
      (fabric, ids) => new Tapestry(fabric, ids, { pointers: true }),
      WORLD,
    ) as Tapestry;
    const random = prng(11);
    const key = randomKey(random);
    const holders = new Set(Array.from({ length: 20 }, () => below(random, WORLD.agents)));
    for (const holder of holders) overlay.publish(holder, key);
    drain(overlay);
    const ms: number[] = [];
    for (let from = 0; from < 300; from += 1) {
      const found = lookupNow(overlay, from, key);
      expect(holders.has(found?.home ?? -1)).toBe(true);
      ms.push(found?.latencyMs ?? Number.POSITIVE_INFINITY);
    }
    const toRoot = mean(askMany(settled(tapestry, WORLD), 300).map((each) => each.latencyMs));
    expect(mean(ms)).toBeLessThan(toRoot / 2);
  });

  it('builds by joins and upkeep the tables that are constructed', () => {
    expectTables(tapestry);
  });
});

/** Slots are filled alike, and their nearest entries are as near to a twentieth. */
function expectTables(build: Build): void {
  const world = { agents: 60, regions: 4, seed: 2, loss: 0 };
  const own = grown(build, { ...world, everyMs: 1000, quietMs: 900_000 }) as PrefixOverlay;
  const constructed = settled(build, world) as PrefixOverlay;
  const ways = { own: 0, constructed: 0 };
  for (let agent = 0; agent < 60; agent += 1) {
    for (const other of own.table.entries(agent)) {
      const row = sharedDigits(own.id(agent), own.id(other));
      expect(own.table.slot(agent, row, digitAt(own.id(other), row))).toContain(other);
    }
    for (let row = 0; row < 5; row += 1) {
      for (let column = 0; column < 16; column += 1) {
        const [has, should] = [
          own.table.first(agent, row, column),
          constructed.table.first(agent, row, column),
        ];
        expect(has < 0).toBe(should < 0);
        if (should < 0) continue;
        ways.own += own.fabric.network.delayMs(agent, has);
        ways.constructed += own.fabric.network.delayMs(agent, should);
      }
    }
  }
  expect(ways.own / ways.constructed).toBeLessThan(1.05);
}

describe.each(Object.entries(TO_ALL))('a broadcast over %s', (name, build) => {
  it('reaches every agent once with N - 1 messages', () => {
    const overlay = settled(build, { ...WORLD, agents: 800 });
    const spread = overlay.broadcast(5);
    drain(overlay);
    expect([...spread.reachMs].some(Number.isNaN)).toBe(false);
    expect(spread.messages).toBe(799);
    expect(spread.duplicates).toBe(0);
    if (name === 'kademlia-per-region') expect(spread.crossRegion).toBe(7);
    else expect(spread.crossRegion).toBeGreaterThan(500);
  });

  it('reaches every living agent with 10 % dead at once, in less than 1.3 messages an agent', () => {
    const overlay = settled(build, { ...WORLD, agents: 800 });
    killShare(overlay, 0.1);
    const from = overlay.entrance(-1, prng(1));
    const spread = overlay.broadcast(from);
    drain(overlay);
    const missed = [...spread.reachMs.keys()].filter((agent) => {
      return overlay.fabric.alive(agent) && Number.isNaN(spread.reachMs[agent]);
    });
    expect(missed).toEqual([]);
    expect(spread.messages).toBeLessThan(1.3 * 800);
  });
});

describe.each(Object.entries(TO_HOME))('%s', (_, build) => {
  it('finds 97 of 100 true homes while 10 % die and return every minute', () => {
    const { asked, right } = churned(build, {
      agents: 100,
      regions: 4,
      seed: 3,
      loss: 0,
      perMinute: 0.1,
      forMs: 240_000,
    });
    expect(asked).toBeGreaterThan(2000);
    expect(right / asked).toBeGreaterThan(0.97);
  });

  it('answers alike for the same seed', () => {
    const run = (): Asked[] => askMany(settled(build, { ...WORLD, agents: 300, loss: 0.02 }), 50);
    expect(run()).toEqual(run());
  });
});
