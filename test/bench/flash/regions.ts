// Several agents in two regions under one crowd: the origin must be asked once by each region, however many come.

import { flashCrowd } from '../crowd.ts';
import { portsOf, type World } from '../world.ts';
import { type Crowded, crowded, paceOrigin, type Scene } from './scene.ts';

export const REGIONS = 2;

/** @param agentsPerRegion started in each of the two regions
 *  @returns the rounds; `fetches` is of both regions together */
export async function regionCrowd(
  world: World,
  scene: Scene,
  how: { readonly agentsPerRegion: number; readonly rounds: number },
): Promise<Crowded[]> {
  const eu = Array.from({ length: how.agentsPerRegion }, () => 'eu');
  const fleet = await world.fleet([...eu, ...eu.map(() => 'us')]);
  await paceOrigin(world, scene);
  const rounds: Crowded[] = [];
  for (let round = 0; round < how.rounds; round += 1) {
    const paths = [world.newPath(scene.bytes)];
    const { viewers, withinMs } = scene;
    const crowd = flashCrowd({ viewers, withinMs, ports: portsOf(fleet), paths, goesOn: false });
    rounds.push(await crowded(world, await world.load(crowd), paths));
  }
  await fleet.stop();
  return rounds;
}
