// `bench fanout`: the same audience on ever more agents of one region: what more agents cost, and what the origin
// notices of them.
//
// Viewers are spread evenly and follow a stream: each asks for every segment soon after it appears, on a kept
// connection. Then one agent joins and another is killed while segments flow, and afterwards everything is asked for
// again at every agent, as viewers who seek back would: homes have moved, and the origin should not notice.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure } from '../figures.ts';
import { peerBytesOf } from './agent-counts.ts';
import type { Bench, BenchResult, Table } from './bench.ts';
import { ASK_MS_MAX, audience } from './crowd.ts';
import type { LoadResult } from './load/plan.ts';
import { median } from './rounds.ts';
import { cpuSecondsOf } from './servers/cores.ts';
import { type Fleet, pidsOf, portsOf, type World } from './world.ts';

interface Show {
  readonly viewers: number;
  readonly segments: number;
  readonly bytes: number;
  readonly segmentMs: number;
}

interface Sample {
  readonly agents: number;
  readonly cpuPerGb: number;
  readonly originBytes: number;
  readonly fetchesPerSegment: number;
  readonly peerShare: number;
  /** CPU seconds per second and agent while nobody asks for anything. */
  readonly idle: number;
  readonly failed: number;
}

interface Change {
  readonly fetchesPerSegment: number;
  /** Origin fetches per object when all are asked for again at every agent. */
  readonly fetchedAgain: number;
  readonly failed: number;
}

const SHOW: Show = { viewers: 400, segments: 10, bytes: 500_000, segmentMs: 2_000 };
const QUICK_SHOW: Show = { viewers: 20, segments: 4, bytes: 50_000, segmentMs: 500 };
/** The ring in which one joins and one is killed. */
const CHANGED_AT = 4;

export const fanout: Bench = async ({ world, rounds, quick, full, say }) => {
  const show = quick ? QUICK_SHOW : SHOW;
  const sizes = quick ? [1, 2] : [1, 2, 4, 8, ...(full ? [32] : [])];
  const samples: Sample[][] = [];
  const joins: Change[] = [];
  const leaves: Change[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const fleet = await world.fleet(['eu']);
    const steps: Sample[] = [];
    for (const size of sizes) {
      await world.grow(
        fleet,
        Array.from({ length: size - fleet.agents.length }, () => 'eu'),
      );
      say(`fanout: round ${round + 1} of ${rounds}, ${size} agents, ${show.viewers} viewers`);
      await warm(world, fleet, show, quick ? 50 : 500);
      steps.push(await step(world, fleet, show));
      if (size === CHANGED_AT || (quick && size === 2)) {
        say('fanout: one joins, one is killed');
        joins.push(await change(world, fleet, show, () => fleet.join(['eu'])));
        await world.grow(fleet, []);
        leaves.push(await change(world, fleet, show, () => killLast(fleet)));
        await world.grow(fleet, []);
      }
    }
    samples.push(steps);
    await fleet.stop();
  }
  return resultOf(samples, joins, leaves, full);
};

async function step(world: World, fleet: Fleet, show: Show): Promise<Sample> {
  const idle = await idleShare(fleet, show.segmentMs * 2);
  const cpuBefore = cpuSecondsOf(pidsOf(fleet));
  const peerBefore = await peerBytesOf(fleet.agents);
  const originBefore = await world.origin.counters();
  const { result, fetches } = await watch(world, fleet, show);
  const cpuS = cpuSecondsOf(pidsOf(fleet)) - cpuBefore;
  const origin = await world.origin.counters();
  return {
    agents: fleet.agents.length,
    cpuPerGb: cpuS / (result.bytes / 1e9),
    originBytes: origin.kinds.synthetic.bytes - originBefore.kinds.synthetic.bytes,
    fetchesPerSegment: fetches / show.segments,
    peerShare: ((await peerBytesOf(fleet.agents)) - peerBefore) / result.bytes,
    idle,
    failed: result.failed + result.wrong,
  };
}

/** New agents run cold code: what they deliver first would count as the cost of more agents. */
async function warm(world: World, fleet: Fleet, show: Show, msPerAgent: number): Promise<void> {
  await watch(world, fleet, { ...show, segments: 2 });
  const asks = [{ atMs: 0, path: world.newPath(show.bytes / 10) }];
  const viewers = portsOf(fleet).flatMap((port) => [1, 2, 3, 4].map(() => ({ ports: [port], asks })));
  const loopMs = msPerAgent * fleet.agents.length;
  await world.load({ viewers, loopMs, askMsMax: ASK_MS_MAX, compareEvery: 64 });
}

async function idleShare(fleet: Fleet, forMs: number): Promise<number> {
  const cpuBefore = cpuSecondsOf(pidsOf(fleet));
  await sleep(forMs);
  return (cpuSecondsOf(pidsOf(fleet)) - cpuBefore) / fleet.agents.length / (forMs / 1_000);
}

