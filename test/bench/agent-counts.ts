// What agents count of themselves, read from their metrics.

import { Exposition } from '../demo/exposition.ts';
import type { RingAgent } from '../processes/ring-fleet.ts';

export interface AgentCounts {
  readonly originFetches: number;
  readonly peerBytesReceived: number;
}

export async function countsOf(agent: RingAgent): Promise<AgentCounts> {
  const answer = await fetch(`http://${agent.child.said.admin}/metrics`);
  const metrics = new Exposition(await answer.text());
  return {
    originFetches: metrics.sum('ringcast_origin_fetches_total', { kind: 'segment' }),
    peerBytesReceived: metrics.sum('ringcast_peer_bytes_total', { direction: 'received' }),
  };
}

/** The sum over agents. One that was killed meanwhile is not in it. */
export async function peerBytesOf(agents: readonly RingAgent[]): Promise<number> {
  const counts = await Promise.all(agents.map(countsOf));
  return counts.reduce((sum, each) => sum + each.peerBytesReceived, 0);
}
