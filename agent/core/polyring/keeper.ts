// What a primary does for its rings: seats, splits, merges, parents.
//
// An agent is primary of its leaf ring, of rings above it, of several or of none; whoever is, looks after the ring
// once a second and when something changed. Every decision is a record or an order, both of which are harmless when
// two agents take themselves for the primary: records have terms, orders name the ring that they are about.
// One rule for every level: too large is split, too small merges, a parent with one seat is dissolved. Where the
// parent of a ring comes from is parentage.ts.

import {
  commonRegion,
  LEVEL_MAX,
  type Region,
  type RingId,
  ringIdOf,
  ringLevel,
  WORLD,
} from '../../wire/ids.ts';
import type { Regroup } from '../../wire/message.ts';
import type { SeatContact, SeatRecord } from '../../wire/record.ts';
import type { Outbox, Random } from '../ports.ts';
import { halves } from './halves.ts';
import type { Homing } from './homing.ts';
import type { Leads } from './leads.ts';
import type { MemberTable } from './member-table.ts';
import { type OwnRecord, randomName } from './own-record.ts';
import type { Parentage } from './parentage.ts';
import type { PathRing } from './path.ts';
import type { Post } from './post.ts';
import { leafContacts, REPRESENTATIVES } from './representatives.ts';
import type { RingSizes } from './ring-size.ts';
import type { SeatProber } from './seat-prober.ts';
import type { SeatTable } from './seat-table.ts';
import type { SeatTalk } from './seat-talk.ts';
import type { SeatWriter } from './seat-writer.ts';
import { mergeTarget } from './siblings.ts';
import type { Tuning } from './tuning.ts';

export interface KeeperOptions {
  readonly table: MemberTable;
  readonly own: OwnRecord;
  readonly seats: SeatTable;
  readonly leads: Leads;
  readonly talk: SeatTalk;
  readonly prober: SeatProber;
  readonly homing: Homing;
  readonly parentage: Parentage;
  readonly post: Post;
  readonly sizes: RingSizes;
  readonly tuning: Tuning;
  readonly random: Random;
  readonly label: string;
  readonly writer: SeatWriter;
}

export class Keeper {
  readonly #options: KeeperOptions;
  #atMs = Number.POSITIVE_INFINITY;
  /** Since when a ring is too small. */
  readonly #smallMs: Map<RingId, number> = new Map();
  /** Rings that were regrouped just now are left alone until then. */
  readonly #calmUntilMs: Map<RingId, number> = new Map();

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  get nextMs(): number {
    return this.#atMs;
  }

  /** Something changed: look soon. */
  touch(nowMs: number): void {
    this.#atMs = Math.min(this.#atMs, nowMs + this.#options.tuning.keepMs / 4);
  }

