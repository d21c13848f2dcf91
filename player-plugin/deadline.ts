// How long an agent may keep a viewer waiting.
//
// All agents together get at most 500 ms before the first byte comes from somewhere, less when the buffer is short.
// When one is later than it usually is, and at 60 % of that time at the latest, the next is asked beside it and the
// first byte decides: the late one may be dead, or only be fetching the segment itself, and nobody can tell yet.
// Once bytes flow: half a second without any is a stall; and a body that will not be there when the buffer is used
// up is left when another source is known to be twice as fast, or none is known yet. Comparing with the others
// matters: on a viewer's narrow line every source is slow, and hopping between them would only lose time.

/** What agents may cost before the first byte, all together. */
export const PATIENCE_MS: number = 500;
/** Less than this and a busy main thread alone would drop a good agent. */
export const PATIENCE_MIN_MS: number = 200;
/** Without a byte for this long, a body has stalled. */
export const STALL_MS: number = 500;
/** A body's rate is judged from here on. */
export const JUDGE_AFTER_MS: number = 400;
/** How often a body in progress is looked at. */
export const WATCH_MS: number = 100;

/** @param bufferMs media ahead of the playhead; undefined unknown. A quarter of it may be waited away; with nothing
 *  buffered, at start-up or after a seek, it sets no bound: the origin need not be sooner than an agent that fetches. */
export function patienceMs(bufferMs: number | undefined): number {
  if (!bufferMs) return PATIENCE_MS;
  return Math.min(PATIENCE_MS, Math.max(PATIENCE_MIN_MS, bufferMs / 4));
}

export interface LateCase {
  readonly rttMs: number | undefined;
  /** Smoothed time to first byte and its deviation, from this agent's answers. */
  readonly firstByteMs: number | undefined;
  readonly deviationMs: number;
  readonly patienceLeftMs: number;
}

/** When a second agent is asked beside this one: Jacobson's mean + 4 deviations (RFC 6298), three round trips at
 *  least, and early enough that the second has a chance within the patience left. */
export function lateAfterMs(of: LateCase): number {
  const usual = of.firstByteMs === undefined ? PATIENCE_MS : of.firstByteMs + 4 * of.deviationMs;
  const wanted = Math.max(PATIENCE_MIN_MS, usual, 3 * (of.rttMs ?? PATIENCE_MS));
  return Math.min(wanted, of.patienceLeftMs * 0.6);
}

export interface BodyCase {
  readonly nowMs: number;
  readonly firstMs: number;
  readonly lastByteMs: number;
  /** Bytes of this leg so far, and of the whole leg; 0 unknown. */
  readonly bytes: number;
  readonly total: number;
  /** Time in which the rest should be there. */
  readonly slackMs: number;
  /** Best rate known of any other source. */
  readonly otherBytesPerMs: number | undefined;
}

export function judgeBody(of: BodyCase): 'stalled' | 'too-slow' | undefined {
  if (of.nowMs - of.lastByteMs >= STALL_MS) return 'stalled';
  const elapsedMs = of.nowMs - of.firstMs;
  if (elapsedMs < JUDGE_AFTER_MS || of.total === 0) return undefined;
  const bytesPerMs = of.bytes / elapsedMs;
  const restMs = bytesPerMs === 0 ? Number.POSITIVE_INFINITY : (of.total - of.bytes) / bytesPerMs;
  if (restMs <= of.slackMs) return undefined;
  return of.otherBytesPerMs === undefined || of.otherBytesPerMs > 2 * bytesPerMs ? 'too-slow' : undefined;
}
