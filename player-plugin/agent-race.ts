// Agents asked for the same bytes until one of them answers: the first alone, the next beside it when it is late.
//
// The late one may be dead or only be fetching the segment itself, so it is not given up while patience lasts; the
// first answer that fits wins and the others are dropped. Patience is for the first byte: the winner then has its
// time (agent-get.ts watches its pace). A race ends by itself with `end`, or with `over` when nobody is left.

import { type AgentGet, getFromAgent, isLate } from './agent-get.ts';
import type { KnownAgent } from './agent-set.ts';
import { lateAfterMs, WATCH_MS } from './deadline.ts';
import type { AgentFault } from './fallback.ts';
import type { Cancel, World } from './world.ts';

/** Too little patience left to be worth another agent. */
const TRY_MIN_MS = 40;

export interface RacePlan {
  /** In their order; who is asked is taken out. */
  readonly queue: KnownAgent[];
  /** Clock time by which the first byte must come. */
  readonly patienceEndsMs: number;
  get(agent: KnownAgent): Omit<AgentGet, 'slowAfterMs'>;
}

export interface RaceSink {
  /** @param startMs when it was asked
   *  @returns false where the answer does not fit */
  head(agent: KnownAgent, startMs: number, response: Response): boolean;
  bytes(chunk: Uint8Array<ArrayBuffer>): void;
  /** @returns why the bytes are not all that they should be, if they are not */
  end(): AgentFault | undefined;
  /** One more agent is asked beside those that are late. */
  beside(): void;
  /** An agent failed, or was dropped though it had been late. */
  left(agent: KnownAgent, fault: AgentFault): void;
  /** Nobody is left, or the winner broke off. */
  over(fault: AgentFault): void;
}

interface Attempt {
  readonly cancel: Cancel;
  late: boolean;
}

export class AgentRace {
  readonly #world: World;
  readonly #plan: RacePlan;
  readonly #sink: RaceSink;
  readonly #attempts = new Map<KnownAgent, Attempt>();
  #cancelPatience: Cancel = () => {};
  #open = true;

  constructor(world: World, plan: RacePlan, sink: RaceSink) {
    this.#world = world;
    this.#plan = plan;
    this.#sink = sink;
  }

  /** @returns false where no agent or no time is left: then nothing follows */
  start(): boolean {
    if (!this.#askAnother()) return false;
    this.#wait(this.#plan.patienceEndsMs);
    return true;
  }

  /** Nothing follows. */
  cancel(): void {
    this.#open = false;
    this.#cancelPatience();
    for (const { cancel } of this.#attempts.values()) cancel();
    this.#attempts.clear();
  }

  /** The winner's bytes are of no use: as if it had failed. */
  refuse(agent: KnownAgent, fault: AgentFault): void {
    this.#attempts.get(agent)?.cancel();
    this.#failed(agent, fault);
  }

  #askAnother(): boolean {
    const { queue, patienceEndsMs, get } = this.#plan;
    const startMs = this.#world.now();
    const leftMs = patienceEndsMs - startMs;
    const agent = leftMs >= TRY_MIN_MS ? queue.shift() : undefined;
    if (!agent) return false;
    const slowAfterMs = lateAfterMs({ ...agent, patienceLeftMs: leftMs });
    const cancel = getFromAgent(
      this.#world,
      { ...get(agent), slowAfterMs },
      {
        slow: () => this.#late(agent),
        head: (response) => this.#head(agent, startMs, response),
        bytes: (chunk) => this.#sink.bytes(chunk),
        end: () => this.#end(agent),
        fail: (fault) => this.#failed(agent, fault),
      },
    );
    this.#attempts.set(agent, { cancel, late: false });
    return true;
  }

  #wait(dueMs: number): void {
    this.#cancelPatience = this.#world.after(dueMs - this.#world.now(), () => {
      const nowMs = this.#world.now();
      if (isLate(nowMs, dueMs)) return this.#wait(nowMs + WATCH_MS / 2);
      for (const attempt of this.#attempts.values()) attempt.late = true;
      this.#dropAllBut(undefined);
      this.#over('slow-start');
    });
  }

  #late(agent: KnownAgent): void {
    const attempt = this.#attempts.get(agent);
    if (attempt) attempt.late = true;
    if (this.#askAnother()) this.#sink.beside();
  }

  #head(agent: KnownAgent, startMs: number, response: Response): boolean {
    if (!this.#sink.head(agent, startMs, response)) return false;
    this.#cancelPatience();
    this.#dropAllBut(agent);
    return true;
  }

  #dropAllBut(winner: KnownAgent | undefined): void {
    for (const [agent, { cancel, late }] of this.#attempts) {
      if (agent === winner) continue;
      this.#attempts.delete(agent);
      cancel();
      if (late) this.#sink.left(agent, 'slow-start');
    }
  }

  #end(agent: KnownAgent): void {
    const fault = this.#sink.end();
    if (fault) this.#failed(agent, fault);
  }

  #failed(agent: KnownAgent, fault: AgentFault): void {
    this.#attempts.delete(agent);
    this.#sink.left(agent, fault);
    if (!this.#open) return;
    // Where others are still being asked, one more joins them.
    if (this.#attempts.size > 0) this.#askAnother();
    else this.#over(fault);
  }

  #over(fault: AgentFault): void {
    if (!this.#open) return;
    this.cancel();
    this.#sink.over(fault);
  }
}
