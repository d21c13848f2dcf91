// One broadcast through the real Multicast of every agent, over the simulator's events and links.

import type { Reach } from '../../../agent/core/polyring/cast-path.ts';
import { type CastNow, Multicast } from '../../../agent/core/polyring/multicast.ts';
import type { Contact } from '../../../agent/core/ports.ts';
import type { AgentId } from '../../../agent/wire/ids.ts';
import type { CastMessage } from '../../../agent/wire/message.ts';
import type { Fabric } from '../baselines/fabric.ts';
import type { Structure } from './structure.ts';

/** As for the baselines: headers of TCP, TLS and the message, and a payload of a kilobyte. */
const HEADER_BYTES = 96;
/** 200 Mb/s. */
export const UPLINK_BYTES_PER_MS = 25_000;

/** How one broadcast went. */
export interface Spread {
  /** By agent: when it was delivered, since the start; NaN where it never was. */
  readonly reachMs: Float64Array;
  /** Casts sent, to the dead too, and questions of repair; acknowledgements apart. */
  messages: number;
  crossRegion: number;
  acks: number;
  /** Deliveries beyond the first to an agent: an error. */
  twice: number;
  /** Casts that came to somebody who had it. */
  spare: number;
}

export class CastWorld {
  readonly fabric: Fabric;
  readonly structure: Structure;
  readonly #cores: (Multicast | undefined)[];
  readonly #wakeAtMs: Float64Array;
  #spread: Spread = newSpread(0);
  #startMs = 0;
  #speaker = 0;

  constructor(fabric: Fabric, structure: Structure) {
    this.fabric = fabric;
    this.structure = structure;
    this.#cores = new Array(fabric.agents);
    this.#wakeAtMs = new Float64Array(fabric.agents).fill(Number.POSITIVE_INFINITY);
    fabric.network.uplinks = new Float64Array(fabric.agents).fill(UPLINK_BYTES_PER_MS);
  }

  /** Casts and lets everything happen that follows. */
  cast(from: number, payloadBytes: number, reach: Reach = { reach: 'world', target: '' }): Spread {
    const spread = newSpread(this.fabric.agents);
    this.#spread = spread;
    this.#startMs = this.fabric.nowMs;
    spread.reachMs[from] = 0;
    const refusal = this.#turn(from, (core, now) => core.cast(reach, new Uint8Array(payloadBytes), now));
    if (refusal !== undefined) throw new RangeError(`cast refused: ${refusal}`);
    this.fabric.runUntil(() => false);
    return spread;
  }

  /** Entries held by an agent's multicast besides its view. */
  pending(agent: number): number {
    return this.#cores[agent]?.pending ?? 0;
  }

  #turn<T>(agent: number, event: (core: Multicast, now: CastNow) => T): T {
    this.#speaker = agent;
    const core = this.#core(agent);
    const now = { nowMs: this.fabric.nowMs, view: this.structure.viewOf(agent), outbox: this.#outbox };
    const result = event(core, now);
    this.#rest(agent, core);
    return result;
  }

  readonly #outbox: CastNow['outbox'] = {
    send: (to, message) => this.#send(to, message as CastMessage),
    deliver: () => {
      const { reachMs } = this.#spread;
      if (Number.isNaN(reachMs[this.#speaker])) reachMs[this.#speaker] = this.fabric.nowMs - this.#startMs;
      else this.#spread.twice += 1;
    },
  };

  #send(to: Contact, message: CastMessage): void {
    const from = this.#speaker;
    const target = this.structure.indexOf(to.id as AgentId);
    const spread = this.#spread;
    if (message.kind === 'cast-ack') spread.acks += 1;
    else {
      spread.messages += 1;
      if (this.fabric.network.crossesRegions(from, target)) spread.crossRegion += 1;
      if (message.kind === 'cast' && !Number.isNaN(spread.reachMs[target])) spread.spare += 1;
    }
    const bytes = HEADER_BYTES + (message.kind === 'cast' ? message.bytes.length : 0);
    const sender = (this.structure.records[from] as { id: AgentId }).id;
    this.fabric.tell(from, target, bytes, () => {
      this.#turn(target, (core, now) => core.receive(sender, message, now));
    });
  }

  #rest(agent: number, core: Multicast): void {
    const atMs = core.nextWakeMs;
    if (atMs === Number.POSITIVE_INFINITY || atMs >= (this.#wakeAtMs[agent] as number)) return;
    this.#wakeAtMs[agent] = atMs;
    this.fabric.after(agent, Math.max(0, atMs - this.fabric.nowMs), () => {
      this.#wakeAtMs[agent] = Number.POSITIVE_INFINITY;
      this.#turn(agent, (awake, now) => awake.wake(now));
    });
  }

  #core(agent: number): Multicast {
    const known = this.#cores[agent];
    if (known !== undefined) return known;
    const { network } = this.fabric;
    const core = new Multicast({
      self: (this.structure.records[agent] as { id: AgentId }).id,
      incarnation: 1,
      // As membership's probes have it: jitter adds 0 .. 10 % each way, uplinks a little.
      roundTrip: (to) => {
        const delayMs = network.delayMs(agent, this.structure.indexOf(to));
        return { srttMs: 2.1 * delayMs, rttvarMs: 0.05 * delayMs + 1 };
      },
    });
    this.#cores[agent] = core;
    return core;
  }
}

function newSpread(agents: number): Spread {
  const reachMs = new Float64Array(agents).fill(Number.NaN);
  return { reachMs, messages: 0, crossRegion: 0, acks: 0, twice: 0, spare: 0 };
}
