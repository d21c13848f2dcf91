// The hand that writes seats: the records of the rings that this agent is primary of.
//
// A seat is written anew where something changed that others act upon: at once where its parent or its
// representatives changed, with patience where its size or its spare contacts drifted. Every record that is written is
// news (seat-talk.ts), to those around the old place and around the new one.

import { type Region, type RingId, ringLevel } from '../../wire/ids.ts';
import { COUNTER_MAX } from '../../wire/limits.ts';
import type { GoneSeat } from '../../wire/message.ts';
import type { SeatContact, SeatRecord } from '../../wire/record.ts';
import type { SealSeat } from '../ports.ts';
import type { OwnRecord } from './own-record.ts';
import type { Parentage } from './parentage.ts';
import { REPRESENTATIVES } from './representatives.ts';
import { isVacant, type SeatTable } from './seat-table.ts';
import type { SeatTalk } from './seat-talk.ts';
import type { Tuning } from './tuning.ts';

export interface SeatWriterOptions {
  readonly own: OwnRecord;
  readonly seats: SeatTable;
  readonly talk: SeatTalk;
  readonly parentage: Parentage;
  readonly tuning: Tuning;
  readonly sealSeat: SealSeat;
}

/** What a seat record says of a ring besides its place. */
export interface Standing {
  readonly contacts: readonly SeatContact[];
  readonly size: number;
  readonly region: Region;
}

export class SeatWriter {
  readonly #options: SeatWriterOptions;
  /** By ring that this agent is primary of. */
  readonly #issuedMs: Map<RingId, number> = new Map();

  constructor(options: SeatWriterOptions) {
    this.#options = options;
  }

  /** This agent is primary of nothing any more. */
  forget(): void {
    this.#issuedMs.clear();
  }

  /** Somebody takes a ring above this agent for gone: a record with a higher term says otherwise. */
  refute({ ring, term }: GoneSeat, nowMs: number): void {
    const { seats, own, talk } = this.#options;
    const known = seats.seated(ring);
    const primary = known?.contacts[0];
    if (known === undefined || primary === undefined || known.term !== term) return;
    if (primary.id === own.record.id) this.issue(known, nowMs);
    else talk.tell(primary, ring);
  }

  /** Writes the ring's seat anew where it is not as it should be. Changes that nobody depends on can wait. */
  publish(ring: RingId, parent: RingId | undefined, standing: Standing, nowMs: number): void {
    const { seats, tuning } = this.#options;
    const known = seats.get(ring);
    if (parent === undefined) {
      if (known !== undefined && !isVacant(known)) this.vacate(ring, nowMs);
      return;
    }
    const term = known?.term ?? 0;
    const seat = { ring, parent, term, ...standing };
    const sinceMs = nowMs - (this.#issuedMs.get(ring) ?? Number.NEGATIVE_INFINITY);
    const urgent = known === undefined || known.parent !== parent || isHeadless(known, standing.contacts);
    const due = urgent
      ? sinceMs >= tuning.seatIssueMs
      : sinceMs >= tuning.seatCalmMs && hasDrifted(known, standing);
    if (due) this.issue(seat, nowMs);
  }

  issue(seat: Omit<SeatRecord, 'proof' | 'term'> & { readonly term: number }, nowMs: number): void {
    const { seats, talk, sealSeat, parentage } = this.#options;
    const { ring, parent, region, size, contacts } = seat;
    const term = Math.min(COUNTER_MAX, Math.max(seat.term, seats.get(ring)?.term ?? 0) + 1);
    const record = sealSeat({ ring, parent, term, region, size, contacts });
    const level = Math.max(ringLevel(parent), ringLevel(seats.get(ring)?.parent ?? ring));
    this.#issuedMs.set(ring, nowMs);
    talk.spread(ring, level);
    seats.learn(record, nowMs);
    talk.spread(ring, level);
    for (const contact of seats.seated(parent)?.contacts.slice(0, 2) ?? []) {
      if (contact.id !== contacts[0]?.id) talk.tell(contact, ring);
    }
    for (const rival of parentage.rivals(nowMs)) talk.tell(rival.contact, ring);
  }

  /** Takes the ring's seat away. */
  vacate(ring: RingId, nowMs: number): void {
    const { seats, own } = this.#options;
    const known = seats.seated(ring);
    if (known === undefined) return;
    const { id, link, publicUrl } = own.record;
    this.issue({ ...known, parent: ring, contacts: [{ id, link, publicUrl }] }, nowMs);
  }
}

/** Whether one of those who speak for the ring is no contact any more, or another one is primary. */
function isHeadless(known: SeatRecord, contacts: readonly SeatContact[]): boolean {
  if (known.contacts[0]?.id !== contacts[0]?.id) return true;
  return known.contacts
    .slice(0, REPRESENTATIVES)
    .some(({ id }) => !contacts.some((contact) => contact.id === id));
}

/** Sizes weigh in placement: they are told again once they are an eighth off. */
function hasDrifted(known: SeatRecord, { contacts, size, region }: Standing): boolean {
  if (known.region !== region || Math.abs(known.size - size) * 8 > known.size) return true;
  if (known.contacts.length !== contacts.length) return true;
  return known.contacts.some(({ id, link, publicUrl }, at) => {
    const contact = contacts[at];
    return contact?.id !== id || contact.link !== link || contact.publicUrl !== publicUrl;
  });
}
