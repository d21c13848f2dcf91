// The links between simulated agents: delay, jitter, loss, cuts, uplinks, and an account of what passed.
//
// Links are TCP streams, so a lost packet is not a lost message: it comes a retransmission time-out later, and
// whatever follows on the same link waits behind it. A link that loses the same packet `LOSSES_MAX` times is reset.
// A cut carries nothing in either or one direction, without a sign; what was sent meanwhile is gone.
// Uplinks are unbounded unless given: then what an agent sends leaves one after the other at its rate. Queues inside
// the network and competing traffic are not modelled.

import type { Random } from '../../agent/core/ports.ts';
import { accessMs, type Metro, oneWayMs } from './geography.ts';

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

/** How far a message went: inside its metro, to another metro of its region, out of its region. */
export const LINK_CLASSES = ['metro', 'region', 'world'] as const;

export class Network {
  /** Probability that one packet is lost. */
  loss = 0;
  /** Whether anything passes from one agent to another; all does where undefined. */
  cut: ((from: number, to: number) => boolean) | undefined;
  /** By agent: what its uplink carries, in bytes per ms. Unbounded where undefined. */
  uplinks: Float64Array | undefined;
  /** Sent, by LINK_CLASSES. */
  readonly messages: Float64Array = new Float64Array(LINK_CLASSES.length);
  readonly bytes: Float64Array = new Float64Array(LINK_CLASSES.length);
  /** By agent: its one-way delay into its metro, in ms. */
  readonly access: Float64Array;
  readonly #random: Random;
  readonly #metroOf: Int32Array;
  readonly #delays: Float64Array;
  readonly #classes: Uint8Array;
  readonly #metros: number;
  readonly #busyUntilMs: Float64Array;
  /** Last arrival on links that a loss holds up; entries are old once that time has passed. */
  readonly #held: Map<number, number> = new Map();

  constructor(metros: readonly Metro[], metroOf: Int32Array, random: Random) {
    this.#random = random;
    this.#metroOf = metroOf;
    this.#metros = metros.length;
    this.#delays = Float64Array.from(metros.flatMap((a) => metros.map((b) => oneWayMs(a, b))));
    this.#classes = Uint8Array.from(metros.flatMap((a) => metros.map((b) => linkClass(a, b))));
    this.#busyUntilMs = new Float64Array(metroOf.length);
    this.access = Float64Array.from(metroOf, () => accessMs(random));
  }

  /** @returns one-way delay in ms without jitter */
  delayMs(from: number, to: number): number {
    return (
      this.#between(this.#delays, from, to) + (this.access[from] as number) + (this.access[to] as number)
    );
  }

  /** @returns what a ping measures on average */
  rttMs(a: number, b: number): number {
    return 2 * this.delayMs(a, b) * (1 + JITTER / 2);
  }

  crossesRegions(from: number, to: number): boolean {
    return this.#between(this.#classes, from, to) === 2;
  }

  pass(from: number, to: number, nowMs: number, bytes = 0): Passage {
    const far = this.#between(this.#classes, from, to);
    this.messages[far] = (this.messages[far] as number) + 1;
    this.bytes[far] = (this.bytes[far] as number) + bytes;
    if (this.cut?.(from, to)) return LOST;
    const oneWay = this.delayMs(from, to);
    let atMs = this.#leaves(from, nowMs, bytes) + oneWay * (1 + JITTER * this.#random());
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

  #leaves(from: number, nowMs: number, bytes: number): number {
    const bytesPerMs = this.uplinks?.[from];
    if (bytesPerMs === undefined) return nowMs;
    const leavesMs = Math.max(nowMs, this.#busyUntilMs[from] as number) + bytes / bytesPerMs;
    this.#busyUntilMs[from] = leavesMs;
    return leavesMs;
  }

  #between(table: Float64Array | Uint8Array, from: number, to: number): number {
    const row = (this.#metroOf[from] as number) * this.#metros;
    return table[row + (this.#metroOf[to] as number)] as number;
  }

  #hold(link: number, atMs: number, nowMs: number): void {
    this.#held.set(link, atMs);
    if (this.#held.size < 4096) return;
    for (const [each, untilMs] of this.#held) if (untilMs < nowMs) this.#held.delete(each);
  }
}

function linkClass(a: Metro, b: Metro): number {
  if (a.region !== b.region) return 2;
  return a.name === b.name ? 0 : 1;
}
