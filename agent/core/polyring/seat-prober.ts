// Asks the other seats of each ring that this agent speaks in whether they live.
//
// The three representatives of a seat take turns, each at a third of the pace. A seat is asked through its first
// contact, then through the next ones: a dead primary is no dead seat. The answer must come from below the very seat,
// else the contact has moved and is asked for newer news. A seat of which nobody answered for a while is gone; one of
// those is asked now and then, so that the halves of a partition find each other.

import { type AgentId, type RingId, ringLevel, WORLD } from '../../wire/ids.ts';
import type { SeatAck } from '../../wire/message.ts';
import type { SeatRecord } from '../../wire/record.ts';
import type { Outbox, Random } from '../ports.ts';
import { below, shuffle } from '../prng.ts';
import type { Leads } from './leads.ts';
import type { PathRing } from './path.ts';
import { REPRESENTATIVES } from './representatives.ts';
import type { SeatTable } from './seat-table.ts';
import type { SeatTalk } from './seat-talk.ts';
import type { Tuning } from './tuning.ts';

interface Asked {
  readonly seq: number;
  readonly seat: SeatRecord;
  /** Which of its contacts was asked. */
  readonly rank: number;
  readonly sentMs: number;
  readonly dueMs: number;
}

interface Round {
  atMs: number;
  order: RingId[];
}

/** Questions at a time: more rings than any path has, and a few that are slow to answer. */
const ASKED_MAX = 32;

export interface SeatProberOptions {
  readonly seats: SeatTable;
  readonly leads: Leads;
  readonly talk: SeatTalk;
  readonly tuning: Tuning;
  readonly random: Random;
}

export class SeatProber {
  readonly #options: SeatProberOptions;
  readonly #rounds: Map<RingId, Round> = new Map();
  /** Since when nobody of the seat answered. */
  readonly #silent: Map<RingId, number> = new Map();
  readonly #rtt: Map<RingId, number> = new Map();
  #asked: Asked[] = [];
  #seq = 0;
  #version = -1;
  #healAtMs = 0;

  constructor(options: SeatProberOptions) {
    this.#options = options;
  }

  get nextMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { atMs } of this.#rounds.values()) next = Math.min(next, atMs);
    for (const { dueMs } of this.#asked) next = Math.min(next, dueMs);
    return next;
  }

  /** @returns round trip to the seat's ring, undefined where none was measured */
  rttMs(ring: RingId): number | undefined {
    return this.#rtt.get(ring);
  }

