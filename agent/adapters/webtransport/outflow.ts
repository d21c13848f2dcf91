// What is on its way out on one stream: one write at a time, the rest waits here and goes as one.
//
// The library's promise is the backpressure. Whoever writes bodies waits for `drained`; only a few small frames can
// wait here meanwhile.

import { ROWS } from '../../wire/codec.ts';
import { LENGTH_BYTES, PIECE_HEAD_BYTES } from '../../wire/frames.ts';
import { PIECE_BYTES_MAX } from '../../wire/limits.ts';
import type { Stream } from './carrier.ts';

export interface OutflowEvents {
  /** Everything is handed over: more may be written. */
  drained(): void;
  /** The player is gone, or stopped this stream. */
  failed(): void;
}

export class Outflow {
  readonly #stream: Stream;
  readonly #events: OutflowEvents;
  #waiting: Uint8Array[] = [];
  #phase: 'idle' | 'writing' | 'closed' = 'idle';
  #finishing = false;

  constructor(stream: Stream, events: OutflowEvents) {
    this.#stream = stream;
    this.#events = events;
  }

  get writing(): boolean {
    return this.#phase === 'writing';
  }

  push(frames: Uint8Array): void {
    if (this.#phase === 'closed' || this.#finishing) return;
    this.#waiting.push(frames);
    // Frames of one turn of the event loop go together: an answer and the start of its body.
    if (this.#phase === 'idle') {
      this.#phase = 'writing';
      queueMicrotask(() => this.#write());
    }
  }

  /** The stream ends after what waits. */
  finish(): void {
    this.#finishing = true;
    if (this.#phase === 'idle') this.#end();
  }

  /** Nothing more goes out. */
  close(): void {
    this.#phase = 'closed';
    this.#waiting = [];
  }

  #write(): void {
    if (this.#phase === 'closed') return;
    const [first, ...more] = this.#waiting;
    if (first === undefined) {
      this.#phase = 'idle';
      if (this.#finishing) this.#end();
      else this.#events.drained();
      return;
    }
    this.#waiting = [];
    const bytes = more.length === 0 ? first : Buffer.concat([first, ...more]);
    this.#stream.write(bytes).then(
      () => this.#write(),
      () => {
        if (this.#phase === 'closed') return;
        this.close();
        this.#events.failed();
      },
    );
  }

  #end(): void {
    this.close();
    this.#stream.finish();
  }
}

const PIECE_TYPE = ROWS.find((row) => row.kind === 'piece')?.type ?? -1;

/** @returns the body as frames of `piece`, in one buffer: a copy, since a library may hold it for long */
export function pieceFrames(body: Uint8Array): Uint8Array {
  const count = Math.ceil(body.length / PIECE_BYTES_MAX);
  const frames = Buffer.allocUnsafeSlow(body.length + count * PIECE_HEAD_BYTES);
  let at = 0;
  for (let from = 0; from < body.length; from += PIECE_BYTES_MAX) {
    const part = body.subarray(from, from + PIECE_BYTES_MAX);
    frames.writeUInt32BE(PIECE_HEAD_BYTES - LENGTH_BYTES + part.length, at);
    frames.writeUInt8(PIECE_TYPE, at + LENGTH_BYTES);
    frames.writeUInt32BE(0, at + LENGTH_BYTES + 1);
    frames.writeUInt32BE(part.length, at + LENGTH_BYTES + 5);
    frames.set(part, at + PIECE_HEAD_BYTES);
    at += PIECE_HEAD_BYTES + part.length;
  }
  return frames;
}
