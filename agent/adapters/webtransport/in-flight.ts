// Bytes that were handed to the library for a player who has not confirmed them, per session and in all.
//
// No library says what was acknowledged. A player confirms a reply by closing its side of the stream after `end`; and
// a library takes no more than its buffer while nothing arrives. So a session counts what it sent on open streams, up
// to that buffer: enough to keep many players who take and never acknowledge from filling the memory.

import { SESSION_IN_FLIGHT_BYTES_MAX } from './limits.ts';

/** Of all sessions. */
export class InFlight {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get full(): boolean {
    return this.#bytes >= this.#bytesMax;
  }

  change(bytes: number): void {
    this.#bytes += bytes;
  }
}

export class SessionInFlight {
  readonly #all: InFlight;
  #sent = 0;

  constructor(all: InFlight) {
    this.#all = all;
  }

  /** @param bytes handed over; negative when they are known to have arrived, or do not matter any more */
  change(bytes: number): void {
    const before = Math.min(this.#sent, SESSION_IN_FLIGHT_BYTES_MAX);
    this.#sent += bytes;
    this.#all.change(Math.min(this.#sent, SESSION_IN_FLIGHT_BYTES_MAX) - before);
  }
}
