// The way into a leaf ring, and from one to another.
//
// Only a ring's primary takes agents in, so that the ring never grows over its cap; everyone else names the primary,
// or seats whose declared place is nearer to the asker. An agent alone goes wherever it is welcome. Members of a ring
// move only by order of its primary: some of them into a new ring (a split), or all of them after the primary, who
// went ahead, into one that is there (a merge). Moving is nothing but re-issuing the own record.

import { type AgentId, type RingId, sharedLabels, topLabel, WORLD } from '../../wire/ids.ts';
import { CONTACTS_MAX, MEMBERS_MAX } from '../../wire/limits.ts';
import type { Join, Place, Referral, Regroup, Rumour, Welcome } from '../../wire/message.ts';
import type { AgentRecord, SeatContact, SeatRecord } from '../../wire/record.ts';
import type { Contact, Outbox } from '../ports.ts';
import type { AntiEntropy } from './anti-entropy.ts';
import { foldsInto } from './fold.ts';
import type { Joiner } from './joiner.ts';
import type { Leads } from './leads.ts';
import { isLiving } from './member.ts';
import type { MemberTable } from './member-table.ts';
import { belief, type News } from './news.ts';
import { aliveRumour, type OwnRecord } from './own-record.ts';
import type { Post } from './post.ts';
import type { Prober } from './prober.ts';
import type { RegionContacts } from './region-contacts.ts';
import type { RingSizes } from './ring-size.ts';
import type { RumourQueue } from './rumour-queue.ts';
import type { SeatTable } from './seat-table.ts';
import type { SeatTalk } from './seat-talk.ts';
import type { Tuning } from './tuning.ts';

/** Seats in one answer to a join. */
const PLACES_MAX = 3;
/** Directions that an agent follows one after the other before it waits and asks anew. */
const HOPS_MAX = 8;

export interface HomingOptions {
  readonly table: MemberTable;
  readonly own: OwnRecord;
  readonly seats: SeatTable;
  readonly leads: Leads;
  readonly talk: SeatTalk;
  readonly post: Post;
  readonly news: News;
  readonly prober: Prober;
  readonly joiner: Joiner;
  readonly antiEntropy: AntiEntropy;
  readonly contacts: RegionContacts;
  readonly queue: RumourQueue;
  readonly sizes: RingSizes;
  readonly tuning: Tuning;
  readonly meet: (record: AgentRecord, direct: boolean, nowMs: number) => void;
  /** This agent, the primary, is about to go over to another ring. */
  readonly closing: (nowMs: number) => void;
  /** The ring is another one from now on. */
  readonly moved: (nowMs: number) => void;
}

export class Homing {
  /** When the leaf ring was entered. */
  sinceMs = 0;
  readonly #options: HomingOptions;
  readonly #label: string;
  /** Those taken in who have not come yet, and until when they are waited for. */
  readonly #expected: Map<AgentId, number> = new Map();
  /** The ring that this agent is on its way to by order. */
  #target: { readonly ring: RingId; readonly untilMs: number } | undefined;
  #hops = 0;
  #hopsFromMs = Number.NEGATIVE_INFINITY;

  constructor(options: HomingOptions) {
    this.#options = options;
    this.#label = topLabel(options.own.record.region);
  }

  /** Whether the agent is on its way to another ring. */
  isMoving(nowMs: number): boolean {
    return this.#target !== undefined && nowMs <= this.#target.untilMs;
  }

