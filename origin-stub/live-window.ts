// What a live stream shows at a moment: pure arithmetic on the wall clock. Everything is counted in parts since the
// epoch: part p exists from epoch + (p + 1) x partMs on, segment n (its media sequence number) is complete with its last part.
// The media loops: segment n carries the media of n mod loopSegments, with a discontinuity where the loop starts over,
// because the timestamps jump back there.
//
//   epoch 0, parts of 500 ms, 4 to a segment, now = 5200: 10 parts exist, segments 0 and 1 are complete, and parts
//   2.0 and 2.1 of segment 2; part 2.2 is the next one (the hint), due at 5500.

export interface LiveShape {
  readonly epochMs: number;
  readonly partMs: number;
  readonly partsPerSegment: number;
  readonly loopSegments: number;
  /** Complete segments in the playlist. */
  readonly windowSegments: number;
}

export interface LiveWindow {
  /** Media sequence number of the first segment that is listed. */
  readonly firstMsn: number;
  /** Complete segments since the epoch: the newest one is segmentCount - 1. */
  readonly segmentCount: number;
  /** Parts since the epoch; partCount is also the index of the next part. */
  readonly partCount: number;
}

/** Whether an object exists: `future` has the time at which it will; `gone` has left the window for good. */
export type Presence = { readonly is: 'future'; readonly atMs: number } | { readonly is: 'here' | 'gone' };

export function liveWindow(shape: LiveShape, nowMs: number): LiveWindow {
  const partCount = Math.max(0, Math.floor((nowMs - shape.epochMs) / shape.partMs));
  const segmentCount = Math.floor(partCount / shape.partsPerSegment);
  return { firstMsn: Math.max(0, segmentCount - shape.windowSegments), segmentCount, partCount };
}

/** When the part with this index, counted from the epoch, is complete. */
export function partAtMs(shape: LiveShape, part: number): number {
  return shape.epochMs + (part + 1) * shape.partMs;
}

export function segmentAtMs(shape: LiveShape, msn: number): number {
  return partAtMs(shape, (msn + 1) * shape.partsPerSegment - 1);
}

/** When the first frame of the segment was taken: its EXT-X-PROGRAM-DATE-TIME. */
export function programDateMs(shape: LiveShape, msn: number): number {
  return shape.epochMs + msn * shape.partsPerSegment * shape.partMs;
}

export function segmentPresence(shape: LiveShape, msn: number, nowMs: number): Presence {
  const atMs = segmentAtMs(shape, msn);
  if (atMs > nowMs) return { is: 'future', atMs };
  return { is: msn < oldestKept(shape, nowMs) ? 'gone' : 'here' };
}

/** `index` is the part's place in its segment. Parts stay as long as their segment does. */
export function partPresence(
  shape: LiveShape,
  which: { msn: number; index: number },
  nowMs: number,
): Presence {
  const atMs = partAtMs(shape, which.msn * shape.partsPerSegment + which.index);
  if (atMs > nowMs) return { is: 'future', atMs };
  return { is: which.msn < oldestKept(shape, nowMs) ? 'gone' : 'here' };
}

/**
 * The media sequence number from which on segments are served. RFC 8216, 6.2.2: a segment that left the playlist stays
 * for its own duration plus that of the longest playlist that listed it; one more for the part that is being made.
 */
export function oldestKept(shape: LiveShape, nowMs: number): number {
  return Math.max(0, liveWindow(shape, nowMs).firstMsn - shape.windowSegments - 2);
}

export function startsLoop(shape: LiveShape, msn: number): boolean {
  return msn > 0 && msn % shape.loopSegments === 0;
}

/**
 * The EXT-X-DISCONTINUITY-SEQUENCE of a playlist whose first segment is firstMsn. The tag in front of that segment, if
 * there is one, is still in the list, so it does not count yet (RFC 8216, 4.3.3.3).
 */
export function discontinuitySequence(shape: LiveShape, firstMsn: number): number {
  return Math.max(0, Math.ceil(firstMsn / shape.loopSegments) - 1);
}
