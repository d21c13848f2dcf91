// The settled polyring and its experiments, at sizes that a test can afford. RESULTS.md has the large ones.
import { describe, expect, test } from 'vitest';
import type { Figure } from '../figures.ts';
import { meets } from '../figures.ts';
import { placeAgents } from './geography.ts';
import { EXPERIMENTS, type StructureOptions } from './structure/experiments.ts';
import { homesOf, loadOverMean } from './structure/load.ts';
import { Structure, sizeOf } from './structure/structure.ts';

const small: StructureOptions = {
  agents: 1_000,
  regions: 8,
  seed: 5,
  lookups: 150,
  broadcasts: 3,
  say: () => {},
};

function run(name: string, options: Partial<StructureOptions> = {}): ReadonlyMap<string, Figure> {
  const figures = EXPERIMENTS[name]?.({ ...small, ...options }) ?? [];
  return new Map(figures.map((figure) => [figure.name, figure]));
}

const missed = (figures: ReadonlyMap<string, Figure>): string[] =>
  [...figures.values()]
    .filter(({ value, goal }) => goal !== undefined && !meets(value, goal))
    .map(({ name, value, goal }) => `${name} ${value}, goal ${goal}`);

const figureOf = (figures: ReadonlyMap<string, Figure>, name: string): number => {
  const figure = figures.get(name);
  if (figure === undefined) throw new Error(`no figure ${name}`);
  return figure.value;
};

function settled(agents: number, regions: number, target?: number): Structure {
  const options = { agents, regions, seed: 5 };
  return new Structure({ ...placeAgents(options), seed: 5, ...(target === undefined ? {} : { target }) });
}

describe('a settled polyring', () => {
  test.each([
    [1, 1],
    [40, 1],
    [900, 3],
    [3_000, 8],
  ])('of %i agents in %i regions keeps to its sizes, levels and regions', (agents, regions) => {
    const structure = settled(agents, regions);
    expect(structure.leaves.reduce((sum, leaf) => sum + sizeOf(leaf), 0)).toBe(agents);
    for (const ring of structure.rings) {
      const entries = ring.level === 0 ? ring.members.length : ring.children.length;
      expect(entries).toBeLessThanOrEqual(56);
      if (ring.parent !== undefined) expect(ring.parent.level).toBeGreaterThan(ring.level);
      expect(ring.contacts.length).toBe(Math.min(5, ring.level === 0 ? entries : 5));
    }
    const tops = structure.rings.filter(({ parent }) => parent === undefined);
    expect(tops).toHaveLength(1);
    expect(tops[0]?.region === '').toBe(regions > 1);
  });

  test('gives all agents of a region one idea of who is home', () => {
    const structure = settled(300, 2, 8);
    const [first, ...others] = [...structure.records.keys()].filter((agent) => agent % 2 === 0);
    const homes = homesOf(structure, first ?? 0, 200);
    for (const other of others.slice(0, 20)) expect(homesOf(structure, other, 200)).toEqual(homes);
    const keys = [...homes.keys()];
    expect(keys.map((key) => homes[key])).toEqual([...homes]);
    expect(loadOverMean(homes, 150, 0.99)).toBeGreaterThan(1);
  });
});

test('look-ups find the copy, and one in the region costs about two hops', () => {
  const figures = run('lookup');
  for (const reach of ['region', 'region_cold', 'world', 'world_cold']) {
    expect(figureOf(figures, `sim.lookup_${reach}.success`)).toBe(1);
  }
  expect(figureOf(figures, 'sim.lookup_region.hops')).toBeLessThan(2.1);
  expect(figureOf(figures, 'sim.lookup_region_cold.redirects')).toBeLessThan(1.1);
  expect(figureOf(figures, 'sim.lookup_region_p50')).toBeLessThan(40);
});

test('a broadcast meets its goals, and the same seed gives the same figures', () => {
  const figures = run('broadcast');
  expect(missed(figures)).toEqual([]);
  expect(figureOf(figures, 'sim.broadcast.messages')).toBe(999);
  expect(figureOf(figures, 'sim.broadcast.coverage')).toBe(1);
  expect([...run('broadcast').values()]).toEqual([...figures.values()]);
});

test('with a tenth dead at once a broadcast reaches everyone else', () => {
  const figures = run('dead');
  expect(missed(figures).filter((line) => line.startsWith('sim.dead10'))).toEqual([]);
});

test('keys fall evenly on agents, and few move when one comes or goes', () => {
  expect(missed(run('balance', { agents: 1_600 }))).toEqual([]);
});

test('what an agent keeps is bounded by the sizes of its rings', () => {
  const figures = run('state', { agents: 3_000 });
  expect(figureOf(figures, 'sim.state.entries_max')).toBeLessThan(56 + 5 * (56 + 8));
});
