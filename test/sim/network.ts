// The links between simulated agents: delay, jitter, loss, cuts.
//
// Links are TCP streams, so a lost packet is not a lost message: it comes a retransmission time-out later, and
// whatever follows on the same link waits behind it. A link that loses the same packet `LOSSES_MAX` times is reset.
// A cut carries nothing in either or one direction, without a sign; what was sent meanwhile is gone.
// Not modelled yet: bandwidth and queues, which membership's few hundred bytes a second do not fill.

import type { Random } from '../../agent/core/ports.ts';
import { type Metro, oneWayMs } from './geography.ts';

/** Linux's TCP_RTO_MIN; RFC 6298 allows less than its recommended second where timestamps are fine. */
const RETRANSMIT_MIN_MS = 200;
/** About 15 doublings end a link in the real world; 6 (12.6 s) keep a simulated one from outliving its test. */
const LOSSES_MAX = 6;
/** Jitter, as a share of the one-way delay. */
const JITTER = 0.1;

export type Passage =
  | { readonly kind: 'arrives'; readonly atMs: number }
  | { readonly kind: 'reset'; readonly atMs: number }
  | { readonly kind: 'lost' };

const LOST: Passage = { kind: 'lost' };

export class Network {
  /** Probability that one packet is lost. */
  loss = 0;
  /** Whether anything passes from one agent to another; all does where undefined. */
  cut: ((from: number, to: number) => boolean) | undefined;
  readonly #random: Random;
  readonly #metroOf: Int32Array;
  readonly #delays: Float64Array;
  readonly #metros: number;
  /** Last arrival on links that a loss holds up; entries are old once that time has passed. */
  readonly #held: Map<number, number> = new Map();

  constructor(metros: readonly Metro[], metroOf: Int32Array, random: Random) {
    this.#random = random;
    this.#metroOf = metroOf;
    this.#metros = metros.length;
    this.#delays = Float64Array.from(metros.flatMap((a) => metros.map((b) => oneWayMs(a, b))));
  }

  delayMs(from: number, to: number): number {
    const row = (this.#metroOf[from] as number) * this.#metros;
    return this.#delays[row + (this.#metroOf[to] as number)] as number;
  }

  pass(from: number, to: number, nowMs: number): Passage {
    if (this.cut?.(from, to)) return LOST;
    const oneWay = this.delayMs(from, to);
    let atMs = nowMs + oneWay * (1 + JITTER * this.#random());
    if (this.loss === 0 && this.#held.size === 0) return { kind: 'arrives', atMs };
    let waitMs = Math.max(RETRANSMIT_MIN_MS, 4 * oneWay);
    let losses = 0;
    while (this.loss > 0 && this.#random() < this.loss) {
      losses += 1;
      if (losses >= LOSSES_MAX) return { kind: 'reset', atMs };
      atMs += waitMs;
      waitMs *= 2;
    }
    const link = from * this.#metroOf.length + to;
    const heldMs = this.#held.get(link);
    if (heldMs !== undefined && heldMs > atMs) atMs = heldMs;
    if (losses > 0) this.#hold(link, atMs, nowMs);
    return { kind: 'arrives', atMs };
  }

  #hold(link: number, atMs: number, nowMs: number): void {
    this.#held.set(link, atMs);
    if (this.#held.size < 4096) return;
    for (const [each, untilMs] of this.#held) if (untilMs < nowMs) this.#held.delete(each);
  }
}
