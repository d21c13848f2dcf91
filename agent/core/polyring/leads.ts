// Who speaks for each ring on the path, as this agent sees it now.
//
// A ring's seat record names its contacts; they hold until one of them is gone. Before there is a record, the founder
// of a leaf ring, who welcomed everybody else, is its primary for a while, then the first in rank. Computed when asked, kept until the view changes.

import type { AgentId, RingId } from '../../wire/ids.ts';
import type { SeatContact } from '../../wire/record.ts';
import { isLiving } from './member.ts';
import type { MemberTable } from './member-table.ts';
import type { PathRing } from './path.ts';
import { leafContacts, REPRESENTATIVES, seatContacts } from './representatives.ts';
import type { SeatTable } from './seat-table.ts';

export class Leads {
  /** Who founded the leaf ring, or welcomed this agent into it; only for a while, as views of it may differ. */
  founder: AgentId | undefined;
  readonly #self: AgentId;
  readonly #table: MemberTable;
  readonly #seats: SeatTable;
  #leaf: readonly SeatContact[] = [];
  #leafKey = '';

  constructor(self: AgentId, table: MemberTable, seats: SeatTable) {
    this.#self = self;
    this.founder = self;
    this.#table = table;
    this.#seats = seats;
  }

  /** Contacts of the leaf ring, the primary first; empty where nobody in it can be dialled. */
  get leaf(): readonly SeatContact[] {
    const key = `${this.#table.version} ${this.#seats.version} ${this.founder}`;
    if (key !== this.#leafKey) {
      const { ring, members } = this.#table;
      this.#leaf = leafContacts(
        ring,
        members,
        this.#incumbents(ring) ?? (this.founder === undefined ? [] : [this.founder]),
      );
      this.#leafKey = key;
    }
    return this.#leaf;
  }

  /** Contacts of a ring of seats on the path. */
  of({ ring, seats }: PathRing): readonly SeatContact[] {
    return seatContacts(ring, seats, this.#incumbents(ring) ?? []);
  }

  /** Whether this agent is primary of a ring of seats on the path. Only who speaks for its own seat there can be. */
  leads(above: PathRing): boolean {
    return this.speaksIn(above) && this.of(above)[0]?.id === this.#self;
  }

  /** Whether this agent is primary of the highest ring of the region on the path. */
  get leadsTop(): boolean {
    const { top, path } = this.#seats;
    const ring = path.find((each) => each.ring === top);
    return ring === undefined ? this.isLeafPrimary : this.leads(ring);
  }

  /** Contacts of the highest ring of the region on the path. */
  get top(): readonly SeatContact[] {
    const { top, path } = this.#seats;
    const ring = path.find((each) => each.ring === top);
    return ring === undefined ? this.leaf : this.of(ring);
  }

  /** Primary of the leaf ring; undefined where nobody in it can be dialled. */
  get leafPrimary(): AgentId | undefined {
    // The first living incumbent is, and as a rule the first of them lives: no need to rank everybody.
    const { ring } = this.#table;
    for (const id of this.#incumbents(ring) ?? (this.founder === undefined ? [] : [this.founder])) {
      const member = this.#table.get(id);
      if (member !== undefined && isLiving(member) && member.record.link !== '') return id;
    }
    return this.leaf[0]?.id;
  }

  /** Whether this agent is primary of the leaf ring; an agent alone always is. */
  get isLeafPrimary(): boolean {
    const first = this.leafPrimary;
    return first === undefined ? this.#table.livingCount === 1 : first === this.#self;
  }

  /** Whether this agent speaks for its own seat in the ring. */
  speaksIn({ own }: PathRing): boolean {
    const rank = own.contacts.findIndex(({ id }) => id === this.#self);
    return rank >= 0 && rank < REPRESENTATIVES;
  }

  /** Whether the agent speaks for the leaf ring. */
  isLeafLead(id: AgentId): boolean {
    const rank = this.leaf.findIndex((each) => each.id === id);
    return rank >= 0 && rank < REPRESENTATIVES;
  }

  #incumbents(ring: RingId): AgentId[] | undefined {
    return this.#seats.get(ring)?.contacts.map(({ id }) => id);
  }
}
