// Moves a fill's bytes to one reader at the reader's own pace.
//
// The pump keeps an offset and writes views of the slab until the target says that it is full; `drained` goes on
// from there. A slow viewer therefore holds an offset, never bytes: what it has not read yet is in the slab that all
// readers share.
// Of bytes that are not verified yet, the last of the range stays behind: a viewer who was promised a length can tell
// a cut answer from a whole one, and never has a whole one that is wrong.

import type { FetchFailure } from '../core/ports.ts';
import type { Fill, FillReader } from './fill.ts';

export interface PumpTarget {
  /** @returns false when full: no more is written until `drained` */
  write(bytes: Uint8Array): boolean;
  end(): void;
  /** The fill failed after `sent` bytes. */
  fail(reason: FetchFailure, sent: number): void;
}

export interface PumpRange {
  /** First byte. */
  readonly from: number;
  /** Byte after the last; Infinity for all there is. */
  readonly to: number;
  /** Most bytes handed over in one write. */
  readonly writeBytesMax: number;
}

export class Pump implements FillReader {
  readonly #fill: Fill;
  readonly #target: PumpTarget;
  readonly #range: PumpRange;
  #at: number;
  #full = false;
  #over = false;

  /** Starts at once: `write` may be called before this returns. */
  constructor(fill: Fill, target: PumpTarget, range: PumpRange) {
    this.#fill = fill;
    this.#target = target;
    this.#range = range;
    this.#at = range.from;
    fill.attach(this);
    this.onProgress();
  }

  /** The target takes bytes again. */
  drained(): void {
    this.#full = false;
    this.onProgress();
  }

  /** The reader is gone. */
  stop(): void {
    this.#over = true;
    this.#fill.detach(this);
  }

  onProgress(): void {
    const { writeBytesMax } = this.#range;
    while (!this.#over && !this.#full && this.#at < this.#end) {
      const bytes = this.#fill.view(this.#at, Math.min(this.#at + writeBytesMax, this.#end));
      this.#at += bytes.length;
      // Said before the call: a target may be drained within it.
      this.#full = true;
      if (this.#target.write(bytes)) this.#full = false;
    }
    if (!this.#over) this.#finish();
  }

  /** Byte after the last that may be handed over now. */
  get #end(): number {
    const { received, verified } = this.#fill;
    const { to } = this.#range;
    return Math.min(received, to > verified ? to - 1 : to);
  }

  #finish(): void {
    const { state, received } = this.#fill;
    const sentAll = this.#at >= this.#range.to || (state.phase === 'complete' && this.#at >= received);
    if (sentAll) {
      this.stop();
      this.#target.end();
    } else if (state.phase === 'failed') {
      this.stop();
      this.#target.fail(state.reason, this.#at - this.#range.from);
    }
  }
}
