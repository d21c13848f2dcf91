// One source's part in a load, and how the legs of a load become the timing that hls.js estimates bandwidth from.
//
// hls.js takes `loaded / (end - start)` for the rate of the link. A load that waited on a dead agent, or came half
// from an agent and half from the origin, has no single such link: its wall-clock time would blend them into a rate
// that neither has. So the leg that brought most bytes speaks for the whole: its own wait, and its own rate over all
// bytes. A load of one leg, the usual one, is reported exactly as it happened.
// A body that began sooner than light comes back from the agent was in the browser's own cache; its time says
// nothing about the link, so the wait and the rate measured on that link stand in.

export interface Leg {
  readonly startMs: number;
  /** Response head; 0 before it. */
  firstMs: number;
  /** Last byte so far. */
  endMs: number;
  bytes: number;
  /** What is known of this leg's link; undefined for the origin or a new agent. */
  readonly link: LinkMeasure | undefined;
}

export interface LinkMeasure {
  readonly rttMs: number | undefined;
  readonly bytesPerMs: number | undefined;
}

export interface LoadTiming {
  readonly startMs: number;
  readonly firstMs: number;
  readonly endMs: number;
}

export function beginLeg(startMs: number, link: LinkMeasure | undefined): Leg {
  return { startMs, firstMs: 0, endMs: 0, bytes: 0, link };
}

/** @returns start <= first <= end = nowMs, all above 0 */
export function timingOf(legs: readonly Leg[], nowMs: number): LoadTiming {
  const main = legs.reduce<Leg | undefined>(
    (best, leg) => (leg.bytes > (best?.bytes ?? -1) ? leg : best),
    undefined,
  );
  if (main === undefined || main.firstMs === 0) return { startMs: nowMs, firstMs: nowMs, endMs: nowMs };
  const total = legs.reduce((sum, leg) => sum + leg.bytes, 0);
  const { waitMs, bodyMs } =
    main.link && isInstant(main) ? cachedCost(main.link, total) : ownCost(main, total);
  const firstMs = Math.max(1, nowMs - bodyMs);
  return { startMs: Math.max(1, firstMs - waitMs), firstMs, endMs: nowMs };
}

/** Below this, a local agent and the browser's cache answer alike, and it makes no difference. */
const RTT_TELLING_MS = 5;

/** Did the answer come sooner than the network could bring it? */
export function isInstant(leg: Leg): boolean {
  const { rttMs, bytesPerMs } = leg.link ?? {};
  if (rttMs === undefined || bytesPerMs === undefined || rttMs < RTT_TELLING_MS) return false;
  return leg.firstMs - leg.startMs < rttMs / 2;
}

function ownCost(leg: Leg, total: number): { waitMs: number; bodyMs: number } {
  const share = leg.bytes === 0 ? 1 : total / leg.bytes;
  return { waitMs: leg.firstMs - leg.startMs, bodyMs: Math.max(0, leg.endMs - leg.firstMs) * share };
}

function cachedCost(link: LinkMeasure, total: number): { waitMs: number; bodyMs: number } {
  return { waitMs: link.rttMs ?? 0, bodyMs: total / (link.bytesPerMs ?? 1) };
}
