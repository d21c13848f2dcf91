// What agents tell each other of seats: news at once, comparisons now and then.
//
// News of a seat goes from its primary to every other seat of the parent ring, from each of those to the rings below
// and to every member of a leaf ring; whoever hears it a second time passes nothing on. What is missed is found by
// comparing: a seat probe carries a sum for each ring on the path; where sums differ, the seats are listed, and each
// side sends what the other lacks. The same probe asks another seat whether it lives, and a stranger who it is.

import { type AgentId, type RingId, ringLevel, topLabel, WORLD } from '../../wire/ids.ts';
import { MEMBERS_MAX, SEATS_MAX } from '../../wire/limits.ts';
import type { GoneSeat, SeatAck, SeatEntries, SeatProbe, Seats } from '../../wire/message.ts';
import { compareSeats, type SeatRecord } from '../../wire/record.ts';
import type { Contact, Outbox } from '../ports.ts';
import type { Leads } from './leads.ts';
import type { MemberTable } from './member-table.ts';
import type { OwnRecord } from './own-record.ts';
import type { PathRing } from './path.ts';
import type { Post } from './post.ts';
import { REPRESENTATIVES } from './representatives.ts';
import { entryOf, type SeatTable } from './seat-table.ts';

/** Another tree of rings in the own region: it has another ring at its top. */
export interface Rival {
  readonly top: RingId;
  /** Agents below it as far as known: those of the stranger's leaf ring. */
  readonly size: number;
  readonly contact: Contact & { readonly id: AgentId };
}

export interface SeatTalkOptions {
  readonly table: MemberTable;
  readonly seats: SeatTable;
  readonly leads: Leads;
  readonly own: OwnRecord;
  readonly post: Post;
  readonly rival: (rival: Rival, nowMs: number) => void;
  /** Somebody takes a ring above this agent for gone. */
  readonly refute: (gone: GoneSeat, nowMs: number, outbox: Outbox) => void;
}

export class SeatTalk {
  readonly #options: SeatTalkOptions;
  readonly #label: string;
  /** Rings whose seats are news, by whom it is to be sent to. */
  readonly #news: Map<AgentId, { readonly to: Contact; readonly rings: Set<RingId> }> = new Map();

  constructor(options: SeatTalkOptions) {
    this.#options = options;
    this.#label = topLabel(options.own.record.region);
  }

  probe(to: Contact, seq: number, outbox: Outbox): void {
    this.#options.post.send(to, { kind: 'seat-probe', seq, ...this.#whereabouts() }, outbox);
  }

