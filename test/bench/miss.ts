// `bench miss`: what a server in between adds to the first byte of an object that nobody has yet.
//
// One viewer asks for one new object of 64 KB after the other, directly of the origin and through each server, on a
// kept connection, so that neither connecting nor bandwidth nor waiting in a queue is in it. What is added is the
// difference of percentiles within a round.

import type { Figure } from '../figures.ts';
import { percentile } from '../figures.ts';
import type { Bench, Table } from './bench.ts';
import { interleaved, median, ratios } from './rounds.ts';
import type { World } from './world.ts';

const BYTES = 65_536;
const ASKS = 400;
const ASKS_QUICK = 30;
/** One batch of asks per turn: short, so that the turns alternate often. */
const DIRECT = 'origin direct';

interface Sample {
  readonly p50: number;
  readonly p99: number;
}

export const miss: Bench = async ({ world, rounds, quick, say }) => {
  const servers = [
    { name: DIRECT, port: world.origin.port },
    await world.agent(),
    await world.varnish(),
    await world.nginxCache('on'),
  ];
  const asks = quick ? ASKS_QUICK : ASKS;
  say(`miss: ${rounds} rounds of ${servers.length} x ${asks} new objects`);
  for (const server of servers) await ask(world, server.port, ASKS_QUICK);
  const samples = await interleaved(servers, rounds, (server) => ask(world, server.port, asks));
  return { tables: [tableOf(samples)], figures: figuresOf(samples), absent: [] };
};

async function ask(world: World, port: number, count: number): Promise<Sample> {
  const asks = Array.from({ length: count }, () => ({ atMs: 0, path: world.newPath(BYTES) }));
  const { ttfbMs } = await world.load({
    viewers: [{ ports: [port], asks }],
    askMsMax: 10_000,
    compareEvery: 1,
  });
  return { p50: percentile(ttfbMs, 0.5), p99: percentile(ttfbMs, 0.99) };
}

function tableOf(samples: ReadonlyMap<string, readonly Sample[]>): Table {
  return {
    title: 'first byte of an object that nobody has, ms',
    columns: ['server', 'p50', 'p99', 'added p50', 'added p99'],
    rows: [...samples].map(([name, rounds]) => [
      name,
      median(rounds.map((round) => round.p50)),
      median(rounds.map((round) => round.p99)),
      median(added(samples, name, 'p50')),
      median(added(samples, name, 'p99')),
    ]),
  };
}

function figuresOf(samples: ReadonlyMap<string, readonly Sample[]>): Figure[] {
  const p50 = added(samples, 'ringcast', 'p50');
  const p99 = added(samples, 'ringcast', 'p99');
  const versus = ratios(p50, added(samples, 'varnish', 'p50'));
  const versus99 = ratios(p99, added(samples, 'varnish', 'p99'));
  return [
    { name: 'miss.added_p50_ms', value: median(p50), unit: 'ms', goal: '<= 1', samples: p50 },
    { name: 'miss.added_p99_ms', value: median(p99), unit: 'ms', goal: '<= 5', samples: p99 },
    {
      name: 'miss.added_p50.vs_varnish',
      value: median(versus),
      unit: 'ratio',
      goal: '<= 1',
      samples: versus,
    },
    { name: 'miss.added_p99.vs_varnish', value: median(versus99), unit: 'ratio', samples: versus99 },
  ];
}

/** What a server adds to the origin's own time, by round. */
function added(samples: ReadonlyMap<string, readonly Sample[]>, name: string, what: keyof Sample): number[] {
  const direct = samples.get(DIRECT) ?? [];
  return (samples.get(name) ?? []).map((round, index) => round[what] - (direct[index]?.[what] ?? 0));
}
