// One player's session: its streams, what they may use, and when it has to go.
//
// A session that idles costs one pending call into the library and this object. A player that breaks the protocol
// loses the session and nothing else; it may open another, which the handshake rate bounds.

import { frameOf } from '../../wire/frames.ts';
import type { Session, Stream } from './carrier.ts';
import { Exchange, type ExchangePorts } from './exchange.ts';
import { type InFlight, SessionInFlight } from './in-flight.ts';
import { TokenBucket } from './token-bucket.ts';

/** Codes with which a session is closed, for the player. */
export const CLOSE = { gone: 0, broken: 1, late: 2, draining: 3 } as const;

export class PlayerSession {
  readonly #session: Session;
  readonly #ports: ExchangePorts;
  readonly #all: InFlight;
  readonly #inFlight: SessionInFlight;
  readonly #live: Set<Exchange> = new Set();
  readonly #cancels: TokenBucket;
  #draining = false;
  #over = false;

  constructor(session: Session, all: InFlight, ports: ExchangePorts) {
    this.#session = session;
    this.#ports = ports;
    this.#all = all;
    this.#inFlight = new SessionInFlight(all);
    const { cancelBurst, cancelsPerS } = ports.limits;
    this.#cancels = new TokenBucket(cancelBurst, cancelsPerS, ports.now());
  }

  /** Resolves when the session is over. */
  async run(): Promise<void> {
    void this.#session.closed.then(() => this.#end());
    try {
      for (let stream = await this.#session.nextStream(); stream; stream = await this.#session.nextStream()) {
        this.#exchange(stream);
      }
    } catch {
      // Libraries report the end of a session at any call.
    }
    await this.#session.closed;
  }

  /** Looks at the clock: one late stream ends the session. */
  sweep(nowMs: number): void {
    for (const exchange of this.#live) {
      const late = exchange.late(nowMs);
      if (late !== undefined) {
        this.close(CLOSE.late, late);
        return;
      }
    }
    // Not before the player has closed its streams: what waits in the library would be lost.
    if (this.#draining && this.#live.size === 0) this.close(CLOSE.draining, 'the agent goes away');
  }

  /** Takes no more requests; closes once those under way are answered. */
  drain(): void {
    this.#draining = true;
  }

  close(code: number, reason: string): void {
    if (this.#over) return;
    this.#end();
    this.#session.close(code, reason);
  }

  #exchange(stream: Stream): void {
    if (this.#over || this.#live.size >= this.#ports.limits.streamsMax) {
      tellBusy(stream);
      return;
    }
    const exchange = new Exchange(stream, this.#inFlight, this.#ports, {
      barred: () => (this.#draining ? 'draining' : this.#all.full ? 'busy' : undefined),
      cancelled: () => {
        if (!this.#over && this.#cancels.take(this.#ports.now()) > 0)
          this.#broken('too many requests given up');
      },
      broken: (reason) => this.#broken(reason),
      over: (each) => this.#live.delete(each),
    });
    this.#live.add(exchange);
    void exchange.run();
  }

  #broken(reason: string): void {
    if (this.#over) return;
    this.#ports.counts['rejected.webtransport'] += 1;
    this.close(CLOSE.broken, reason);
  }

  #end(): void {
    this.#over = true;
    for (const exchange of [...this.#live]) exchange.gone();
  }
}

/** A stream beyond the limit: it is told so unread, and given up. Libraries bound how many there can be. */
function tellBusy(stream: Stream): void {
  const frame = frameOf({ kind: 'reset', id: 0, reason: 'busy' });
  const told = frame === undefined ? Promise.resolve() : stream.write(frame);
  told
    .then(
      () => stream.finish(),
      () => {
        // Gone already.
      },
    )
    .then(() => stream.abandon());
}
