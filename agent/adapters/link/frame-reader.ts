// Cuts a stream of bytes into frames, with as little copying as the chunks allow.
//
// A frame that lies whole in a chunk is handed on as a view of it; one that spans chunks is gathered first, in a
// buffer that grows with what has arrived, never with what was announced. A piece is not gathered at all: its body
// is passed on as it comes, so that payload is copied once, by whoever keeps it.
// The length is checked as soon as its four bytes are there. After a refusal, or `stop`, nothing more is read.

import { FRAME_BYTES_MAX, PIECE_BYTES_MAX } from '../../wire/limits.ts';
import type { RejectReason } from '../../wire/reject.ts';
import { LENGTH_BYTES, PIECE_HEAD_BYTES, PIECE_TYPE } from './frame.ts';

export interface FrameSink {
  /** Type and fields; a view that is valid during the call. */
  frame(content: Uint8Array): void;
  /** The next bytes of a piece's body; a view that is valid during the call. */
  piece(id: number, bytes: Uint8Array): void;
  refuse(reason: RejectReason): void;
}

export class FrameReader {
  readonly #sink: FrameSink;
  readonly #pieces: boolean;
  /** The start of a frame that is not all there. */
  #held: Buffer = Buffer.alloc(0);
  #heldBytes = 0;
  /** Bytes of the frame that the next step needs. */
  #need: number = LENGTH_BYTES;
  #pieceId = 0;
  #pieceLeft = 0;
  #stopped = false;

  /** @param pieces whether pieces may come here: else one is a frame like any other */
  constructor(sink: FrameSink, pieces: boolean) {
    this.#sink = sink;
    this.#pieces = pieces;
  }

  stop(): void {
    this.#stopped = true;
  }

  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    let at = 0;
    while (!this.#stopped && at < bytes.length) {
      at += this.#pieceLeft > 0 ? this.#body(bytes, at) : this.#head(bytes, at);
    }
  }

  /** @returns bytes used */
  #body(bytes: Buffer, at: number): number {
    const part = bytes.subarray(at, at + this.#pieceLeft);
    this.#pieceLeft -= part.length;
    this.#sink.piece(this.#pieceId, part);
    return part.length;
  }

  /** Takes a step on the chunk itself where the frame's start lies in it, else on what is held. @returns bytes used */
  #head(bytes: Buffer, at: number): number {
    if (this.#heldBytes === 0 && bytes.length - at >= this.#need) {
      const used = this.#need;
      return this.#step(bytes.subarray(at, at + used)) ? used : 0;
    }
    const used = this.#hold(bytes, at);
    if (this.#heldBytes === this.#need) this.#step(this.#held.subarray(0, this.#need));
    return used;
  }

  /** Copies what the next step lacks. @returns bytes used */
  #hold(bytes: Buffer, at: number): number {
    const part = bytes.subarray(at, at + this.#need - this.#heldBytes);
    const size = this.#heldBytes + part.length;
    if (size > this.#held.length) {
      const grown = Buffer.allocUnsafe(Math.max(size, this.#held.length * 2, 512));
      this.#held.copy(grown, 0, 0, this.#heldBytes);
      this.#held = grown;
    }
    part.copy(this.#held, this.#heldBytes);
    this.#heldBytes = size;
    return part.length;
  }

  /** @param start the first `#need` bytes of a frame
   *  @returns whether they were used; else the next step needs more, from the same start */
  #step(start: Buffer): boolean {
    const length = start.readUInt32BE();
    if (start.length === LENGTH_BYTES) {
      if (length === 0) return this.#refuse('truncated');
      if (length > FRAME_BYTES_MAX) return this.#refuse('too-long');
      this.#need = LENGTH_BYTES + (this.#pieces ? 1 : length);
      return false;
    }
    const piece = this.#pieces && start[LENGTH_BYTES] === PIECE_TYPE;
    const need = piece ? PIECE_HEAD_BYTES : LENGTH_BYTES + length;
    if (piece && length < PIECE_HEAD_BYTES - LENGTH_BYTES) return this.#refuse('truncated');
    if (start.length < need) {
      this.#need = need;
      return false;
    }
    this.#heldBytes = 0;
    this.#need = LENGTH_BYTES;
    if (this.#held.length > HELD_BYTES_KEPT) this.#held = Buffer.alloc(0);
    if (piece) this.#startPiece(start, length);
    else this.#sink.frame(start.subarray(LENGTH_BYTES));
    return true;
  }

  #startPiece(start: Buffer, length: number): void {
    const body = start.readUInt32BE(9);
    if (body > PIECE_BYTES_MAX) this.#refuse('too-long');
    else if (length < PIECE_HEAD_BYTES - LENGTH_BYTES + body) this.#refuse('truncated');
    else if (length > PIECE_HEAD_BYTES - LENGTH_BYTES + body) this.#refuse('trailing');
    else {
      this.#pieceId = start.readUInt32BE(5);
      this.#pieceLeft = body;
      if (body === 0) this.#sink.piece(this.#pieceId, start.subarray(0, 0));
    }
  }

  #refuse(reason: RejectReason): boolean {
    this.#stopped = true;
    this.#sink.refuse(reason);
    return true;
  }
}

/** A gathering buffer above this size is let go after use: large frames are rare. */
const HELD_BYTES_KEPT = 16 * 1024;