  probed(from: AgentId, probe: SeatProbe, nowMs: number, outbox: Outbox): void {
    const { post } = this.#options;
    post.send(post.contactOf(from), { kind: 'seat-ack', seq: probe.seq, ...this.#whereabouts() }, outbox);
    this.#compare(from, probe, outbox);
    this.meet(from, probe, nowMs);
  }

  /** Looks where a stranger of the own region belongs. */
  meet(from: AgentId, { ring, size, path }: SeatProbe | SeatAck, nowMs: number): void {
    const { seats, rival, post } = this.#options;
    if (ring === seats.leaf || labelOf(ring) !== this.#label) return;
    const top = path.filter((each) => each.ring !== WORLD).at(-1)?.ring ?? ring;
    if (top === seats.top) return;
    rival({ top, size, contact: { ...post.contactOf(from), id: from } }, nowMs);
  }

  /** Both list what they have of a ring: what one lacks, the other sends. */
  listed(from: AgentId, { parent, entries }: SeatEntries, outbox: Outbox): void {
    const { seats, post } = this.#options;
    const wanted: RingId[] = [];
    const records: SeatRecord[] = [];
    const gone: GoneSeat[] = [];
    const named = new Set<RingId>();
    for (const entry of entries.slice(0, MEMBERS_MAX)) {
      named.add(entry.ring);
      const known = seats.get(entry.ring);
      const order = known === undefined ? 1 : compareSeats(entry, entryOf(known));
      if (order > 0) wanted.push(entry.ring);
      else if (known === undefined) continue;
      else if (order < 0) records.push(known);
      else if (seats.isGone(entry.ring)) gone.push({ ring: known.ring, term: known.term });
    }
    for (const record of seats.seatsOf(parent)) if (!named.has(record.ring)) records.push(record);
    this.#send(post.contactOf(from), { records, gone, wanted }, outbox);
  }

  heard(from: AgentId, { seats: records, gone, wanted }: Seats, nowMs: number, outbox: Outbox): void {
    const { seats, refute, post } = this.#options;
    const answer = new Set(wanted.slice(0, MEMBERS_MAX));
    for (const record of records.slice(0, SEATS_MAX)) {
      const level = seats.learn(record, nowMs);
      if (level > 0) this.spread(record.ring, level, from);
      else if (seats.isNewer(record)) answer.add(record.ring);
    }
    for (const each of gone.slice(0, MEMBERS_MAX)) {
      if (seats.isAbove(each.ring)) refute(each, nowMs, outbox);
      else if (seats.bury(each, nowMs)) {
        this.spread(each.ring, ringLevel(seats.get(each.ring)?.parent ?? each.ring), from);
      }
    }
    this.#send(post.contactOf(from), { ...this.#known(answer), wanted: [] }, outbox);
  }

  /** Tells one agent of one seat. */
  tell(to: Contact & { readonly id: AgentId }, ring: RingId): void {
    const noted = this.#news.get(to.id);
    if (noted === undefined) this.#news.set(to.id, { to, rings: new Set([ring]) });
    else noted.rings.add(ring);
  }

  /** Asks for the newest record of a seat. */
  want(from: AgentId, ring: RingId, outbox: Outbox): void {
    this.#send(this.#options.post.contactOf(from), { records: [], gone: [], wanted: [ring] }, outbox);
  }

  /** Notes whom to tell that something changed about the seat of `ring`; `flush` sends it.
   *  @param level of the highest ring that it concerns
   *  @param from who told us; undefined where it began here */
  spread(ring: RingId, level: number, from?: AgentId): void {
    const { seats, leads, own } = this.#options;
    const self = own.record.id;
    for (const above of seats.path) {
      if (above.level > level || !leads.speaksIn(above) || speaksFor(above, from)) continue;
      for (const seat of above.seats) {
        const first = seat.contacts[0];
        if (seat !== above.own && first !== undefined && first.id !== self) this.tell(first, ring);
      }
    }
    this.#spreadInLeaf(ring, from);
  }

  /** Sends what `spread` and `tell` noted. */
  flush(outbox: Outbox): void {
    if (this.#news.size === 0) return;
    for (const { to, rings } of this.#news.values()) {
      this.#send(to, { ...this.#known(rings), wanted: [] }, outbox);
    }
    this.#news.clear();
  }

  #known(rings: Iterable<RingId>): { records: SeatRecord[]; gone: GoneSeat[] } {
    const { seats } = this.#options;
    const records: SeatRecord[] = [];
    const gone: GoneSeat[] = [];
    for (const ring of rings) {
      const record = seats.get(ring);
      if (record === undefined) continue;
      if (seats.isGone(ring)) gone.push({ ring, term: record.term });
      else records.push(record);
    }
    return { records, gone };
  }

  /** A leaf ring's representative tells everybody in it; anyone else tells the representatives. */
  #spreadInLeaf(ring: RingId, from: AgentId | undefined): void {
    const { table, leads, own } = this.#options;
    const self = own.record.id;
    const within = from !== undefined && table.get(from) !== undefined;
    if (within && leads.isLeafLead(from)) return;
    if (leads.isLeafLead(self)) {
      for (const each of table.members) if (each.id !== self && each.id !== from) this.tell(each, ring);
    } else if (!within) {
      for (const each of leads.leaf.slice(0, REPRESENTATIVES)) if (each.id !== self) this.tell(each, ring);
    }
  }

  #compare(from: AgentId, probe: SeatProbe, outbox: Outbox): void {
    const { seats, post } = this.#options;
    const mates = probe.ring === seats.leaf;
    const list = (parent: RingId): void => {
      const entries = seats.entriesOf(parent);
      post.send(post.contactOf(from), { kind: 'seat-entries', parent, entries }, outbox);
    };
    const known = new Set<RingId>();
    for (const { ring, hash } of seats.digest) {
      known.add(ring);
      const theirs = probe.path.find((each) => each.ring === ring);
      if (theirs === undefined ? mates : theirs.hash !== hash) list(ring);
    }
    for (const { ring } of probe.path) if (!known.has(ring) && (mates || ring === WORLD)) list(ring);
  }

  #send(
    contact: Contact,
    { records, gone, wanted }: { records: readonly SeatRecord[]; gone: GoneSeat[]; wanted: RingId[] },
    outbox: Outbox,
  ): void {
    const { post } = this.#options;
    if (records.length + gone.length + wanted.length === 0) return;
    const first = records.slice(0, SEATS_MAX);
    post.send(contact, { kind: 'seats', seats: first, gone, wanted }, outbox);
    for (let at = SEATS_MAX; at < records.length; at += SEATS_MAX) {
      const part = records.slice(at, at + SEATS_MAX);
      post.send(contact, { kind: 'seats', seats: part, gone: [], wanted: [] }, outbox);
    }
  }

  #whereabouts(): Pick<SeatProbe, 'ring' | 'size' | 'path'> {
    const { seats, table } = this.#options;
    return { ring: seats.leaf, size: table.livingCount, path: seats.digest };
  }
}

/** Whether the agent speaks for any seat of the ring: then it told all others of the ring itself. */
function speaksFor({ seats }: PathRing, id: AgentId | undefined): boolean {
  if (id === undefined) return false;
  return seats.some((seat) => seat.contacts.slice(0, REPRESENTATIVES).some((each) => each.id === id));
}

function labelOf(ring: RingId): string {
  return topLabel(ring.slice(2, ring.lastIndexOf('|')) as Parameters<typeof topLabel>[0]);
}
