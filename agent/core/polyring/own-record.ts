// What this agent says of itself: the one record that it writes, and the rumour that carries it.
//
// Incarnation rises to refute an accusation or an older life, sequence with every other change. Both are bounded on
// the wire; an incarnation is only ever raised above one that this agent's own key signed, so nobody can push it.

import type { RingId } from '../../wire/ids.ts';
import { COUNTER_MAX } from '../../wire/limits.ts';
import type { Rumour } from '../../wire/message.ts';
import type { AgentClaim, AgentRecord } from '../../wire/record.ts';
import type { Random, Seal } from '../ports.ts';
import { below } from '../prng.ts';

export class OwnRecord {
  readonly #seal: Seal;
  #record: AgentRecord;
  #rumour: Rumour;

  constructor(claim: AgentClaim, seal: Seal) {
    this.#seal = seal;
    this.#record = seal(claim);
    this.#rumour = aliveRumour(this.#record);
  }

  get record(): AgentRecord {
    return this.#record;
  }

  /** "I am alive", with the newest record. */
  get rumour(): Rumour {
    return this.#rumour;
  }

  /** Outlives every claim of `incarnation` and below. */
  outlive(incarnation: number): void {
    const raised = Math.min(COUNTER_MAX, Math.max(this.#record.incarnation, incarnation) + 1);
    this.#write({ ...this.#record, incarnation: raised, sequence: 0 });
  }

  move(ring: RingId): void {
    this.#write({ ...this.#record, ring, sequence: this.#record.sequence + 1 });
  }

  #write(claim: AgentClaim): void {
    this.#record = this.#seal(claim);
    this.#rumour = aliveRumour(this.#record);
  }
}

export function aliveRumour(record: AgentRecord): Rumour {
  return {
    subject: record.id,
    state: 'alive',
    incarnation: record.incarnation,
    accuser: record.id,
    record,
  };
}

/** The random part of a ring's id. @returns 8 characters of [a-z0-9] */
export function randomName(random: Random): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from({ length: 8 }, () => letters[below(random, letters.length)]).join('');
}
