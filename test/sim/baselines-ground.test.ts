import { describe, expect, it } from 'vitest';
import { prng } from '../../agent/core/prng.ts';
import { percentile } from '../figures.ts';
import { Fabric } from './baselines/fabric.ts';
import { ANCHOR_RTT_MS, accessMs, type Metro, metrosOf, oneWayMs, placeAgents } from './geography.ts';
import { Network } from './network.ts';

const metros = metrosOf(8).flat();

function metro(name: string): Metro {
  const found = metros.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no metro ${name}`);
  return found;
}

const rttMs = (a: string, b: string): number => 2 * oneWayMs(metro(a), metro(b));

describe('geography', () => {
  it('has the published round trip between the anchors of any two of the eight regions', () => {
    const anchors = metrosOf(8).map(([first]) => first as Metro);
    let pairs = 0;
    for (const a of anchors) {
      for (const b of anchors) {
        const published = ANCHOR_RTT_MS[`${a.region}-${b.region}`];
        if (published === undefined) continue;
        pairs += 1;
        expect(2 * oneWayMs(a, b)).toBeCloseTo(published, 6);
        expect(oneWayMs(b, a)).toBeCloseTo(oneWayMs(a, b), 9);
      }
    }
    expect(pairs).toBe(28);
  });

  /** Of the same table, not used to calibrate. */
  it.each([
    ['lon', 'iad', 80],
    ['par', 'tyo', 245],
    ['chi', 'fra', 114],
    ['osa', 'syd', 115],
    ['hkg', 'tyo', 52],
    ['cpt', 'fra', 156],
    ['mel', 'sin', 90],
    ['lon', 'sin', 185],
    ['dal', 'sao', 142],
    ['maa', 'sin', 39],
  ])('puts %s and %s within a third of the %i ms that it was not told of', (a, b, published) => {
    expect(rttMs(a, b) / published).toBeGreaterThan(0.67);
    expect(rttMs(a, b) / published).toBeLessThan(1.34);
  });

  it('keeps regions compact: any two metros of one are nearer than 60 ms, and never the same place', () => {
    for (const own of metrosOf(8)) {
      expect(own.length).toBeGreaterThanOrEqual(3);
      for (const a of own) for (const b of own) if (a !== b) expect(2 * oneWayMs(a, b)).toBeLessThan(60);
    }
    expect(rttMs('fra', 'fra')).toBe(1);
  });

  it('repeats the places under new names past the eighth region', () => {
    const [ninth] = metrosOf(9)[8] as [Metro];
    expect(ninth.region).toBe('eu2');
    expect(2 * oneWayMs(ninth, metro('iad'))).toBeCloseTo(97, 6);
  });

  it('spreads agents evenly over the regions and alike for the same seed', () => {
    const placed = placeAgents({ agents: 800, regions: 8, seed: 3 });
    for (let region = 0; region < 8; region += 1) {
      expect(placed.regionOf.filter((each) => each === region)).toHaveLength(100);
    }
    expect(placed.metros[placed.metroOf[9] as number]?.region).toBe('us');
    expect(placeAgents({ agents: 800, regions: 8, seed: 3 }).metroOf).toEqual(placed.metroOf);
    expect(placeAgents({ agents: 800, regions: 8, seed: 4 }).metroOf).not.toEqual(placed.metroOf);
  });

  it('draws ways into the metro of 1.5 ms in the median, with a tail', () => {
    const random = prng(1);
    const drawn = Array.from({ length: 20_000 }, () => accessMs(random));
    expect(percentile(drawn, 0.5)).toBeCloseTo(1.5, 1);
    expect(percentile(drawn, 0.9)).toBeGreaterThan(3.4);
    expect(percentile(drawn, 0.9)).toBeLessThan(4);
    expect(Math.max(...drawn)).toBeLessThanOrEqual(20);
  });
});

describe('network', () => {
  const fra = metros.indexOf(metro('fra'));
  const lon = metros.indexOf(metro('lon'));
  const tyo = metros.indexOf(metro('tyo'));
  const newNetwork = (): Network => new Network(metros, Int32Array.of(fra, fra, lon, tyo), prng(1));

  it("adds both agents' ways in to the metros' delay, the same in both directions", () => {
    const network = newNetwork();
    const expected =
      oneWayMs(metro('fra'), metro('tyo')) + (network.access[0] ?? 0) + (network.access[3] ?? 0);
    expect(network.delayMs(0, 3)).toBeCloseTo(expected, 9);
    expect(network.delayMs(3, 0)).toBeCloseTo(expected, 9);
  });

  it('adds 0 to 10 % of jitter to a passage', () => {
    const network = newNetwork();
    const passages = Array.from({ length: 200 }, () => network.pass(0, 3, 1000));
    const ways = passages.map((each) => (each.kind === 'arrives' ? each.atMs - 1000 : Number.NaN));
    expect(Math.min(...ways)).toBeGreaterThanOrEqual(network.delayMs(0, 3));
    expect(Math.max(...ways)).toBeLessThanOrEqual(network.delayMs(0, 3) * 1.1);
    expect(Math.max(...ways) - Math.min(...ways)).toBeGreaterThan(1);
  });

  it('accounts messages and bytes by how far they go', () => {
    const network = newNetwork();
    network.pass(0, 1, 0, 100);
    network.pass(0, 2, 0, 200);
    network.pass(0, 2, 0, 200);
    network.pass(0, 3, 0, 50);
    expect([...network.messages]).toEqual([1, 2, 1]);
    expect([...network.bytes]).toEqual([100, 400, 50]);
    expect(network.crossesRegions(0, 2)).toBe(false);
    expect(network.crossesRegions(0, 3)).toBe(true);
  });

  it('sends one after the other over a given uplink, and at once without one', () => {
    const network = newNetwork();
    const unbounded = network.pass(0, 3, 0, 1e6);
    network.uplinks = new Float64Array(4).fill(1000);
    network.pass(0, 3, 0, 1e6);
    const second = network.pass(0, 3, 0, 1e6);
    expect(unbounded.kind === 'arrives' && unbounded.atMs < 200).toBe(true);
    expect(second.kind === 'arrives' && second.atMs > 2000 + network.delayMs(0, 3)).toBe(true);
  });

  it('may carry one direction of a cut and not the other', () => {
    const network = newNetwork();
    network.cut = (from) => from === 0;
    expect(network.pass(0, 3, 0).kind).toBe('lost');
    expect(network.pass(3, 0, 0).kind).toBe('arrives');
  });
});

describe('fabric', () => {
  const ask = (fabric: Fabric, to: number): { said: string; atMs: number } => {
    const heard = { said: '', atMs: 0 };
    const end = (said: string): void => {
      heard.said += said;
      heard.atMs = fabric.nowMs;
    };
    fabric.call({
      from: 0,
      to,
      bytes: 1,
      replyBytes: 1,
      waitMs: fabric.rtoMs(0, to),
      serve: () => 'here',
      answered: end,
      silent: () => end('silent'),
    });
    fabric.run(10_000);
    return heard;
  };

  it('answers a call after a round trip and never after the time-out too', () => {
    const fabric = new Fabric({ agents: 16, regions: 8, seed: 1 });
    const heard = ask(fabric, 5);
    expect(heard.said).toBe('here');
    expect(heard.atMs).toBeGreaterThanOrEqual(2 * fabric.network.delayMs(0, 5));
    expect(heard.atMs).toBeLessThan(fabric.rtoMs(0, 5));
  });

  it('is silent about the dead until the time-out', () => {
    const fabric = new Fabric({ agents: 16, regions: 8, seed: 1 });
    fabric.kill(5);
    expect(ask(fabric, 5)).toEqual({ said: 'silent', atMs: fabric.rtoMs(0, 5) });
  });

  it('forgets timers of an earlier life', () => {
    const fabric = new Fabric({ agents: 2, regions: 1, seed: 1 });
    let rang = false;
    fabric.after(1, 50, () => {
      rang = true;
    });
    fabric.kill(1);
    fabric.revive(1);
    fabric.run(100);
    expect(rang).toBe(false);
  });
});
