// The bytes of one object while they arrive, and everybody who reads them meanwhile.
//
// One growing slab and one offset per reader: a reader that comes late starts at byte 0 like the first, so
// read-while-write and coalescing are the same thing. Bytes once written never change and never move out from under
// a view: growing copies to a larger slab and leaves the old one to those who still hold views of it.
// A fill does not know where its bytes come from or whether they may be stored: that is edge.ts. It keeps apart what is
// written, what readers see, and what is known to be right: assay.ts moves these marks.

import { assert } from '../core/assert.ts';
import type { FetchFailure, FillId } from '../core/ports.ts';
import type { Descriptor } from '../wire/descriptor.ts';
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
  /** Bytes that readers see. */
  received = 0;
  /** Bytes of these that are known to be right. Whoever promised a viewer more keeps the last byte back until then. */
  verified = 0;
  /** What the bytes are held to, once that is known. */
  descriptor: Descriptor | undefined = undefined;
  /** Bytes in the slab. */
  #written = 0;
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
  static of(id: FillId, head: ResponseHead, body: Uint8Array, descriptor?: Descriptor): Fill {
    const fill = new Fill(id, () => EMPTY, body.length);
    fill.#slab = body;
    fill.#written = body.length;
    fill.received = body.length;
    fill.verified = body.length;
    fill.descriptor = descriptor;
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
    this.verified = 0;
    this.#written = 0;
    this.descriptor = undefined;
    this.#slab = EMPTY;
  }

  get written(): number {
    return this.#written;
  }

  /** Takes bytes that need no check, and shows them.
   *  @returns false where the object outgrows its announced size or the largest allowed: the caller fails the fill */
  write(chunk: Uint8Array): boolean {
    if (!this.put(chunk)) return false;
    this.show(this.#written, this.#written);
    return true;
  }

  /** Takes bytes that readers do not see yet. @returns as `write` */
  put(chunk: Uint8Array): boolean {
    assert(this.state.phase === 'receiving', `fill ${this.id} got bytes while ${this.state.phase}`);
    const size = this.#written + chunk.length;
    const { head } = this.state;
    if (size > this.#bytesMax || (head.size >= 0 && size > head.size)) return false;
    if (size > this.#slab.length) this.#grow(size);
    this.#slab.set(chunk, this.#written);
    this.#written = size;
    return true;
  }

  /** Shows readers the bytes below `to`, of which those below `verified` are right. Neither goes back. */
  show(to: number, verified: number): void {
    const news = to > this.received || verified > this.verified;
    this.received = Math.max(this.received, to);
    this.verified = Math.max(this.verified, verified);
    if (news) this.#tell();
  }

  /** Forgets bytes that nobody has seen. */
  takeBack(): void {
    this.#written = this.received;
  }

  /** @returns false where bytes are missing: the caller fails the fill */
  end(): boolean {
    assert(this.state.phase === 'receiving', `fill ${this.id} ended while ${this.state.phase}`);
    const { head } = this.state;
    if (head.size >= 0 && this.#written !== head.size) return false;
    this.received = this.#written;
    this.verified = this.#written;
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

  /** @returns a view of bytes [from, to) of what is written, seen or not */
  peek(from: number, to: number): Uint8Array {
    return this.#slab.subarray(from, Math.min(to, this.#written));
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
    grown.set(this.#slab.subarray(0, this.#written));
    this.#slab = grown;
  }
}

const EMPTY = new Uint8Array(0);