  wake(nowMs: number, outbox: Outbox): void {
    if (nowMs < this.#atMs) return;
    const { leads, seats, tuning } = this.#options;
    this.#atMs = Number.POSITIVE_INFINITY;
    let busy = leads.isLeafPrimary;
    if (busy) this.#keepLeaf(nowMs, outbox);
    for (const above of seats.path) {
      if (above.ring === WORLD || !leads.leads(above)) continue;
      busy = true;
      this.#keepRing(above, nowMs, outbox);
    }
    if (busy) this.#atMs = Math.min(this.#atMs, nowMs + tuning.keepMs);
    else this.#forget();
  }

  /** An order of the primary of the ring that it names. */
  ordered(from: string, order: Regroup, nowMs: number, outbox: Outbox): void {
    const { table, leads, own, parentage, homing } = this.#options;
    if (order.ring !== table.ring) {
      this.#reseat(from, order, nowMs, outbox);
      return;
    }
    if (!leads.leaf.some(({ id }) => id === from) && leads.founder !== from) return;
    if (order.agents.length === 0) {
      homing.followTo(from as SeatContact['id'], order.to, nowMs, outbox);
      return;
    }
    const leaves = order.agents.includes(own.record.id);
    parentage.adopt(leaves ? order.to : order.ring, order.parent, nowMs);
    if (leaves) this.#found(order, nowMs, outbox);
  }

  #keepLeaf(nowMs: number, outbox: Outbox): void {
    const { table, seats, leads, homing, sizes, tuning, parentage, writer } = this.#options;
    const { ring, livingCount: size, members } = table;
    if (homing.isMoving(nowMs)) return;
    if (size > sizes.splitAbove && this.#isCalm(ring, nowMs) && this.#splitLeaf(nowMs, outbox)) return;
    if (this.#mergesLeaf(nowMs, outbox)) return;
    const contacts = leads.leaf;
    if (contacts.length === 0) return;
    const parent = parentage.of(ring, size, nowMs);
    if (parent?.kind === 'fold') {
      homing.mergeInto(parent.into, parent.contact, nowMs, outbox);
      return;
    }
    if (parent?.kind === 'dissolve') writer.vacate(parent.ring, nowMs);
    const fresh = seats.get(ring) === undefined && parentage.adopted(ring, nowMs) === undefined;
    const settleMs = size === 1 ? tuning.settleAloneMs : tuning.settleMs;
    if (fresh && nowMs - homing.sinceMs < settleMs) return;
    const region = commonRegion(members.map((member) => member.region));
    writer.publish(ring, parent?.parent, { contacts, size, region }, nowMs);
  }

  #keepRing(above: PathRing, nowMs: number, outbox: Outbox): void {
    const { leads, sizes, parentage, writer } = this.#options;
    const { ring, seats: all } = above;
    const seats = all as readonly SeatRecord[];
    if (seats.length > sizes.splitAbove && this.#isCalm(ring, nowMs)) this.#splitRing(above, nowMs, outbox);
    else if (this.#mergesRing(above, nowMs, outbox)) return;
    const size = seats.reduce((sum, seat) => sum + seat.size, 0);
    const parent = parentage.of(ring, size, nowMs);
    if (parent?.kind === 'dissolve') writer.vacate(parent.ring, nowMs);
    const region = commonRegion(seats.map((seat) => seat.region));
    const contacts = leads.of(above);
    writer.publish(
      ring,
      parent?.kind === 'fold' ? undefined : parent?.parent,
      { contacts, size, region },
      nowMs,
    );
  }

  /** @returns whether the leaf ring is being split */
  #splitLeaf(nowMs: number, outbox: Outbox): boolean {
    const { table, own, post, parentage, random, label, leads, writer } = this.#options;
    const { ring, members } = table;
    const placed = members.map((record) => {
      const { id, region } = record;
      return { id, region, rttMs: id === own.record.id ? 0 : table.rttMs(id), record };
    });
    const [keep, leave] = halves(placed);
    const to = ringIdOf(0, label as Region, randomName(random));
    const parent = parentage.inRegion(ring, nowMs) ?? parentage.founded(ring);
    parentage.adopt(ring, parent, nowMs);
    this.#rest(ring, nowMs);
    const agents = leave.map(({ id }) => id);
    const order: Regroup = { kind: 'regroup', ring, to, parent, agents };
    for (const member of members) if (member.id !== own.record.id) post.send(member, order, outbox);
    const stays = keep.map(({ record }) => record);
    const region = commonRegion(stays.map((record) => record.region));
    if (!agents.includes(own.record.id)) {
      const ids = leads.leaf.map(({ id }) => id);
      writer.issue(
        { ring, parent, term: 0, region, size: stays.length, contacts: leafContacts(ring, stays, ids) },
        nowMs,
      );
    } else this.ordered(own.record.id, order, nowMs, outbox);
    return true;
  }

  /** Leaves with others for a new ring; its first contact writes the new ring's seat while all still listen. */
  #found(order: Regroup, nowMs: number, outbox: Outbox): void {
    const { table, own, homing, writer } = this.#options;
    const comrades = table.members.filter(({ id }) => order.agents.includes(id));
    const contacts = leafContacts(order.to, comrades, []);
    if (contacts[0]?.id === own.record.id) {
      const region = commonRegion(comrades.map((record) => record.region));
      const { to: ring, parent } = order;
      writer.issue({ ring, parent, term: 0, region, size: comrades.length, contacts }, nowMs);
    }
    homing.found(order, contacts, nowMs, outbox);
    this.#rest(order.to, nowMs);
  }

  /** @returns whether this agent goes ahead into a sibling that can take the whole leaf ring */
  #mergesLeaf(nowMs: number, outbox: Outbox): boolean {
    const { table, seats, homing, prober, sizes, tuning, own } = this.#options;
    const { ring, livingCount: size } = table;
    const above = seats.path[0];
    if (above === undefined || above.ring === WORLD || size >= sizes.mergeBelow) {
      this.#smallMs.delete(ring);
      return false;
    }
    if (!this.#isSmallForLong(ring, nowMs)) return false;
    const target = mergeTarget({
      ring,
      count: size,
      seat: { ...above.own, size },
      region: own.record.region,
      seats: above.seats as readonly SeatRecord[],
      countOf: (seat) => seat.size,
      rttMs: (seat) => prober.rttMs(seat),
      sizes,
      rttMaxMs: tuning.siblingRttMaxMs,
    });
    if (target === undefined) return false;
    if (prober.rttMs(target.ring) === undefined) {
      prober.ask(target, nowMs, outbox);
      return false;
    }
    const contact = target.contacts[0] as SeatContact;
    this.#rest(ring, nowMs);
    this.#smallMs.delete(ring);
    homing.mergeInto(target.ring, contact, nowMs, outbox);
    return true;
  }

  /** Called when this agent, the primary, is about to leave the ring for another one. */
  closeLeaf(ring: RingId, nowMs: number): void {
    this.#options.writer.vacate(ring, nowMs);
  }

  #splitRing({ ring, level, seats: all }: PathRing, nowMs: number, outbox: Outbox): void {
    const { prober, parentage, random, label, seats, leads, writer } = this.#options;
    const parent = parentage.inRegion(ring, nowMs) ?? parentage.founded(ring);
    if (level >= LEVEL_MAX) return;
    const placed = (all as readonly SeatRecord[]).map((seat) => {
      return { id: seat.ring, region: seat.region, rttMs: prober.rttMs(seat.ring), seat };
    });
    const [, leave] = halves(placed);
    const to = ringIdOf(level, label as Region, randomName(random));
    parentage.adopt(ring, parent, nowMs);
    this.#rest(ring, nowMs);
    const known = seats.get(ring);
    const above = seats.path.find((each) => each.ring === ring);
    if (above !== undefined && known?.parent !== parent) {
      const contacts = leads.of(above);
      const region = commonRegion(placed.map((each) => each.region));
      const size = placed.reduce((sum, { seat }) => sum + seat.size, 0);
      writer.issue({ ring, parent, term: 0, region, size, contacts }, nowMs);
    }
    this.#order(
      leave.map(({ seat }) => seat),
      { ring, to, parent },
      nowMs,
      outbox,
    );
  }

  /** @returns whether the ring's seats are being moved into a sibling */
  #mergesRing({ ring, seats: all }: PathRing, nowMs: number, outbox: Outbox): boolean {
    const { seats, prober, sizes, tuning, writer } = this.#options;
    const place = seats.seated(ring);
    const above = seats.path.find((each) => each.ring === place?.parent);
    const small =
      place !== undefined && above !== undefined && above.ring !== WORLD && all.length < sizes.mergeBelow;
    if (!small) {
      this.#smallMs.delete(ring);
      return false;
    }
    if (!this.#isSmallForLong(ring, nowMs) || !this.#isCalm(ring, nowMs)) return false;
    const average = Math.max(1, place.size / all.length);
    const target = mergeTarget({
      ring,
      count: all.length,
      seat: place,
      region: place.region,
      seats: above.seats as readonly SeatRecord[],
      countOf: (seat) => Math.max(1, Math.round(seat.size / average)),
      rttMs: (seat) => prober.rttMs(seat),
      sizes,
      rttMaxMs: tuning.siblingRttMaxMs,
    });
    if (target === undefined) return false;
    this.#rest(ring, nowMs);
    this.#smallMs.delete(ring);
    this.#order(all as readonly SeatRecord[], { ring, to: target.ring, parent: above.ring }, nowMs, outbox);
    writer.vacate(ring, nowMs);
    return true;
  }

  #order(
    movers: readonly SeatRecord[],
    { ring, to, parent }: { ring: RingId; to: RingId; parent: RingId },
    nowMs: number,
    outbox: Outbox,
  ): void {
    const { own, post } = this.#options;
    const order: Regroup = { kind: 'regroup', ring, to, parent, agents: [] };
    for (const seat of movers) {
      for (const contact of seat.contacts.slice(0, REPRESENTATIVES)) {
        if (contact.id === own.record.id) this.#reseat(contact.id, order, nowMs, outbox);
        else post.send(contact, order, outbox);
      }
    }
  }

  /** By order: takes the seat that this agent is primary of from one ring to another. */
  #reseat(from: string, order: Regroup, nowMs: number, outbox: Outbox): void {
    const { seats, leads, own, parentage, talk, writer } = this.#options;
    const above = seats.path.find((each) => each.ring === order.ring);
    if (above === undefined || ringLevel(order.to) !== above.level) return;
    const isPrimary = above.own.contacts[0]?.id === own.record.id;
    if (!isPrimary || !leads.of(above).some(({ id }) => id === from)) return;
    parentage.adopt(order.to, order.parent, nowMs);
    parentage.adopt(above.own.ring, order.to, nowMs);
    const contacts = seats.seated(order.to)?.contacts ?? [];
    writer.issue({ ...(above.own as SeatRecord), parent: order.to }, nowMs);
    for (const contact of contacts.slice(0, 2)) talk.probe(contact, 0, outbox);
  }

  #forget(): void {
    this.#smallMs.clear();
    this.#calmUntilMs.clear();
    this.#options.writer.forget();
  }

  #isSmallForLong(ring: RingId, nowMs: number): boolean {
    const sinceMs = this.#smallMs.get(ring);
    if (sinceMs === undefined) this.#smallMs.set(ring, nowMs);
    return (
      sinceMs !== undefined &&
      nowMs - sinceMs >= this.#options.tuning.mergeAfterMs &&
      this.#isCalm(ring, nowMs)
    );
  }

  #isCalm(ring: RingId, nowMs: number): boolean {
    return nowMs >= (this.#calmUntilMs.get(ring) ?? 0);
  }

  #rest(ring: RingId, nowMs: number): void {
    this.#calmUntilMs.set(ring, nowMs + this.#options.tuning.seatCalmMs);
  }
}
