// The time for the whole agent: epoch milliseconds that never go backwards.
//
// The wall clock is read once and the monotonic clock counts from there, because a step of the wall clock (NTP, an
// operator, a resumed machine) would otherwise fire or freeze every timer of the core at once. The price: a step is
// not followed until the process restarts; a machine that drifts that far is refused by its peers' skew limit.

/** @returns nowMs, with fractions */
export type Clock = () => number;

export function systemClock(
  wallMs: () => number = Date.now,
  monotonicMs: () => number = () => performance.now(),
): Clock {
  const anchorMs = wallMs() - monotonicMs();
  return () => anchorMs + monotonicMs();
}