/** The audience watches new segments; half-way something happens to the ring. */
async function change(world: World, fleet: Fleet, show: Show, happens: () => Promise<void>): Promise<Change> {
  const halfMs = (show.segments * show.segmentMs) / 2;
  const [{ result, fetches, paths }] = await Promise.all([
    watch(world, fleet, show),
    sleep(halfMs).then(happens),
  ]);
  await world.grow(fleet, []);
  const again = { ...show, viewers: fleet.agents.length, paths, ports: portsOf(fleet) };
  const replay = await world.load(audience({ ...again, segmentMs: 0, withinMs: 0, goesOn: false }));
  const after = sum(await world.origin.requestsFor(paths));
  return {
    fetchesPerSegment: fetches / show.segments,
    fetchedAgain: (after - fetches) / show.segments,
    failed: result.failed + result.wrong + replay.failed + replay.wrong,
  };
}

async function watch(
  world: World,
  fleet: Fleet,
  show: Show,
): Promise<{ result: LoadResult; fetches: number; paths: string[] }> {
  const paths = Array.from({ length: show.segments }, () => world.newPath(show.bytes));
  const crowd = { ...show, ports: portsOf(fleet), paths, withinMs: show.segmentMs * 0.8, goesOn: true };
  const result = await world.load(audience(crowd));
  return { result, fetches: sum(await world.origin.requestsFor(paths)), paths };
}

async function killLast(fleet: Fleet): Promise<void> {
  const last = fleet.agents.at(-1);
  if (last !== undefined) await fleet.kill(last);
}

function resultOf(
  rounds: readonly (readonly Sample[])[],
  joins: readonly Change[],
  leaves: readonly Change[],
  full: boolean,
): BenchResult {
  const steps = (rounds[0] ?? []).map((_, index) => rounds.flatMap((round) => round[index] ?? []));
  const absent = ['stripe.speedup_31: stripes are not built yet'];
  if (!full) absent.push('fanout.cpu_per_gb_32_over_1: 32 agents run with --full only');
  return {
    tables: [sizesTable(steps), changesTable(joins, leaves)],
    figures: [
      ...sizeFigures(rounds, steps.length),
      ...changeFigures('join', joins),
      ...changeFigures('leave', leaves),
    ],
    absent,
  };
}

function sizesTable(steps: readonly (readonly Sample[])[]): Table {
  return {
    title: 'one region, an even audience',
    columns: [
      'agents',
      'origin fetches/segment',
      'origin MB',
      'peer bytes/viewer bytes',
      'CPU-s/GB',
      'idle CPU per agent, %',
      'failed',
    ],
    rows: steps.map((samples) => {
      const of = (what: keyof Sample): number => median(samples.map((each) => each[what]));
      return [
        `ringcast x ${of('agents')}`,
        ...[
          of('fetchesPerSegment'),
          of('originBytes') / 1e6,
          of('peerShare'),
          of('cpuPerGb'),
          100 * of('idle'),
          of('failed'),
        ],
      ];
    }),
  };
}

function changesTable(joins: readonly Change[], leaves: readonly Change[]): Table {
  const row = (name: string, changes: readonly Change[]): [string, ...(number | undefined)[]] => {
    if (changes.length === 0) return [name];
    const of = (what: keyof Change): number => median(changes.map((each) => each[what]));
    return [name, of('fetchesPerSegment'), of('fetchedAgain'), of('failed')];
  };
  return {
    title: 'while the ring changes',
    columns: ['change', 'origin fetches/segment', 'fetched again/segment', 'failed'],
    rows: [row('an agent joins', joins), row('an agent is killed', leaves)],
  };
}

function sizeFigures(rounds: readonly (readonly Sample[])[], sizes: number): Figure[] {
  const spread = rounds.map((round) =>
    Math.max(...round.map((each) => Math.abs(each.originBytes / (round[0]?.originBytes ?? 0) - 1))),
  );
  const cost = rounds.map((round) => (round[sizes - 1]?.cpuPerGb ?? 0) / (round[0]?.cpuPerGb ?? 0));
  const share = rounds.map((round) => round[sizes - 1]?.peerShare ?? 0);
  const most = rounds[0]?.[sizes - 1]?.agents ?? 0;
  const goal = most === 32 ? '<= 1.3' : undefined;
  const failed = rounds.map((round) => sum(round.map((each) => each.failed)));
  return [
    {
      name: 'fanout.origin_bytes_spread',
      value: median(spread),
      unit: 'share',
      goal: '<= 0.10',
      samples: spread,
    },
    { name: `fanout.cpu_per_gb_${most}_over_1`, value: median(cost), unit: 'ratio', goal, samples: cost },
    { name: 'fanout.peer_byte_share', value: median(share), unit: 'share', goal: '<= 0.15', samples: share },
    { name: 'fanout.failed', value: sum(failed), unit: 'answers', goal: '= 0', samples: failed },
  ];
}

function changeFigures(what: string, changes: readonly Change[]): Figure[] {
  if (changes.length === 0) return [];
  const fetches = changes.map((each) => each.fetchesPerSegment);
  const again = changes.map((each) => each.fetchedAgain);
  const failed = changes.map((each) => each.failed);
  const unit = 'fetches/segment';
  return [
    {
      name: `fanout.${what}.origin_fetches`,
      value: median(fetches),
      unit,
      goal: '<= 1.05',
      samples: fetches,
    },
    { name: `fanout.${what}.fetched_again`, value: median(again), unit, samples: again },
    { name: `fanout.${what}.failed`, value: sum(failed), unit: 'answers', goal: '= 0', samples: failed },
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
