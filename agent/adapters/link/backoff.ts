// Leaves an address alone for a while after it did not answer: 100 ms, doubling to 2 s.
//
// Short on purpose: a restarted agent must be reached again within seconds, and what asks for links (probes, fetches)
// is already paced. This only keeps a burst of fetches towards a dead peer from becoming a burst of dials.

import { BACKOFFS_MAX } from './limits.ts';

interface Pause {
  readonly untilMs: number;
  readonly lengthMs: number;
}

export class Backoff {
  readonly #pauses: Map<string, Pause> = new Map();
  readonly #shortestMs: number;
  readonly #longestMs: number;

  constructor(times: { readonly shortestMs: number; readonly longestMs: number }) {
    this.#shortestMs = times.shortestMs;
    this.#longestMs = times.longestMs;
  }

  mayDial(address: string, nowMs: number): boolean {
    return nowMs >= (this.#pauses.get(address)?.untilMs ?? 0);
  }

  /** A pause that is long over does not count: the failure that follows it is a new one. */
  failed(address: string, nowMs: number): void {
    const last = this.#pauses.get(address);
    const recent = last !== undefined && nowMs < last.untilMs + this.#longestMs;
    const lengthMs = recent ? Math.min(last.lengthMs * 2, this.#longestMs) : this.#shortestMs;
    this.#pauses.delete(address);
    if (this.#pauses.size >= BACKOFFS_MAX) this.#forgetOldest();
    this.#pauses.set(address, { untilMs: nowMs + lengthMs, lengthMs });
  }

  succeeded(address: string): void {
    this.#pauses.delete(address);
  }

  #forgetOldest(): void {
    for (const oldest of this.#pauses.keys()) {
      this.#pauses.delete(oldest);
      return;
    }
  }
}
