// Two real agents in one ring in front of the origin stub, with viewers that never rest.
//
// The viewers ask both agents for the same segments and for playlists, so that every source of an answer occurs: the
// store, another agent, the origin. Each round has a segment that nobody asked for before.

import { setTimeout as sleep } from 'node:timers/promises';
import { RingFleet } from '../processes/ring-fleet.ts';

const REGION = 'eu/de/ber';
const ROUND_MS = 150;

export interface WatchedAgents {
  /** Where they are scraped, `host:port`. */
  readonly admins: readonly string[];
  /** Rejects with the first request that went wrong. */
  stop(): Promise<void>;
}

export async function startWatchedAgents(): Promise<WatchedAgents> {
  const fleet = await RingFleet.start([REGION, REGION]);
  const viewers = new AbortController();
  const watching = watch(
    fleet.agents.map(({ url }) => url),
    viewers.signal,
  );
  watching.catch(() => undefined);
  return {
    admins: fleet.agents.map(({ child }) => child.said.admin),
    stop: async () => {
      viewers.abort();
      await watching.finally(() => fleet.stop());
    },
  };
}

async function watch(urls: readonly string[], signal: AbortSignal): Promise<void> {
  for (let round = 0; !signal.aborted; round += 1) {
    const paths = [`/synthetic-vod/100000x20000/seg-${round}.m4s`, '/live/master.m3u8'];
    // Twice: the second time every agent has it.
    for (const url of [...urls, ...urls]) {
      for (const path of paths) await get(url + path, signal);
    }
    await sleep(ROUND_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function get(url: string, signal: AbortSignal): Promise<void> {
  try {
    const response = await fetch(url, { signal });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
