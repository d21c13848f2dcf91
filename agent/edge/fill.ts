// The bytes of one object while they arrive, and everybody who reads them meanwhile.
//
// One growing slab and one offset per reader: a reader that comes late starts at byte 0 like the first, so
// read-while-write and coalescing are the same thing. Bytes once written never change and never move out from under
// a view: growing copies to a larger slab and leaves the old one to those who still hold views of it.
// A fill does not know where its bytes come from or whether they may be stored: that is edge.ts.

import { assert } from '../core/assert.ts';
import type { FetchFailure, FillId } from '../core/ports.ts';
import type { ResponseHead } from './ports.ts';

/** Gets memory for a slab; the daemon's does not clear it first. */
export type Allocate = (bytes: number) => Uint8Array;

export interface FillReader {
  /** More bytes, the head, or the end: look at the fill. */
  onProgress(): void;
}

export type FillState =
  | { readonly phase: 'waiting' }
  | { readonly phase: 'receiving'; readonly head: ResponseHead }
  | { readonly phase: 'complete'; readonly head: ResponseHead }
  | { readonly phase: 'failed'; readonly reason: FetchFailure; readonly detail: string };

export class Fill {
  readonly id: FillId;
  state: FillState = { phase: 'waiting' };
  /** Bytes received so far. */
  received = 0;
  readonly #allocate: Allocate;
  readonly #bytesMax: number;
  readonly #readers: Set<FillReader> = new Set();
  #slab: Uint8Array;

  /** @param bytesMax more than this is refused by `write` */
  constructor(id: FillId, allocate: Allocate, bytesMax: number) {
    this.id = id;
    this.#allocate = allocate;
    this.#bytesMax = bytesMax;
    this.#slab = EMPTY;
  }

  /** A fill that is complete from the start: how a stored object is sent to a peer. */
  static of(id: FillId, head: ResponseHead, body: Uint8Array): Fill {
    const fill = new Fill(id, () => EMPTY, body.length);
    fill.#slab = body;
    fill.received = body.length;
    fill.state = { phase: 'complete', head };
    return fill;
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** The head is there: readers may answer. Sizes the slab where the length is known. */
  begin(head: ResponseHead): void {
    assert(this.state.phase === 'waiting', `fill ${this.id} began twice`);
    this.state = { phase: 'receiving', head };
    if (head.size > 0 && head.size <= this.#bytesMax) this.#slab = this.#allocate(head.size);
    this.#tell();
  }

  /** Forgets a beginning that nobody has read. */
  restart(): void {
    assert(this.#readers.size === 0, `fill ${this.id} begins anew under its readers`);
    this.state = { phase: 'waiting' };
    this.received = 0;
    this.#slab = EMPTY;
  }

  /** @returns false where the object outgrows its announced size or the largest allowed: the caller fails the fill */
  write(chunk: Uint8Array): boolean {
    assert(this.state.phase === 'receiving', `fill ${this.id} got bytes while ${this.state.phase}`);
    const size = this.received + chunk.length;
    const { head } = this.state;
    if (size > this.#bytesMax || (head.size >= 0 && size > head.size)) return false;
    if (size > this.#slab.length) this.#grow(size);
    this.#slab.set(chunk, this.received);
    this.received = size;
    this.#tell();
    return true;
  }

  /** @returns false where bytes are missing: the caller fails the fill */
  end(): boolean {
    assert(this.state.phase === 'receiving', `fill ${this.id} ended while ${this.state.phase}`);
    const { head } = this.state;
    if (head.size >= 0 && this.received !== head.size) return false;
    this.state = { phase: 'complete', head };
    this.#tell();
    return true;
  }

  fail(reason: FetchFailure, detail: string): void {
    if (this.state.phase === 'complete' || this.state.phase === 'failed') return;
    this.state = { phase: 'failed', reason, detail };
    this.#tell();
  }

  /** @returns a view of bytes [from, to), at most what has been received; never changes afterwards */
  view(from: number, to: number): Uint8Array {
    return this.#slab.subarray(from, Math.min(to, this.received));
  }

  /** @returns the whole body of a complete fill, without spare room behind it */
  whole(): Uint8Array {
    assert(this.state.phase === 'complete', `fill ${this.id} is ${this.state.phase}, not complete`);
    if (this.#slab.length === this.received) return this.#slab;
    const exact = this.#allocate(this.received);
    exact.set(this.#slab.subarray(0, this.received));
    this.#slab = exact;
    return exact;
  }

  attach(reader: FillReader): void {
    this.#readers.add(reader);
  }

  detach(reader: FillReader): void {
    this.#readers.delete(reader);
  }

  #tell(): void {
    for (const reader of this.#readers) reader.onProgress();
  }

  #grow(size: number): void {
    const grown = this.#allocate(Math.min(this.#bytesMax, Math.max(size, this.#slab.length * 2, 64 * 1024)));
    grown.set(this.#slab.subarray(0, this.received));
    this.#slab = grown;
  }
}

const EMPTY = new Uint8Array(0);
