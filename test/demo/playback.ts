// A player's clock and choice of rendition, without a player: how full the buffer is, when it ran dry, what the
// measured rate allows. Pure: time comes in as `nowMs`.

import type { Variant } from './playlist.ts';

/** Seconds ahead that a viewer fetches, where the stream has so much. */
const BUFFER_S_MAX = 12;
/** The rate must be so much above a rendition's bit rate for it to be chosen. */
const HEADROOM = 1.4;

export class Playback {
  /** When the buffer runs dry; undefined before the first segment. */
  #dryAtMs: number | undefined = undefined;
  #bitsPerS: number | undefined = undefined;
  stalls = 0;

  /** A segment was appended. */
  append(durationS: number, nowMs: number): void {
    if (this.#dryAtMs !== undefined && this.#dryAtMs < nowMs) this.stalls += 1;
    this.#dryAtMs = Math.max(this.#dryAtMs ?? nowMs, nowMs) + durationS * 1000;
  }

  /** @returns how long to wait until there is room for another segment */
  roomInMs(nowMs: number): number {
    return Math.max(0, (this.#dryAtMs ?? nowMs) - nowMs - BUFFER_S_MAX * 1000);
  }

  /** A segment took so long. */
  measured(bytes: number, ms: number): void {
    const bitsPerS = (bytes * 8000) / Math.max(1, ms);
    this.#bitsPerS =
      this.#bitsPerS === undefined ? bitsPerS : this.#bitsPerS + (bitsPerS - this.#bitsPerS) / 4;
  }

  /** @param variants the lowest bit rate first
   *  @param best index of the best that the viewer's screen can show
   *  @returns the lowest until something is measured, then the best that the rate allows */
  choose(variants: readonly Variant[], best: number): Variant | undefined {
    const rate = this.#bitsPerS ?? 0;
    const fitting = variants.slice(0, best + 1).filter((variant) => variant.bitsPerS * HEADROOM <= rate);
    return fitting.at(-1) ?? variants[0];
  }
}
