// Frames for both ends of a player's stream: u32 length, then what the codec writes.
//
// The agent and the page read the same way: chunks go in as the network cut them, whole messages come out. What is
// held is what has arrived, never what was announced; the length is checked as soon as its four bytes are there.
// Links between agents cut frames in a way of their own (agent/adapters/link), which never gathers a piece.

import { decode, encode } from './codec.ts';
import { FRAME_BYTES_MAX } from './limits.ts';
import type { Message } from './message.ts';
import type { RejectReason } from './reject.ts';

/** Bytes before a frame's content. */
export const LENGTH_BYTES: number = 4;
/** Bytes before a piece's body: frame length, type, transfer id, body length. */
export const PIECE_HEAD_BYTES: number = 13;

/** @returns the frame, or undefined where the other end would refuse it: text that players and origins wrote has limits */
export function frameOf(message: Message): Uint8Array | undefined {
  const content = encode(message);
  if (content.length > FRAME_BYTES_MAX || !decode(content).ok) return undefined;
  const frame = new Uint8Array(LENGTH_BYTES + content.length);
  new DataView(frame.buffer).setUint32(0, content.length);
  frame.set(content, LENGTH_BYTES);
  return frame;
}

export interface MessageSink {
  message(message: Message): void;
  refuse(reason: RejectReason): void;
}

/** Cuts what one stream brings into messages. After a refusal, or `stop`, nothing more is read. */
export class MessageReader {
  readonly #sink: MessageSink;
  readonly #frameBytesMax: number;
  /** The start of a frame that is not all there; grows with what comes. */
  #held: Uint8Array = new Uint8Array(0);
  #heldBytes = 0;
  #stopped = false;

  /** @param frameBytesMax what this end takes: a player sends only small frames */
  constructor(sink: MessageSink, frameBytesMax: number = FRAME_BYTES_MAX) {
    this.#sink = sink;
    this.#frameBytesMax = frameBytesMax;
  }

  /** A frame has begun and is not whole. */
  get within(): boolean {
    return this.#heldBytes > 0;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** @param chunk may be reused when this returns */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (!this.#stopped && at < chunk.length) {
      at += this.#heldBytes === 0 ? this.#direct(chunk, at) : this.#gathered(chunk, at);
    }
  }

  /** The frame begins in this chunk: taken from it where it is whole. @returns bytes used */
  #direct(chunk: Uint8Array, at: number): number {
    const left = chunk.length - at;
    const need = left < LENGTH_BYTES ? LENGTH_BYTES : this.#bytesOf(chunk, at);
    if (this.#stopped) return 0;
    if (left < need) return this.#hold(chunk, at, left);
    this.#deliver(chunk.subarray(at + LENGTH_BYTES, at + need));
    return need;
  }

  /** The frame began in an earlier chunk. @returns bytes used */
  #gathered(chunk: Uint8Array, at: number): number {
    const need = this.#heldBytes < LENGTH_BYTES ? LENGTH_BYTES : this.#bytesOf(this.#held, 0);
    const used = this.#hold(chunk, at, Math.min(need - this.#heldBytes, chunk.length - at));
    if (this.#heldBytes < LENGTH_BYTES) return used;
    const whole = this.#bytesOf(this.#held, 0);
    if (this.#stopped || this.#heldBytes < whole) return used;
    this.#heldBytes = 0;
    this.#deliver(this.#held.subarray(LENGTH_BYTES, whole));
    return used;
  }

  /** @returns bytes of the frame whose length stands at `at`; refuses one that is empty or too long */
  #bytesOf(bytes: Uint8Array, at: number): number {
    const length = new DataView(bytes.buffer, bytes.byteOffset + at, LENGTH_BYTES).getUint32(0);
    if (length === 0) this.#refuse('truncated');
    else if (length > this.#frameBytesMax) this.#refuse('too-long');
    return LENGTH_BYTES + length;
  }

  #hold(chunk: Uint8Array, at: number, length: number): number {
    const size = this.#heldBytes + length;
    if (size > this.#held.length) {
      const grown = new Uint8Array(Math.max(size, this.#held.length * 2, 512));
      grown.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = grown;
    }
    this.#held.set(chunk.subarray(at, at + length), this.#heldBytes);
    this.#heldBytes = size;
    return length;
  }

  #deliver(content: Uint8Array): void {
    const decoded = decode(content);
    if (decoded.ok) this.#sink.message(decoded.value);
    else this.#refuse(decoded.reason);
  }

  #refuse(reason: RejectReason): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#sink.refuse(reason);
  }
}
