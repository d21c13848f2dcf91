// `bench fill`: what it costs two agents to move a segment from one to the other over mutual TLS.
//
// Objects of 2 MB whose home is one agent are brought there first. Then each is asked for once at the other agent,
// by its last byte alone: that agent fills the whole object from the home, while it gives the viewer one byte, so
// the CPU of both processes is that of the fill and not of a viewer. Afterwards every object is read whole from the
// receiver's memory and compared, without the origin being asked again, which shows that the fills were what they
// should be. What is in the CPU: TLS both ways, framing, the copy into the slab, storing. No verification: it is absent.

import type { Figure } from '../figures.ts';
import type { Bench, BenchResult } from './bench.ts';
import { median } from './rounds.ts';
import { cpuSecondsOf } from './servers/cores.ts';
import { type Fleet, portOf, type World } from './world.ts';

const BYTES = 2_000_000;
const BATCH = 50;
const BATCHES = 8;
/** Fills at one time. */
const ABREAST = 4;

interface Sample {
  readonly receiver: number;
  readonly both: number;
  readonly bytes: number;
}

export const fill: Bench = async ({ world, rounds, quick, say }) => {
  const fleet = await world.fleet(['eu', 'eu'], () => ({ 'ram-bytes': '1GiB' }));
  const batches = quick ? 1 : BATCHES;
  const samples: Sample[] = [];
  const problems: string[] = [];
  // One round more than is counted: the first warms the code and opens the links.
  for (let round = -1; round < rounds; round += 1) {
    let sum: Sample = { receiver: 0, both: 0, bytes: 0 };
    for (let batch = 0; batch < (round < 0 ? 1 : batches); batch += 1) {
      const one = await oneBatch(world, fleet, quick ? 5 : BATCH);
      if (typeof one === 'string') problems.push(one);
      else {
        const { receiver, both, bytes } = one;
        sum = { receiver: sum.receiver + receiver, both: sum.both + both, bytes: sum.bytes + bytes };
      }
    }
    if (round >= 0 && sum.bytes > 0) samples.push(sum);
    if (round >= 0) say(`fill: round ${round + 1} of ${rounds}, ${(sum.bytes / 1e6).toFixed(0)} MB moved`);
  }
  return resultOf(samples, problems);
};

async function oneBatch(world: World, fleet: Fleet, count: number): Promise<Sample | string> {
  const [home, receiver] = fleet.agents;
  if (home === undefined || receiver === undefined) return 'the ring has fewer than two agents';
  const paths: string[] = [];
  for (let index = 0; index < count; index += 1) paths.push(await fleet.targetOf(home, BYTES));
  await world.load(plan(portOf(fleet, 0), paths, {}));
  const before = [cpuSecondsOf([receiver.child.pid]), cpuSecondsOf([home.child.pid])];
  const filled = await world.load(plan(portOf(fleet, 1), paths, { lastByte: true }));
  const after = [cpuSecondsOf([receiver.child.pid]), cpuSecondsOf([home.child.pid])];
  const read = await world.load(plan(portOf(fleet, 1), paths, {}));
  const asked = await world.origin.requestsFor(paths);
  if (filled.failed + read.failed + filled.wrong + read.wrong > 0) {
    return `fills failed: ${[...filled.problems, ...read.problems].join('; ')}`;
  }
  if (asked.some((requests) => requests !== 1)) return 'the origin was asked more than once for an object';
  const [receiverS, senderS] = [0, 1].map((index) => (after[index] ?? 0) - (before[index] ?? 0));
  return { receiver: receiverS ?? 0, both: (receiverS ?? 0) + (senderS ?? 0), bytes: count * BYTES };
}

function plan(
  port: number,
  paths: readonly string[],
  how: { lastByte?: true },
): Parameters<World['load']>[0] {
  const viewers = Array.from({ length: ABREAST }, (_, index) => ({
    ports: [port],
    asks: paths.filter((_, at) => at % ABREAST === index).map((path) => ({ atMs: 0, path, ...how })),
  }));
  return { viewers, askMsMax: 20_000, compareEvery: 1 };
}

function resultOf(samples: readonly Sample[], problems: readonly string[]): BenchResult {
  if (samples.length === 0 || problems.length > 0) {
    const why = problems[0] ?? 'nothing was filled';
    return { tables: [], figures: [], absent: [`fill.cpu_s_per_gb, fill.both_cpu_s_per_gb: ${why}`] };
  }
  const per = (what: 'receiver' | 'both'): number[] => samples.map((each) => each[what] / (each.bytes / 1e9));
  const figures: Figure[] = [
    figure('fill.cpu_s_per_gb', per('receiver'), '<= 0.5'),
    figure('fill.both_cpu_s_per_gb', per('both'), '<= 1'),
  ];
  const sender = samples.map((each) => (each.both - each.receiver) / (each.bytes / 1e9));
  return {
    tables: [
      {
        title: 'a fill from a peer over mutual TLS, 2 MB objects, without verification: CPU-s per GB',
        columns: ['agent', 'median', 'least', 'most'],
        rows: [
          ['receiver', ...spread(per('receiver'))],
          ['sender', ...spread(sender)],
          ['both', ...spread(per('both'))],
        ],
      },
    ],
    figures,
    absent: [],
  };
}

function figure(name: string, samples: number[], goal: string): Figure {
  return { name, value: median(samples), unit: 'CPU-s/GB', goal, samples };
}

function spread(samples: readonly number[]): [number, number, number] {
  return [median(samples), Math.min(...samples), Math.max(...samples)];
}
