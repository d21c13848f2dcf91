// `bench flash`: a crowd that wants one new object within a second or a few, at the live edge of a stream.
//
// Three questions: is one agent as quick as nginx and Varnish (one against one), is the origin asked once per region
// when there are several agents, and what do viewers notice of faults.

import type { Figure } from '../../figures.ts';
import type { Bench, Table } from '../bench.ts';
import { median } from '../rounds.ts';
import { duel, ORIGIN_ALONE, SIZES, type Size } from './duel.ts';
import { type FaultRounds, faultyCrowds } from './faults.ts';
import { REGIONS, regionCrowd } from './regions.ts';
import { type Crowded, FULL_SCENE, QUICK_SCENE } from './scene.ts';

export const flash: Bench = async ({ world, rounds, quick, live, say }) => {
  const scene = quick ? QUICK_SCENE : FULL_SCENE;
  const sizes = quick ? [{ viewers: scene.viewers, withinMs: scene.withinMs }] : SIZES;
  const duels = await duel(world, scene, { sizes, rounds, say });
  say(`flash: ${quick ? 2 : 6} agents in ${REGIONS} regions, ${rounds} rounds`);
  const regions = await regionCrowd(world, scene, { agentsPerRegion: quick ? 1 : 3, rounds });
  const faults = await faultyCrowds(world, scene, { agents: quick ? 2 : 4, rounds, say });
  const measured = sizes.find(({ viewers }) => viewers === scene.viewers) ?? sizes[0];
  const goalSize = measured === undefined ? undefined : duels.get(measured);
  const ours = [...duels.values()].flatMap((servers) => servers.get('ringcast') ?? []);
  const healthy = [...ours, ...regions, ...faults.slow, ...faults.truncated, ...faults.killed];
  for (const { problems } of healthy) for (const problem of problems) say(`flash: a viewer: ${problem}`);
  return {
    tables: [...[...duels].map(([size, servers]) => duelTable(size, servers)), ringTable(regions, faults)],
    figures: [
      ...countFigures(regions, healthy, [...healthy, ...faults.unavailable]),
      ...(goalSize === undefined ? [] : duelFigures(goalSize)),
      ...faultFigures(faults),
    ],
    absent: [...faults.missing, ...(live ? ['push.before_asked: live push is not built yet'] : [])],
  };
};

const COLUMNS = [
  'TTFB p50, ms',
  'TTFB p99, ms',
  'total p99, ms',
  'origin fetches',
  'failed',
  'wrong',
  'resumed',
  'CPU-s/GB',
];

function duelTable(size: Size, servers: ReadonlyMap<string, readonly Crowded[]>): Table {
  return {
    title: `${size.viewers} viewers within ${size.withinMs / 1_000} s, one server`,
    columns: ['server', ...COLUMNS],
    rows: [...servers].map(([name, rounds]) => row(name, rounds)),
  };
}

function ringTable(regions: readonly Crowded[], faults: FaultRounds): Table {
  return {
    title: 'several agents',
    columns: ['crowd', ...COLUMNS],
    rows: [
      row(`ringcast, ${REGIONS} regions`, regions),
      row('ringcast, one holder 10 x slow', faults.slow),
      row('ringcast, 10 % of fills truncated', faults.truncated),
      row('ringcast, home killed mid-segment', faults.killed),
      row('ringcast, origin answers 503', faults.unavailable),
    ],
  };
}

/** Times are medians over the rounds; counts are those of the worst. */
function row(name: string, rounds: readonly Crowded[]): [string, ...(number | undefined)[]] {
  if (rounds.length === 0) return [name];
  const middle = (what: 'ttfbP50' | 'ttfbP99' | 'totalP99' | 'cpuPerGb'): number =>
    median(rounds.map((each) => each[what]));
  const most = (what: 'fetches' | 'failed' | 'wrong' | 'resumed'): number =>
    Math.max(...rounds.map((each) => each[what]));
  return [
    name,
    ...[middle('ttfbP50'), middle('ttfbP99'), middle('totalP99')],
    ...[most('fetches'), most('failed'), most('wrong'), most('resumed'), middle('cpuPerGb')],
  ];
}

function countFigures(
  regions: readonly Crowded[],
  healthy: readonly Crowded[],
  all: readonly Crowded[],
): Figure[] {
  const fetches = regions.map((round) => round.fetches / REGIONS);
  // "Exactly one" is a claim about every round: the value is the round that is farthest from it.
  const worst = [...fetches].sort((a, b) => Math.abs(b - 1) - Math.abs(a - 1))[0] ?? 0;
  const sum = (rounds: readonly Crowded[], what: 'failed' | 'wrong'): number =>
    rounds.reduce((total, round) => total + round[what], 0);
  return [
    { name: 'flash.origin_fetches_per_region', value: worst, unit: 'fetches', goal: '= 1', samples: fetches },
    { name: 'flash.failed', value: sum(healthy, 'failed'), unit: 'viewers', goal: '= 0' },
    { name: 'flash.wrong_bytes', value: sum(all, 'wrong'), unit: 'answers', goal: '= 0' },
  ];
}

function duelFigures(servers: ReadonlyMap<string, readonly Crowded[]>): Figure[] {
  const ours = servers.get('ringcast') ?? [];
  const beyond = (name: string, what: 'ttfbP99' | 'totalP99'): number[] =>
    ours.map((round, index) => round[what] - (servers.get(name)?.[index]?.[what] ?? Number.NaN));
  const overVarnish = beyond('varnish', 'ttfbP99');
  const overOrigin = beyond(ORIGIN_ALONE, 'totalP99');
  return [
    ms('flash.ttfb_p99_over_varnish_ms', overVarnish, '<= 5'),
    ms('flash.total_p99_over_origin_ms', overOrigin, '<= 50'),
  ];
}

function faultFigures(faults: FaultRounds): Figure[] {
  const each = (['slow', 'truncated', 'killed'] as const).flatMap((fault) => {
    const rounds = faults[fault];
    if (rounds.length === 0) return [];
    return [
      ms(
        `flash.${fault}.total_p99_ms`,
        rounds.map((round) => round.totalP99),
      ),
      most(
        `flash.${fault}.failed`,
        'viewers',
        rounds.map((round) => round.failed),
      ),
      most(
        `flash.${fault}.origin_fetches`,
        'per object',
        rounds.map((round) => round.fetches),
      ),
    ];
  });
  const { unavailable } = faults;
  const served = unavailable.map((round) => round.servedAfter);
  return [
    ...each,
    most(
      'flash.origin_503.origin_fetches',
      'per object',
      unavailable.map((round) => round.fetches),
    ),
    { name: 'flash.origin_503.served_after', value: Math.min(...served), unit: 'share', samples: served },
  ];
}

function ms(name: string, samples: readonly number[], goal?: string): Figure {
  return { name, value: median(samples), unit: 'ms', goal, samples };
}

function most(name: string, unit: string, samples: readonly number[]): Figure {
  return { name, value: Math.max(...samples), unit, samples };
}
