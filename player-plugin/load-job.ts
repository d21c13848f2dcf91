// One load from hls.js's call to its one final callback: what was asked for, whom to ask, and by when.

import type { Loader, LoaderCallbacks, LoaderConfiguration, LoaderContext } from 'hls.js';
import type { KnownAgent } from './agent-set.ts';
import type { ByteRange } from './answer.ts';
import { patienceMs } from './deadline.ts';
import type { Desk, LoadKind, Plan, SourceLeg } from './desk.ts';

/** Agents asked for one load. */
const TRIES_MAX = 3;
/** Share of hls.js's own time-outs that agents may use up. */
const AGENT_SHARE = 0.5;

export interface LoadJob<C extends LoaderContext> {
  readonly kind: LoadKind | undefined;
  readonly context: C;
  readonly config: LoaderConfiguration;
  readonly callbacks: LoaderCallbacks<C>;
  readonly plan: Plan;
  readonly range: ByteRange | undefined;
  readonly startMs: number;
  /** By when the first byte must come before the origin is asked. */
  patienceEndsMs: number;
  /** By when an agent's last byte must be here. */
  readonly agentsEndMs: number;
  /** Agents not yet asked. */
  readonly queue: KnownAgent[];
  /** Where the origin is asked, and then where else, should it fail. */
  originUrl: string;
  readonly mirrorUrls: string[];
  /** What the origin said first. */
  error: OriginError | undefined;
  /** Sources of the bytes gathered. */
  legs: SourceLeg[];
}

/** As `onError` gets it. */
export type OriginError = Parameters<Parameters<Loader<LoaderContext>['load']>[2]['onError']>[0];

/** @param ask as hls.js gave it to `load` */
export function beginJob<C extends LoaderContext>(
  desk: Desk,
  kind: LoadKind | undefined,
  ask: Pick<LoadJob<C>, 'context' | 'config' | 'callbacks'>,
): LoadJob<C> {
  const { context, config } = ask;
  const startMs = desk.world.now();
  const range = rangeOf(context);
  const plan = desk.plan(kind, context.url, range);
  const blocking = context.url.includes('_HLS_msn=');
  // Where all agents were slow to begin before, they get half the time to do better.
  const share = plan.agents[0]?.doubted ? 0.5 : 1;
  const patience = blocking ? Number.POSITIVE_INFINITY : patienceMs(desk.bufferMs()) * share;
  const { maxTimeToFirstByteMs, maxLoadTimeMs } = config.loadPolicy;
  // hls.js takes 0 for no limit of its own on the first byte.
  const firstByteMs = AGENT_SHARE * Math.min(maxLoadTimeMs, maxTimeToFirstByteMs || maxLoadTimeMs);
  return {
    ...ask,
    kind,
    plan,
    range,
    startMs,
    patienceEndsMs: startMs + Math.min(patience, firstByteMs),
    agentsEndMs: startMs + AGENT_SHARE * maxLoadTimeMs,
    queue: plan.agents.slice(0, blocking ? 1 : TRIES_MAX),
    originUrl: plan.place?.originUrl ?? context.url,
    mirrorUrls: [...(plan.place?.mirrorUrls ?? [])],
    error: undefined,
    legs: [],
  };
}

/** What is missing once `length` bytes of `total` are here. */
export function restOf(range: ByteRange | undefined, length: number, total: number): ByteRange {
  const base = range?.start ?? 0;
  return { start: base + length, end: base + total };
}

/** Playing time of what is loaded. */
export function durationMs(context: LoaderContext): number {
  const { part, frag } = context as { part?: { duration: number } | null; frag?: { duration: number } };
  return 1000 * ((part ?? frag)?.duration || 2);
}

/** hls.js's 0 and 0, or absent: the whole. */
function rangeOf(context: LoaderContext): ByteRange | undefined {
  return context.rangeEnd ? { start: context.rangeStart ?? 0, end: context.rangeEnd } : undefined;
}
