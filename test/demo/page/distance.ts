// Distance, which one machine does not have: every request of the plugin waits for the round trip that it would cost
// from where the viewer says it is. So the plugin measures, and finds near agents near, as it would in the world.

import { browserWorld, type World } from '../../../player-plugin/world.ts';
import type { AgentStatus } from '../status.ts';

/** Round trip in ms by the agent's base URL. */
export type Distances = ReadonlyMap<string, number>;

/** To the first agent of the region, and how much further each next one is. */
const NEAREST_MS = 4;
const STEP_MS = 12;
/** To another region. */
const FAR_MS = 180;

export function distancesFrom(region: string, agents: readonly AgentStatus[]): Distances {
  const distances = new Map<string, number>();
  let near = 0;
  for (const agent of agents) {
    if (agent.url === undefined) continue;
    distances.set(agent.url, agent.region === region ? NEAREST_MS + STEP_MS * near : FAR_MS);
    if (agent.region === region) near += 1;
  }
  return distances;
}

export function distantWorld(distances: Distances): World {
  const world = browserWorld();
  return {
    ...world,
    fetch: async (url, init) => {
      await new Promise((passed) => setTimeout(passed, distances.get(new URL(url).origin) ?? 0));
      return await world.fetch(url, init);
    },
  };
}
