// What a baseline protocol runs on: the simulator's clock, event queue, geography and links, as calls between agents.
//
// A protocol here is written as requests: what runs at the other end when the request arrives, what runs at this end
// when the answer is back, and what if it is not back in time. Each of those is an event of its own, after a passage
// through network.ts, and it must touch the state of the agent at which it runs and of no other. The dead answer
// nothing; a time-out is all that anyone learns of a death. A request or timer of an earlier life is void.

import type { Random } from '../../../agent/core/ports.ts';
import { prng } from '../../../agent/core/prng.ts';
import { EventQueue } from '../event-queue.ts';
import { placeAgents } from '../geography.ts';
import { Network } from '../network.ts';

export interface FabricOptions {
  readonly agents: number;
  readonly regions: number;
  readonly seed: number;
  readonly loss?: number;
}

export interface Call<T> {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
  readonly replyBytes: number;
  /** After which `silent` runs. */
  readonly waitMs: number;
  /** Runs at `to`. */
  readonly serve: () => T;
  /** Runs at `from`; so do the others. Exactly one of `answered` and `silent` runs while `from` lives. */
  readonly answered: (reply: T) => void;
  readonly silent: () => void;
  /** The answer came after all. */
  readonly late?: () => void;
}

const ACTION = 0;
const AT_AGENT = 1;

/** Retransmission time-out to somebody whose round trip is known: srtt + 4 rttvar, at least 60 ms, as the polyring's.
 *  Jitter adds 0 .. 10 % each way, so srtt is 2.1 one-way delays and four mean deviations add 0.2 at most. */
const RTO_MIN_MS = 60;
const RTO_DELAYS = 2.3;
/** To a stranger: above every round trip of geography.ts, which ends at about 420 ms. */
const RTO_STRANGER_MS = 500;

export class Fabric {
  nowMs = 0;
  events = 0;
  /** Raised by every death and birth. */
  changes = 0;
  readonly agents: number;
  readonly regions: number;
  readonly network: Network;
  readonly random: Random;
  readonly regionOf: Int32Array;
  readonly metroOf: Int32Array;
  readonly #queue = new EventQueue();
  readonly #running: Uint8Array;
  readonly #life: Int32Array;

  constructor(options: FabricOptions) {
    const { metros, metroOf, regionOf } = placeAgents(options);
    this.agents = options.agents;
    this.regions = options.regions;
    this.metroOf = metroOf;
    this.regionOf = regionOf;
    this.network = new Network(metros, metroOf, prng(options.seed ^ 0x5eed));
    this.network.loss = options.loss ?? 0;
    this.random = prng(options.seed ^ 0xba5e);
    this.#running = new Uint8Array(options.agents).fill(1);
    this.#life = new Int32Array(options.agents);
  }

  alive(agent: number): boolean {
    return this.#running[agent] === 1;
  }

  /** The machine is gone without a word. */
  kill(agent: number): void {
    this.#running[agent] = 0;
    this.#life[agent] = (this.#life[agent] as number) + 1;
    this.changes += 1;
  }

  /** It is back and remembers nothing. */
  revive(agent: number): void {
    this.#running[agent] = 1;
    this.#life[agent] = (this.#life[agent] as number) + 1;
    this.changes += 1;
  }

  rtoMs(from: number, to: number): number {
    return Math.max(RTO_MIN_MS, RTO_DELAYS * this.network.delayMs(from, to));
  }

  strangerRtoMs(): number {
    return RTO_STRANGER_MS;
  }

  tell(from: number, to: number, bytes: number, arrive: () => void): void {
    const passage = this.network.pass(from, to, this.nowMs, bytes);
    if (passage.kind !== 'arrives' || !this.alive(to)) return;
    this.#queue.push(passage.atMs, AT_AGENT, to, from, this.#life[to] as number, arrive);
  }

  call<T>(call: Call<T>): void {
    let settled = false;
    this.tell(call.from, call.to, call.bytes, () => {
      const reply = call.serve();
      this.tell(call.to, call.from, call.replyBytes, () => {
        if (settled) call.late?.();
        else {
          settled = true;
          call.answered(reply);
        }
      });
    });
    this.after(call.from, call.waitMs, () => {
      if (settled) return;
      settled = true;
      call.silent();
    });
  }

  /** A timer of the agent's present life. */
  after(agent: number, delayMs: number, act: () => void): void {
    this.#queue.push(this.nowMs + delayMs, AT_AGENT, agent, -1, this.#life[agent] as number, act);
  }

  /** Something that happens to the world, whoever lives. */
  at(ms: number, act: () => void): void {
    this.#queue.push(ms, ACTION, -1, -1, 0, act);
  }

  run(forMs: number): void {
    const untilMs = this.nowMs + forMs;
    while (this.#queue.nextMs <= untilMs) this.#step();
    this.nowMs = untilMs;
  }

  /** Runs until the condition holds or nothing is left to happen. @returns whether it holds */
  runUntil(holds: () => boolean): boolean {
    while (!holds()) if (!this.#step()) return false;
    return true;
  }

  #step(): boolean {
    const event = this.#queue.pop();
    if (event === undefined) return false;
    this.nowMs = event.atMs;
    this.events += 1;
    const { kind, agent, life } = event;
    if (kind === ACTION || (this.alive(agent) && this.#life[agent] === life)) (event.payload as () => void)();
    return true;
  }
}
