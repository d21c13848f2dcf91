// Remembers which names are not for sharing, so that requests for them are not held together in vain.
//
// The first request for a private or oversized object makes others wait for its head before they learn that each
// must get its own. For a while after that nobody waits. nginx and Varnish call this hit-for-pass. It is bounded: the
// oldest entry goes first, and forgetting one costs one wait.

import type { SegmentName } from '../wire/ids.ts';

/** Long enough to matter under load, short enough that an object that becomes shareable is shared soon. */
const PASS_MS = 10_000;
const NAMES_MAX = 4_096;

export class PassMemo {
  readonly #untilMs: Map<SegmentName, number> = new Map();

  add(name: SegmentName, nowMs: number): void {
    this.#untilMs.delete(name);
    this.#untilMs.set(name, nowMs + PASS_MS);
    if (this.#untilMs.size <= NAMES_MAX) return;
    for (const oldest of this.#untilMs.keys()) {
      this.#untilMs.delete(oldest);
      return;
    }
  }

  has(name: SegmentName, nowMs: number): boolean {
    const untilMs = this.#untilMs.get(name);
    if (untilMs === undefined) return false;
    if (untilMs > nowMs) return true;
    this.#untilMs.delete(name);
    return false;
  }
}