  /** Follows the path: the rings that this agent speaks in are the ones that it asks. */
  follow(nowMs: number): void {
    const { seats, leads, tuning, random } = this.#options;
    if (seats.version === this.#version) return;
    const { path } = seats;
    this.#version = seats.version;
    const spoken = path.filter((ring) => leads.speaksIn(ring));
    for (const ring of this.#rounds.keys()) {
      if (!spoken.some((each) => each.ring === ring)) this.#rounds.delete(ring);
    }
    for (const { ring } of spoken) {
      if (this.#rounds.has(ring)) continue;
      this.#rounds.set(ring, { atMs: nowMs + random() * tuning.seatProbeMs, order: [] });
    }
    for (const map of [this.#silent, this.#rtt]) {
      for (const ring of map.keys()) if (!path.some(({ seats: all }) => isAmong(all, ring))) map.delete(ring);
    }
  }

  wake(nowMs: number, outbox: Outbox): void {
    for (const late of this.#asked.filter(({ dueMs }) => dueMs <= nowMs)) {
      this.#asked = this.#asked.filter((each) => each !== late);
      this.#missed(late, nowMs, outbox);
    }
    for (const [ring, round] of this.#rounds) {
      if (round.atMs > nowMs) continue;
      const above = this.#options.seats.path.find((each) => each.ring === ring);
      if (above !== undefined) this.#turn(above, round, nowMs, outbox);
    }
  }

  /** Asks a seat at once, to know how far it is. */
  ask(seat: SeatRecord, nowMs: number, outbox: Outbox): void {
    if (!this.#asked.some((each) => each.seat.ring === seat.ring)) this.#ask(seat, 0, nowMs, outbox);
  }

  acked(from: AgentId, ack: SeatAck, nowMs: number, outbox: Outbox): void {
    const asked = this.#asked.find(
      ({ seq, seat, rank }) => seq === ack.seq && seat.contacts[rank]?.id === from,
    );
    if (asked === undefined) return;
    this.#asked = this.#asked.filter((each) => each !== asked);
    const { ring, parent } = asked.seat;
    const rings = [ack.ring, ...ack.path.map((each) => each.ring)];
    const at = rings.indexOf(ring);
    if (at < 0 || rings[at + 1] !== parent) {
      this.#options.talk.want(from, ring, outbox);
      this.#missed(asked, nowMs, outbox);
      return;
    }
    this.#silent.delete(ring);
    const rttMs = nowMs - asked.sentMs;
    const known = this.#rtt.get(ring);
    this.#rtt.set(ring, known === undefined ? rttMs : known + (rttMs - known) / 4);
  }

  /** The next seat of the ring; first of all one that is silent, every other time. */
  #turn({ ring, seats: all, own }: PathRing, round: Round, nowMs: number, outbox: Outbox): void {
    const { tuning, random } = this.#options;
    const paceMs = ring === WORLD ? tuning.worldProbeMs : tuning.seatProbeMs;
    const speakers = Math.min(REPRESENTATIVES, own.contacts.length);
    round.atMs = nowMs + paceMs * speakers * (0.75 + random() / 2);
    this.#heal(nowMs, outbox);
    const isSilent = (seat: { readonly ring: RingId }): boolean => this.#silent.has(seat.ring);
    const records = all as readonly SeatRecord[];
    const silent = records.filter(isSilent);
    for (const seat of silent) this.ask(seat, nowMs, outbox);
    if (round.order.length === 0) {
      round.order = shuffle(
        records.filter((seat) => seat.ring !== own.ring).map((seat) => seat.ring),
        random,
      );
    }
    const next = round.order.pop();
    const seat = records.find((each) => each.ring === next);
    if (seat !== undefined) this.ask(seat, nowMs, outbox);
  }

  #heal(nowMs: number, outbox: Outbox): void {
    const { seats, tuning, random } = this.#options;
    if (nowMs < this.#healAtMs) return;
    this.#healAtMs = nowMs + tuning.healIntervalMs * (0.75 + random() / 2);
    const { buried } = seats;
    const seat = buried[below(random, buried.length || 1)];
    if (seat !== undefined) this.#ask(seat, below(random, seat.contacts.length), nowMs, outbox);
  }

  #ask(seat: SeatRecord, rank: number, nowMs: number, outbox: Outbox): void {
    const contact = seat.contacts[rank];
    if (contact === undefined || this.#asked.length >= ASKED_MAX) return;
    this.#seq = (this.#seq + 1) >>> 0;
    const dueMs = nowMs + this.#options.tuning.seatAckWaitMs;
    this.#asked.push({ seq: this.#seq, seat, rank, sentMs: nowMs, dueMs });
    this.#options.talk.probe(contact, this.#seq, outbox);
  }

  /** Asks the next contact; with the last one the seat is silent, and gone after a while. */
  #missed({ seat, rank }: Asked, nowMs: number, outbox: Outbox): void {
    const { seats, talk, tuning } = this.#options;
    const known = seats.seated(seat.ring);
    if (known === undefined || known.parent !== seat.parent) return;
    if (rank + 1 < known.contacts.length) {
      this.#ask(known, rank + 1, nowMs, outbox);
      return;
    }
    const sinceMs = this.#silent.get(seat.ring);
    if (sinceMs === undefined || known.term !== seat.term) this.#silent.set(seat.ring, nowMs);
    else if (nowMs - sinceMs >= tuning.seatGoneMs) {
      this.#silent.delete(seat.ring);
      const gone = { ring: seat.ring, term: seat.term };
      if (seats.bury(gone, nowMs)) talk.spread(seat.ring, ringLevel(seat.parent));
    }
  }
}

function isAmong(seats: readonly { readonly ring: RingId }[], ring: RingId): boolean {
  return seats.some((each) => each.ring === ring);
}
