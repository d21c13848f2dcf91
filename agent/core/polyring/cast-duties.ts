// What this agent handed to others and answers for: rings that a contact was asked to cover, and climbs.
//
// Silence past srtt + 4 rttvar hands a ring to its next contact, and a climb back to this agent. An acknowledgement
// says that the contact has taken the cast, not that its ring has it all: so a duty is remembered for a while after
// it, and opened again where the link to the contact breaks. The ring may then get a second copy, which is dropped.

import type { AgentId, RingId } from '../../wire/ids.ts';
import type { CastId } from '../../wire/message.ts';
import type { KnownContact } from '../ports.ts';
import type { KeptCast } from './cast-log.ts';
import type { CastTuning } from './cast-tuning.ts';

export interface Duty {
  readonly kept: KeptCast;
  readonly kind: 'cover' | 'climb';
  readonly ring: RingId;
  readonly world: boolean;
  to: KnownContact;
  /** Contacts that may still be asked. */
  others: readonly KnownContact[];
  /** The seat's contacts are all used up: these are members that look-ups had taught. */
  readonly spare: boolean;
  sentMs: number;
  taken: boolean;
  /** When to hand it on, or, once taken, to forget it. */
  dueMs: number;
}

/** As RFC 6298 estimates it. */
export interface RoundTrip {
  readonly srttMs: number;
  readonly rttvarMs: number;
}

export class CastDuties {
  readonly #tuning: CastTuning;
  /** Known better elsewhere: by membership, which probes. */
  readonly #measured: (to: AgentId) => RoundTrip | undefined;
  #duties: Duty[] = [];
  /** By ring: contacts of one ring are near each other. Least recently used first. */
  readonly #roundTrips: Map<RingId, RoundTrip> = new Map();
  #nextMs = Number.POSITIVE_INFINITY;

  constructor(tuning: CastTuning, measured: (to: AgentId) => RoundTrip | undefined) {
    this.#tuning = tuning;
    this.#measured = measured;
  }

  get nextMs(): number {
    return this.#nextMs;
  }

  get count(): number {
    return this.#duties.length;
  }

  add(duty: Omit<Duty, 'sentMs' | 'taken' | 'dueMs'>, nowMs: number): void {
    if (this.#duties.length >= this.#tuning.dutiesMax) this.#duties.shift();
    const dueMs = nowMs + this.#waitMs(duty.to.id, duty);
    this.#duties.push({ ...duty, sentMs: nowMs, taken: false, dueMs });
    this.#nextMs = Math.min(this.#nextMs, dueMs);
  }

  /** @returns duties that the agent refused, to be handed on */
  answered(from: AgentId, id: CastId, taken: boolean, nowMs: number): Duty[] {
    const refused: Duty[] = [];
    for (const duty of this.#duties) {
      if (duty.to.id !== from || duty.taken || !isOf(duty, id)) continue;
      if (!taken) {
        refused.push(duty);
        continue;
      }
      this.#measure(duty.ring, nowMs - duty.sentMs);
      duty.taken = true;
      duty.dueMs = nowMs + this.#tuning.keepMs;
    }
    this.#drop(new Set(refused));
    return refused;
  }

  /** @returns duties that wait for an agent who is gone, or that it had taken lately */
  broken(peer: AgentId): Duty[] {
    return this.#take((duty) => duty.to.id === peer);
  }

  /** @returns duties that nobody took in time */
  due(nowMs: number): Duty[] {
    return this.#take((duty) => duty.dueMs <= nowMs).filter(({ taken }) => !taken);
  }

  #take(which: (duty: Duty) => boolean): Duty[] {
    const taken = this.#duties.filter(which);
    this.#drop(new Set(taken));
    return taken;
  }

  #drop(gone: ReadonlySet<Duty>): void {
    if (gone.size > 0) this.#duties = this.#duties.filter((duty) => !gone.has(duty));
    this.#nextMs = this.#duties.reduce((next, { dueMs }) => Math.min(next, dueMs), Number.POSITIVE_INFINITY);
  }

  #waitMs(to: AgentId, { ring, world }: { ring: RingId; world: boolean }): number {
    const { ackWaitMsMin, ackWaitUnknownMs, ackWaitUnknownWorldMs } = this.#tuning;
    const known = this.#measured(to) ?? this.#roundTrips.get(ring);
    if (known === undefined) return world ? ackWaitUnknownWorldMs : ackWaitUnknownMs;
    return Math.max(ackWaitMsMin, known.srttMs + 4 * known.rttvarMs);
  }

  #measure(ring: RingId, rttMs: number): void {
    const before = this.#roundTrips.get(ring);
    const srttMs = before === undefined ? rttMs : before.srttMs + (rttMs - before.srttMs) / 8;
    const rttvarMs =
      before === undefined
        ? rttMs / 2
        : before.rttvarMs + (Math.abs(rttMs - before.srttMs) - before.rttvarMs) / 4;
    this.#roundTrips.delete(ring);
    this.#roundTrips.set(ring, { srttMs, rttvarMs });
    const [oldest] = this.#roundTrips.keys();
    if (this.#roundTrips.size > this.#tuning.roundTripsMax && oldest) this.#roundTrips.delete(oldest);
  }
}

function isOf({ kept }: Duty, { origin, incarnation, seq }: CastId): boolean {
  const { cast } = kept;
  return cast.seq === seq && cast.origin === origin && cast.incarnation === incarnation;
}
