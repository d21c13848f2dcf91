// `bench hit`: objects that lie in memory, asked for as fast as answers come, against nginx, Varnish and bare node:http.
//
// Two sizes: a segment of 2 MB, where the copy to the socket decides, and 64 KB, where the work per request does.
// Throughput says who is faster on the same core; requests per second of server CPU says who is cheaper, which is
// what counts where the generator is the limit (its busy share is in the table).

import { syntheticBytes } from '../../origin-stub/synthetic.ts';
import type { Figure } from '../figures.ts';
import type { Bench, Table } from './bench.ts';
import { nameOf } from './load/expected.ts';
import type { LoadResult } from './load/plan.ts';
import { interleaved, median, ratios } from './rounds.ts';
import { cpuSecondsOf } from './servers/cores.ts';
import type { Server } from './servers/server.ts';
import type { World } from './world.ts';

interface Sample {
  readonly perS: number;
  readonly perCpuS: number;
  /** CPU seconds of the generator per second: near 1 it is the limit. */
  readonly clientBusy: number;
}

const SIZES = [
  { label: '2mb', bytes: 2_000_000, connections: 8 },
  { label: '64kb', bytes: 65_536, connections: 32 },
];
const LOOP_MS = 3_000;
const LOOP_QUICK_MS = 200;

export const hit: Bench = async ({ world, rounds, quick, say }) => {
  const loopMs = quick ? LOOP_QUICK_MS : LOOP_MS;
  const objects = SIZES.map((size) => ({ ...size, path: world.newPath(size.bytes) }));
  const files = new Map(objects.map(({ path }) => [path, bytesOf(path)]));
  const servers = [
    await world.agent(),
    await world.nginxCache('on'),
    { ...(await world.nginxCache('off')), name: 'nginx proxy_cache, no sendfile' },
    await world.nginxFiles(files),
    await world.varnish(),
    await world.bareNode(objects.map(({ path }) => path)),
  ];
  const tables: Table[] = [];
  const figures: Figure[] = [];
  for (const { label, path, connections } of objects) {
    say(`hit: ${label}, ${rounds} rounds of ${servers.length} x ${loopMs} ms`);
    // Brings the object there, and the code to its speed.
    for (const server of servers) await loop(world, server, { path, connections, loopMs });
    const samples = await interleaved(servers, rounds, (server) =>
      loop(world, server, { path, connections, loopMs }),
    );
    tables.push(tableOf(label, samples));
    figures.push(...figuresOf(label, samples));
  }
  return { tables, figures, absent: [] };
};

async function loop(
  world: World,
  server: Server,
  how: { path: string; connections: number; loopMs: number },
): Promise<Sample> {
  const { path, connections, loopMs } = how;
  const cpuBefore = cpuSecondsOf(server.pids);
  const viewer = { ports: [server.port], asks: [{ atMs: 0, path }] };
  const result = await world.load({
    viewers: Array.from({ length: connections }, () => viewer),
    loopMs,
    askMsMax: 10_000,
    compareEvery: 64,
  });
  return sampleOf(result, cpuSecondsOf(server.pids) - cpuBefore);
}

function sampleOf(result: LoadResult, serverCpuS: number): Sample {
  const wallS = result.wallMs / 1_000;
  return {
    perS: result.answers / wallS,
    perCpuS: result.answers / Math.max(serverCpuS, 0.01),
    clientBusy: result.cpuS / wallS,
  };
}

function tableOf(label: string, samples: ReadonlyMap<string, readonly Sample[]>): Table {
  const bytes = SIZES.find((size) => size.label === label)?.bytes ?? 0;
  return {
    title: `hits of ${label}`,
    columns: ['server', 'requests/s', 'MB/s', 'requests per server CPU-s', 'generator busy'],
    rows: [...samples].map(([name, rounds]) => {
      const perS = median(rounds.map((round) => round.perS));
      const perCpuS = median(rounds.map((round) => round.perCpuS));
      return [name, perS, (perS * bytes) / 1e6, perCpuS, median(rounds.map((round) => round.clientBusy))];
    }),
  };
}

function figuresOf(label: string, samples: ReadonlyMap<string, readonly Sample[]>): Figure[] {
  const ours = samples.get('ringcast') ?? [];
  return RIVALS.flatMap(({ server, as }) => {
    const theirs = samples.get(server) ?? [];
    return (['perS', 'perCpuS'] as const).map((what) => {
      const each = ratios(
        ours.map((round) => round[what]),
        theirs.map((round) => round[what]),
      );
      const name = `hit.${label}.${what === 'perS' ? '' : 'per_cpu_'}vs_${as}`;
      return { name, value: median(each), unit: 'ratio', goal: GOALS[name], samples: each };
    });
  });
}

const RIVALS = [
  { server: 'varnish', as: 'varnish' },
  { server: 'nginx proxy_cache', as: 'nginx_proxy_cache' },
  { server: 'nginx sendfile', as: 'nginx_sendfile' },
  { server: 'bare node:http', as: 'bare_node' },
];
const GOALS: Readonly<Record<string, string>> = {
  'hit.2mb.vs_varnish': '>= 0.95',
  'hit.64kb.vs_nginx_proxy_cache': '>= 0.9',
  'hit.2mb.per_cpu_vs_nginx_sendfile': '>= 0.5',
};

function bytesOf(path: string): Buffer {
  const { size, name } = nameOf(path);
  return syntheticBytes({ size, name }, 0, size);
}
