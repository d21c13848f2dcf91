// Telling an agent how the viewer fares, so that an operator's dashboards show it: sums over some seconds, off unless
// a page starts it.
//
// One small POST to the nearest agent every half minute and when the page goes away, without cookie and referrer and
// without anything that tells viewers apart (agent/wire/beacon.ts). What could not be told is added to the next one;
// nobody waits for it, and nothing is retried.

import {
  BEACON_MEASURES,
  BEACON_PATH,
  BEACON_SUMS,
  type Beacon,
  type BeaconMeasure,
  type BeaconSum,
  FALLBACK_REASONS,
  PERIOD_MS_MAX,
} from '../../agent/wire/beacon.ts';
import type { RingcastStats } from '../tally.ts';
import type { Cancel, World } from '../world.ts';
import { StallWatch, type WatchedMedia } from './stalls.ts';

/** As much of hls.js as is looked at; all of it may be missing, as in a player of another kind. */
export interface WatchedPlayer {
  readonly media?: WatchedMedia | null;
  readonly levels?: readonly { readonly bitrate: number }[];
  readonly currentLevel?: number;
  readonly bandwidthEstimate?: number;
  readonly latency?: number;
  readonly mainForwardBufferInfo?: { readonly len: number } | null;
}

export interface BeaconOptions {
  /** For stalls, buffer, bitrate and latency; without it only the ring's counters are told. */
  readonly player?: WatchedPlayer;
  /** Seconds between two beacons, 10 to 300. Default 30. */
  readonly everySeconds?: number;
}

export interface BeaconWorld extends World {
  /** Calls whenever the page may be going away. */
  onHide(run: () => void): Cancel;
}

type Sums = Record<BeaconSum, number>;

/** @returns ends it, with one last beacon */
export function startBeaconIn(
  world: BeaconWorld,
  ring: { readonly stats: RingcastStats },
  options: BeaconOptions,
): Cancel {
  const { player, everySeconds = 30 } = options;
  const everyMs = 1000 * Math.min(300, Math.max(10, everySeconds));
  const stalls = new StallWatch(world);
  let unwatch: Cancel = () => {};
  let watched: WatchedMedia | undefined;
  const watchMedia = (): void => {
    if (!player?.media || player.media === watched) return;
    unwatch();
    watched = player.media;
    unwatch = stalls.watch(watched);
  };
  let told = { atMs: world.now(), stats: ring.stats, sums: sumsOf(ring.stats, stalls) };
  const tell = (): void => {
    watchMedia();
    const before = told;
    const stats = ring.stats;
    const now = { atMs: world.now(), stats, sums: sumsOf(stats, stalls) };
    const beacon = beaconOf(before, now, player);
    const agent = nearest(stats);
    if (!agent || !beacon) return;
    told = now;
    post(world, agent + BEACON_PATH, beacon).catch(() => {
      // Told again with the next, unless one was told since.
      if (told === now) told = before;
    });
  };
  let cancel: Cancel = () => {};
  const later = (): void => {
    cancel = world.after(everyMs, () => {
      tell();
      later();
    });
  };
  watchMedia();
  later();
  const unhide = world.onHide(tell);
  return () => {
    cancel();
    unhide();
    tell();
    unwatch();
  };
}

interface Told {
  readonly atMs: number;
  readonly stats: RingcastStats;
  readonly sums: Sums;
}

/** @returns undefined where nothing happened */
function beaconOf(before: Told, now: Told, player: WatchedPlayer | undefined): Beacon | undefined {
  const sums: Partial<Sums> = {};
  for (const name of Object.keys(BEACON_SUMS) as BeaconSum[]) {
    const count = Math.min(BEACON_SUMS[name], now.sums[name] - before.sums[name]);
    if (count > 0) sums[name] = count;
  }
  const fallbacks: Record<string, number> = {};
  for (const reason of FALLBACK_REASONS) {
    const count = now.stats.fallbacks[reason] - before.stats.fallbacks[reason];
    if (count > 0) fallbacks[reason] = count;
  }
  if (Object.keys(sums).length + Object.keys(fallbacks).length === 0) return undefined;
  const periodMs = Math.min(PERIOD_MS_MAX, Math.max(1, Math.round(now.atMs - before.atMs)));
  return { version: 1, periodMs, sums, fallbacks, measures: measuresOf(player) };
}

function sumsOf(stats: RingcastStats, stalls: StallWatch): Sums {
  const { segments, playlists, keys, hedges, resumed, aborted, mirrored, wastedBytes } = stats;
  const all = [segments, playlists, keys];
  const sum = (source: 'agent' | 'origin', what: 'requests' | 'bytes'): number =>
    all.reduce((total, each) => total + each[source][what], 0);
  return {
    agentRequests: sum('agent', 'requests'),
    agentBytes: sum('agent', 'bytes'),
    originRequests: sum('origin', 'requests'),
    originBytes: sum('origin', 'bytes'),
    wastedBytes,
    hedges,
    resumed,
    aborted,
    mirrored,
    ...stalls.total(),
  };
}

function measuresOf(player: WatchedPlayer | undefined): Beacon['measures'] {
  if (!player) return {};
  const { levels, currentLevel, bandwidthEstimate, latency, mainForwardBufferInfo } = player;
  const seen: Record<BeaconMeasure, number | undefined> = {
    br: (levels?.[currentLevel ?? -1]?.bitrate ?? Number.NaN) / 1000,
    bl: (mainForwardBufferInfo?.len ?? Number.NaN) * 1000,
    mtp: (bandwidthEstimate ?? Number.NaN) / 1000,
    // hls.js says 0 where there is no live edge.
    ltc: (latency || Number.NaN) * 1000,
  };
  const measures: Partial<Record<BeaconMeasure, number>> = {};
  for (const [name, value] of Object.entries(seen) as [BeaconMeasure, number][]) {
    if (value >= 0) measures[name] = Math.min(BEACON_MEASURES[name], Math.round(value));
  }
  return measures;
}

function nearest({ enabled, agents }: RingcastStats): string | undefined {
  const warm = agents.filter((agent) => agent.state === 'warm' && agent.rttMs !== undefined);
  return enabled ? warm.sort((a, b) => (a.rttMs ?? 0) - (b.rttMs ?? 0))[0]?.url : undefined;
}

/** text/plain needs no preflight; `keepalive` outlives the page, as sendBeacon does, but sends no cookie. */
async function post(world: World, url: string, beacon: Beacon): Promise<void> {
  await world.fetch(url, {
    method: 'POST',
    body: JSON.stringify(beacon),
    headers: { 'content-type': 'text/plain' },
    keepalive: true,
    mode: 'cors',
    credentials: 'omit',
    redirect: 'error',
    referrerPolicy: 'no-referrer',
  });
}