  answer(from: AgentId, { record }: Join, nowMs: number, outbox: Outbox): void {
    const { table, post, news, contacts, meet } = this.#options;
    // An outbound asker's link is empty: then the answer takes the link on which it asked.
    if (topLabel(record.region) !== this.#label) {
      contacts.learn(record, true, nowMs);
      post.send(record, this.#referralFor(record), outbox);
      return;
    }
    news.hear(aliveRumour(record), nowMs);
    const known = table.get(from);
    if (known === undefined) {
      meet(record, true, nowMs);
      this.#direct(record, nowMs, outbox);
      return;
    }
    known.heard = true;
    this.#welcome(record, outbox);
  }

  welcomed(from: AgentId, welcome: Welcome, nowMs: number, outbox: Outbox): void {
    const { table, own, news, joiner, sizes } = this.#options;
    const living = welcome.members.filter(
      (rumour) =>
        rumour.record?.ring === welcome.ring && (rumour.state === 'alive' || rumour.state === 'suspect'),
    );
    const ofRegion = living.some(
      ({ record }) => topLabel(record?.region ?? own.record.region) === this.#label,
    );
    const ours = { ring: table.ring, size: table.livingCount };
    const theirs = { ring: welcome.ring, size: Math.max(1, Math.min(living.length, MEMBERS_MAX)) };
    const ordered = this.isMoving(nowMs) && this.#target?.ring === welcome.ring;
    const alone = ours.size === 1 && joiner.expects(nowMs) && foldsInto(ours, theirs, sizes);
    if (ofRegion && theirs.ring !== ours.ring && (ordered || alone)) {
      this.#moveTo(from, welcome, nowMs, outbox);
    } else news.absorb(welcome.members, MEMBERS_MAX, nowMs);
  }

  /** Follows a direction to agents of the own region. */
  referred({ contacts }: Referral, nowMs: number, outbox: Outbox): void {
    const next = contacts.find(
      ({ id, region }) => topLabel(region) === this.#label && id !== this.#options.own.record.id,
    );
    if (next !== undefined) this.#follow(next, nowMs, outbox);
  }

  /** Follows a direction to the representatives of a ring: to the next one of them each time. */
  placed({ seats }: Place, nowMs: number, outbox: Outbox): void {
    const contacts = seats[0]?.contacts ?? [];
    const next = contacts[Math.floor(this.#hops / 2) % (contacts.length || 1)];
    if (next !== undefined) this.#follow(next, nowMs, outbox);
  }

  /** As primary: goes ahead into another ring. Once there, it calls the others. */
  mergeInto(ring: RingId, contact: Contact, nowMs: number, outbox: Outbox): void {
    this.#target = { ring, untilMs: nowMs + this.#options.tuning.answerWaitMs };
    this.#hopsFromMs = Number.NEGATIVE_INFINITY;
    this.#options.joiner.ask(contact, nowMs, outbox, true);
  }

  /** By order: leaves with others to found a ring. @param contacts of the new ring, in order */
  found(order: Regroup, contacts: readonly SeatContact[], nowMs: number, outbox: Outbox): void {
    const { table, own, leads, antiEntropy } = this.#options;
    const self = own.record.id;
    const mates = table.members.filter(({ id }) => id !== self && order.agents.includes(id));
    this.#enter(order.to, [], nowMs, outbox);
    leads.founder = contacts[0]?.id ?? self;
    const wanted = mates.map(({ id }) => id);
    for (const mate of mates) antiEntropy.send(mate, { members: [own.rumour], wanted }, outbox);
  }

  /** By order: goes after the primary, who is in the other ring already. */
  followTo(from: AgentId, ring: RingId, nowMs: number, outbox: Outbox): void {
    this.mergeInto(ring, this.#options.post.contactOf(from), nowMs, outbox);
  }

  #follow(next: Contact & { readonly id: AgentId }, nowMs: number, outbox: Outbox): void {
    const { table, joiner, own, tuning } = this.#options;
    if (next.id === own.record.id || table.get(next.id) !== undefined) return;
    if (table.livingCount > 1 && !this.isMoving(nowMs)) return;
    if (nowMs - this.#hopsFromMs > tuning.seedFirstMs) {
      this.#hops = 0;
      this.#hopsFromMs = nowMs;
    }
    this.#hops += 1;
    if (this.#hops <= HOPS_MAX) joiner.ask(next, nowMs, outbox, true);
  }

  /** Takes the asker in, or tells it where to ask. */
  #direct(record: AgentRecord, nowMs: number, outbox: Outbox): void {
    const { table, seats, leads, post, own, sizes } = this.#options;
    // A ring that merges has chosen its place.
    const merges = (seats.get(record.ring)?.size ?? 1) > 1;
    const nearer = merges ? [] : this.#placesFor(record, (shared, ownShared) => shared > ownShared);
    if (nearer.length > 0) {
      post.send(record, { kind: 'place', seats: nearer }, outbox);
      return;
    }
    const first = leads.leafPrimary;
    const lead = first === undefined || first === own.record.id ? undefined : table.get(first);
    if (lead?.state === 'alive') {
      post.send(record, { kind: 'referral', contacts: [lead.record] }, outbox);
      return;
    }
    for (const [id, untilMs] of this.#expected) {
      if (untilMs < nowMs || table.get(id) !== undefined) this.#expected.delete(id);
    }
    this.#expected.delete(record.id);
    if (table.livingCount + this.#expected.size < sizes.cap && !table.full) {
      this.#expected.set(record.id, nowMs + this.#options.tuning.answerWaitMs);
      this.#welcome(record, outbox);
      return;
    }
    const elsewhere = this.#placesFor(record, () => true);
    if (elsewhere.length > 0) post.send(record, { kind: 'place', seats: elsewhere }, outbox);
  }

  /** @returns seats besides the own ones that have room, the nearest by declared place first */
  #placesFor(record: AgentRecord, wanted: (shared: number, ownShared: number) => boolean): SeatRecord[] {
    const { seats, sizes } = this.#options;
    const labels = record.region.split('/');
    const shared = (seat: SeatRecord): number => sharedLabels(labels, seat.region.split('/'));
    const own = seats.seated(seats.leaf);
    const ownShared = own === undefined ? 0 : shared(own);
    const found: { seat: SeatRecord; shared: number; level: number }[] = [];
    for (const { ring, level, seats: all, own: above } of seats.path) {
      if (ring === WORLD) break;
      for (const seat of all as readonly SeatRecord[]) {
        const isFull = seat.ring.startsWith('0') && seat.size >= sizes.splitAbove;
        if (seat === above || seat.ring === record.ring || isFull || !wanted(shared(seat), ownShared))
          continue;
        found.push({ seat, shared: shared(seat), level });
      }
    }
    found.sort((a, b) => b.shared - a.shared || a.level - b.level || a.seat.size - b.seat.size);
    return found.slice(0, PLACES_MAX).map(({ seat }) => seat);
  }

  #referralFor({ id, region }: AgentRecord): Referral {
    const { own, contacts: known } = this.#options;
    const label = topLabel(region);
    const contacts = [own.record, ...known.of(label).filter((record) => record.id !== id)];
    for (const record of known.witnessed()) {
      if (contacts.length >= CONTACTS_MAX) break;
      if (topLabel(record.region) !== label) contacts.push(record);
    }
    return { kind: 'referral', contacts };
  }

  #welcome(to: AgentRecord, outbox: Outbox): void {
    const { table, own, contacts: known, post, tuning } = this.#options;
    const self = own.record.id;
    // The living; and the asker itself, though it be dead here, so that it can outlive an earlier life.
    const members: Rumour[] = [];
    for (const member of table.all()) {
      if (isLiving(member) || member.record.id === to.id) members.push(belief(member, self));
    }
    const contacts = known.witnessed().slice(0, CONTACTS_MAX / 2);
    const step = tuning.membersPerMessage;
    const { ring } = table;
    for (let at = 0; at < members.length; at += step) {
      const part = members.slice(at, at + step);
      const extra = at === 0 ? contacts : [];
      post.send(to, { kind: 'welcome', ring, members: part, contacts: extra }, outbox);
    }
  }

