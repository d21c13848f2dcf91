// The rings above the leaf ring, as one part: what is known of them, what is said, what a primary does.
//
// The facade over seat-table.ts (records), seat-talk.ts (news and comparison), seat-prober.ts (who lives), leads.ts
// (who speaks for whom), parentage.ts and keeper.ts (decisions).

import { type AgentId, topLabel, WORLD } from '../../wire/ids.ts';
import { CONTACTS_MAX } from '../../wire/limits.ts';
import type { Regroup, SeatAck, SeatEntries, SeatProbe, Seats } from '../../wire/message.ts';
import { unreachable } from '../assert.ts';
import type { Outbox, Random, SealSeat } from '../ports.ts';
import type { Homing } from './homing.ts';
import { Keeper } from './keeper.ts';
import { Leads } from './leads.ts';
import type { MemberTable } from './member-table.ts';
import type { OwnRecord } from './own-record.ts';
import { Parentage } from './parentage.ts';
import type { PathView } from './path.ts';
import type { Post } from './post.ts';
import type { RegionContacts } from './region-contacts.ts';
import type { RingSizes } from './ring-size.ts';
import { SeatProber } from './seat-prober.ts';
import { SeatTable } from './seat-table.ts';
import { type Rival, SeatTalk } from './seat-talk.ts';
import { SeatWriter } from './seat-writer.ts';
import type { Tuning } from './tuning.ts';

/** Regions that are asked for their seat at one time. */
const INTRODUCTIONS_MAX = 8;

/** Agents of other rings that are asked at one time. */
const SIBLINGS_AT_ONCE = 3;

export interface TreeOptions {
  readonly table: MemberTable;
  readonly own: OwnRecord;
  readonly contacts: RegionContacts;
  readonly post: Post;
  readonly tuning: Tuning;
  readonly sizes: RingSizes;
  readonly random: Random;
  readonly label: string;
  readonly sealSeat: SealSeat;
  /** Asked for once it is there: it needs this tree itself. */
  readonly homing: () => Homing;
}

type TreeMessage = SeatProbe | SeatAck | SeatEntries | Seats | Regroup;

export class Tree {
  readonly seats: SeatTable;
  readonly leads: Leads;
  readonly talk: SeatTalk;
  readonly #options: TreeOptions;
  readonly #prober: SeatProber;
  readonly #parentage: Parentage;
  readonly #writer: SeatWriter;
  #madeKeeper: Keeper | undefined;
  #rivals: Rival[] = [];
  #introduceAtMs = 0;
  #seen = { table: -1, seats: -1 };
  #view: PathView | undefined;

  constructor(options: TreeOptions) {
    const { table, own, label, post } = options;
    this.#options = options;
    this.seats = new SeatTable(table.ring, label);
    this.leads = new Leads(own.record.id, table, this.seats);
    this.talk = new SeatTalk({
      table,
      own,
      post,
      seats: this.seats,
      leads: this.leads,
      rival: (rival) => {
        const contact = options.contacts.get(rival.contact.id) ?? rival.contact;
        this.#rivals.push({ ...rival, contact });
      },
      refute: (gone, nowMs) => this.#writer.refute(gone, nowMs),
    });
    const known = { ...options, seats: this.seats, leads: this.leads, talk: this.talk };
    this.#prober = new SeatProber(known);
    this.#parentage = new Parentage(known);
    this.#writer = new SeatWriter({ ...known, parentage: this.#parentage });
  }

  get view(): PathView {
    const { seats } = this;
    if (this.#view?.version !== seats.version || this.#view.above !== seats.path) {
      const above = seats.path;
      const world = above.at(-1)?.ring === WORLD;
      this.#view = { leaf: this.#options.table, above, world, version: seats.version };
    }
    return this.#view;
  }

