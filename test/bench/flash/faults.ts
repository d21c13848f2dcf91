// The same crowd while something is wrong: what the origin and the viewers notice of it.
//
// Four faults, each with an object of its own. The origin is healthy in all but `503`: there viewers cannot be served,
// and what counts is how often the origin is asked meanwhile and whether all are served right after it.

import { setTimeout as sleep } from 'node:timers/promises';
import type { RingAgent } from '../../processes/ring-fleet.ts';
import { countsOf } from '../agent-counts.ts';
import { flashCrowd } from '../crowd.ts';
import { type Fleet, portsOf, type World } from '../world.ts';
import { type Crowded, crowded, paceOrigin, type Scene } from './scene.ts';
import { SlowPipe } from './slow-pipe.ts';

export interface FaultRounds {
  readonly slow: Crowded[];
  readonly truncated: Crowded[];
  readonly killed: Crowded[];
  readonly unavailable: (Crowded & { readonly servedAfter: number })[];
  /** Why a round of one is missing. */
  readonly missing: string[];
}

/** How much slower one holder is than the origin's pace. */
const SLOWER = 10;
const TRUNCATED_EVERY = 10;
const TRUNCATED_PATHS = 20;
const SLOW_AGENT = 'agent-1';

/** @param agents in one region */
export async function faultyCrowds(
  world: World,
  scene: Scene,
  how: { readonly agents: number; readonly rounds: number; readonly say: (line: string) => void },
): Promise<FaultRounds> {
  const pipe = await SlowPipe.open();
  const rounds: FaultRounds = { slow: [], truncated: [], killed: [], unavailable: [], missing: [] };
  try {
    const regions = Array.from({ length: how.agents }, () => 'eu');
    const fleet = await world.fleet(regions, (name) => {
      const piped = { link: `127.0.0.1:${pipe.linkPort}`, 'advertise-link': `127.0.0.1:${pipe.port}` };
      return name === SLOW_AGENT ? piped : {};
    });
    for (let round = 0; round < how.rounds; round += 1) {
      how.say(`flash: faults, round ${round + 1} of ${how.rounds}`);
      rounds.slow.push(await slowHolder(world, scene, fleet, pipe));
      rounds.truncated.push(await truncatedFills(world, scene, fleet));
      rounds.unavailable.push(await originUnavailable(world, scene, fleet));
      const killed = await killedHome(world, scene, fleet);
      if (typeof killed === 'string') rounds.missing.push(`flash.killed.*: ${killed}`);
      else rounds.killed.push(killed);
      // Another takes the dead one's place, unless the pipe leads nowhere now: then the slow one is gone for good.
      if (round + 1 < how.rounds) await world.grow(fleet, ['eu']);
    }
    await fleet.stop();
  } finally {
    await pipe.close();
  }
  return rounds;
}

async function slowHolder(world: World, scene: Scene, fleet: Fleet, pipe: SlowPipe): Promise<Crowded> {
  await paceOrigin(world, scene);
  const slow = fleet.agents.find(({ name }) => name === SLOW_AGENT);
  if (slow === undefined) throw new Error(`${SLOW_AGENT} is not in the ring any more`);
  const path = await fleet.targetOf(slow, scene.bytes);
  pipe.bytesPerS = (scene.bytes * 1_000) / scene.paceMs / SLOWER;
  try {
    return await crowd(world, scene, fleet, [path]);
  } finally {
    pipe.bytesPerS = Number.POSITIVE_INFINITY;
  }
}

async function truncatedFills(world: World, scene: Scene, fleet: Fleet): Promise<Crowded> {
  const cut = { truncateAfterBytes: Math.floor(scene.bytes / 3) };
  await paceOrigin(world, scene, cut, { every: TRUNCATED_EVERY });
  return crowd(
    world,
    scene,
    fleet,
    Array.from({ length: TRUNCATED_PATHS }, () => world.newPath(scene.bytes)),
  );
}

async function originUnavailable(
  world: World,
  scene: Scene,
  fleet: Fleet,
): Promise<Crowded & { servedAfter: number }> {
  await world.origin.setFaults([{ match: '/synthetic/', status: 503, latencyMs: scene.latencyMs }]);
  const paths = [world.newPath(scene.bytes)];
  const during = await crowd(world, scene, fleet, paths);
  await paceOrigin(world, scene);
  const ports = portsOf(fleet);
  const after = await world.load(
    flashCrowd({ viewers: ports.length, withinMs: 0, ports, paths, goesOn: false }),
  );
  return { ...during, servedAfter: after.answers / ports.length };
}

/** Kills whichever agent fetches the object from the origin, at about half of it. */
async function killedHome(world: World, scene: Scene, fleet: Fleet): Promise<Crowded | string> {
  await paceOrigin(world, scene);
  // The slow one's place cannot be taken by another: it stays.
  const spared = fleet.agents.find(({ name }) => name === SLOW_AGENT);
  let path = world.newPath(scene.bytes);
  for (let tries = 0; tries < 20 && spared !== undefined; tries += 1) {
    if ((await fleet.homeOf(path, spared)) !== spared) break;
    path = world.newPath(scene.bytes);
  }
  const before = await fetchesOf(fleet.agents);
  const ports = portsOf(fleet);
  const { viewers, withinMs } = scene;
  const running = world.load(flashCrowd({ viewers, withinMs, ports, paths: [path], goesOn: true }));
  const startedMs = performance.now();
  const home = await fetching(fleet.agents, before, scene.latencyMs + scene.paceMs);
  const halfMs = scene.latencyMs + scene.paceMs / 2;
  await sleep(Math.max(0, startedMs + halfMs - performance.now()));
  if (home !== undefined && home.name !== SLOW_AGENT) await fleet.kill(home);
  const result = await running;
  if (home === undefined) return 'no agent was seen to fetch the object from the origin';
  if (home.name === SLOW_AGENT) return 'the home was the agent behind the pipe';
  return crowded(world, result, [path]);
}

/** @returns the agent that has begun to fetch from the origin, as soon as one has */
async function fetching(
  agents: readonly RingAgent[],
  before: ReadonlyMap<string, number>,
  withinMs: number,
): Promise<RingAgent | undefined> {
  const untilMs = performance.now() + withinMs;
  while (performance.now() < untilMs) {
    const now = await fetchesOf(agents);
    const found = agents.find(({ id }) => (now.get(id) ?? 0) > (before.get(id) ?? 0));
    if (found !== undefined) return found;
    await sleep(20);
  }
  return undefined;
}

async function fetchesOf(agents: readonly RingAgent[]): Promise<Map<string, number>> {
  const counts = await Promise.all(agents.map(countsOf));
  return new Map(agents.map(({ id }, index) => [id, counts[index]?.originFetches ?? 0]));
}

async function crowd(world: World, scene: Scene, fleet: Fleet, paths: readonly string[]): Promise<Crowded> {
  const { viewers, withinMs } = scene;
  const plan = flashCrowd({ viewers, withinMs, ports: portsOf(fleet), paths, goesOn: false });
  return crowded(world, await world.load(plan), paths);
}