  #moveTo(from: AgentId, welcome: Welcome, nowMs: number, outbox: Outbox): void {
    const { table, own, leads, talk, post, closing } = this.#options;
    const { ring: old, members } = table;
    const calls = leads.isLeafPrimary;
    if (calls) closing(nowMs);
    this.#enter(welcome.ring, welcome.members, nowMs, outbox);
    leads.founder = from;
    talk.probe(post.contactOf(from), 0, outbox);
    if (!calls) return;
    const order: Regroup = { kind: 'regroup', ring: old, to: welcome.ring, parent: welcome.ring, agents: [] };
    for (const mate of members) if (mate.id !== own.record.id) post.send(mate, order, outbox);
  }

  /** Re-issues the own record with the other ring, and tells some of those who stay behind. */
  #enter(ring: RingId, rumours: readonly Rumour[], nowMs: number, outbox: Outbox): void {
    const { table, own, seats, news, prober, queue, antiEntropy, contacts, joiner, tuning, moved } =
      this.#options;
    const left = prober.sample(tuning.moveNotices).map((member) => member.record);
    own.move(ring);
    table.reset(own.record, nowMs);
    seats.leaf = ring;
    prober.reset();
    queue.clear();
    this.#target = undefined;
    this.#expected.clear();
    this.sinceMs = nowMs;
    news.absorb(rumours, MEMBERS_MAX, nowMs);
    queue.put(own.rumour);
    for (const record of left) {
      antiEntropy.send(record, { members: [own.rumour] }, outbox);
      if (table.get(record.id) === undefined) contacts.learn(record, false, nowMs);
    }
    prober.greet(tuning.relays, nowMs, outbox);
    antiEntropy.often(nowMs);
    joiner.hurry(nowMs + tuning.seedFirstMs);
    moved(nowMs);
  }
}
