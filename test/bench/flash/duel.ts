// One agent against one nginx and one Varnish, each alone on the server core, and the origin by itself for what a
// viewer would have without a crowd.

import { flashCrowd } from '../crowd.ts';
import { interleaved } from '../rounds.ts';
import { cpuSecondsOf } from '../servers/cores.ts';
import type { World } from '../world.ts';
import { type Crowded, crowded, paceOrigin, type Scene } from './scene.ts';

export interface Size {
  readonly viewers: number;
  readonly withinMs: number;
}

export const SIZES: readonly Size[] = [
  { viewers: 10, withinMs: 1_000 },
  { viewers: 100, withinMs: 1_000 },
  { viewers: 300, withinMs: 1_000 },
  { viewers: 1_000, withinMs: 5_000 },
];
export const ORIGIN_ALONE = 'origin, one viewer';

/** @returns by size, by server, the rounds */
export async function duel(
  world: World,
  scene: Scene,
  how: { readonly sizes: readonly Size[]; readonly rounds: number; readonly say: (line: string) => void },
): Promise<Map<Size, Map<string, Crowded[]>>> {
  const servers = [
    { name: ORIGIN_ALONE, port: world.origin.port, pids: [] },
    await world.agent(),
    await world.nginxCache('on'),
    await world.varnish(),
  ];
  await paceOrigin(world, scene);
  for (const server of servers) await crowd(world, scene, server, { viewers: 2, withinMs: 0 });
  const bySize = new Map<Size, Map<string, Crowded[]>>();
  for (const size of how.sizes) {
    how.say(`flash: ${size.viewers} viewers within ${size.withinMs / 1_000} s, ${how.rounds} rounds`);
    const rounds = await interleaved(servers, how.rounds, (server) =>
      crowd(world, scene, server, server.name === ORIGIN_ALONE ? { viewers: 1, withinMs: 0 } : size),
    );
    bySize.set(size, rounds);
  }
  return bySize;
}

async function crowd(
  world: World,
  scene: Scene,
  server: { readonly port: number; readonly pids: readonly number[] },
  size: Size,
): Promise<Crowded> {
  const paths = [world.newPath(scene.bytes)];
  const cpuBefore = cpuSecondsOf(server.pids);
  const result = await world.load(flashCrowd({ ...size, ports: [server.port], paths, goesOn: false }));
  const cpuS = cpuSecondsOf(server.pids) - cpuBefore;
  const cpuPerGb = server.pids.length === 0 ? Number.NaN : cpuS / (result.bytes / 1e9);
  return { ...(await crowded(world, result, paths)), cpuPerGb };
}