  get nextMs(): number {
    return Math.min(this.#keeper.nextMs, this.#prober.nextMs);
  }

  receive(from: AgentId, message: TreeMessage, nowMs: number, outbox: Outbox): void {
    switch (message.kind) {
      case 'seat-probe':
        this.talk.probed(from, message, nowMs, outbox);
        break;
      case 'seat-ack':
        this.#prober.acked(from, message, nowMs, outbox);
        this.talk.meet(from, message, nowMs);
        break;
      case 'seat-entries':
        this.talk.listed(from, message, outbox);
        break;
      case 'seats':
        this.talk.heard(from, message, nowMs, outbox);
        break;
      case 'regroup':
        this.#keeper.ordered(from, message, nowMs, outbox);
        break;
      default:
        unreachable(message);
    }
  }

  wake(nowMs: number, outbox: Outbox): void {
    this.#prober.wake(nowMs, outbox);
    this.#keeper.wake(nowMs, outbox);
    const founded = nowMs - this.#options.homing().sinceMs < this.#options.tuning.founderMs;
    if (!founded && this.leads.founder !== undefined) {
      this.leads.founder = undefined;
      this.#keeper.touch(nowMs);
    }
    if (nowMs < this.#introduceAtMs) return;
    const { tuning, random } = this.#options;
    this.#introduceAtMs = nowMs + tuning.worldProbeMs * (0.75 + random() / 2);
    if (this.#speaks) this.#introduce(nowMs, outbox);
  }

  get #speaks(): boolean {
    return this.leads.isLeafPrimary || this.leads.leadsTop;
  }

  /** Regions that are known and have no seat in the world ring, and other trees of the own region: the top ring's
   *  primary asks an agent of theirs, who has or gets the seats to compare; any other primary tells it of them. */
  #introduce(nowMs: number, outbox: Outbox): void {
    const { contacts, post, own } = this.#options;
    const strangers = contacts.unlike(this.seats.world.map((seat) => topLabel(seat.region)));
    const top = this.leads.top[0];
    if (top === undefined) return;
    this.#seekSiblings(nowMs, outbox);
    if (top.id === own.record.id) {
      const rivals = this.#parentage.rivals(nowMs).map(({ contact }) => contact);
      for (const each of [...rivals, ...strangers].slice(0, INTRODUCTIONS_MAX))
        this.talk.probe(each, 0, outbox);
    } else if (strangers.length > 0) {
      post.send(top, { kind: 'referral', contacts: strangers.slice(0, CONTACTS_MAX) }, outbox);
    }
  }

  /** After every event: says what is new, and looks soon where something changed. */
  follow(nowMs: number, outbox: Outbox): void {
    const { table } = this.#options;
    if (this.#rivals.length > 0) this.#passRivals(nowMs, outbox);
    if (this.#seen.table !== table.version || this.#seen.seats !== this.seats.version) {
      this.#seen = { table: table.version, seats: this.seats.version };
      this.#prober.follow(nowMs);
      this.#keeper.touch(nowMs);
    }
    this.talk.flush(outbox);
  }

  /** The primary leaves its leaf ring for another one. */
  close(nowMs: number): void {
    this.#keeper.closeLeaf(this.seats.leaf, nowMs);
  }

  expire(nowMs: number): void {
    this.seats.expire(this.#options.tuning.tombstoneMs, nowMs);
  }

  get #keeper(): Keeper {
    this.#madeKeeper ??= new Keeper({
      ...this.#options,
      seats: this.seats,
      leads: this.leads,
      talk: this.talk,
      prober: this.#prober,
      parentage: this.#parentage,
      writer: this.#writer,
      homing: this.#options.homing(),
    });
    return this.#madeKeeper;
  }

  /** A parent ring that seems to have one seat may have others that were not heard of: other rings are asked. */
  #seekSiblings(nowMs: number, outbox: Outbox): void {
    const { contacts } = this.#options;
    if (!this.seats.path.some(({ ring, seats }) => ring !== WORLD && seats.length === 1)) return;
    for (const sibling of contacts.siblings(this.seats.leaf, nowMs).slice(0, SIBLINGS_AT_ONCE)) {
      if (contacts.ask(sibling.id, nowMs)) this.talk.probe(sibling, 0, outbox);
    }
  }

  /** Who met another tree tells the primary of the own tree's top ring whom to ask. */
  #passRivals(nowMs: number, outbox: Outbox): void {
    const { contacts, post, own } = this.#options;
    const rivals = this.#rivals.splice(0);
    for (const rival of rivals) {
      if (this.#parentage.meet(rival, nowMs)) this.#keeper.touch(nowMs);
      const record = contacts.get(rival.contact.id);
      const top = this.leads.top[0];
      if (record === undefined || top === undefined || top.id === own.record.id) continue;
      post.send(top, { kind: 'referral', contacts: [record] }, outbox);
    }
  }
}
