// What to believe of a rumour, and what follows from it.
//
// Of two claims about one agent the newer record wins; at one incarnation left > dead > suspect > alive. Only the
// subject can raise its incarnation, by a record that it signed; so a refutation beats every accusation made before
// it. An accusation of an incarnation that no known record carries is unfounded and ignored.
// Worked example: B is suspected at incarnation 4. B hears it, writes a record with incarnation 5 and says alive 5.
// Whoever hears that drops the suspicion; "B dead 4", still on its way, is old wherever alive 5 came first, and is
// overruled by alive 5 wherever it came later.
//
// Records of other rings and regions are handed on: `strangers` decides about those.

import { type AgentId, type Region, topLabel } from '../../wire/ids.ts';
import type { MemberState, Rumour } from '../../wire/message.ts';
import { type AgentRecord, compareAge } from '../../wire/record.ts';
import type { Counts } from '../counters.ts';
import { isLiving, type Member, newMember } from './member.ts';
import type { MemberTable } from './member-table.ts';
import type { OwnRecord } from './own-record.ts';
import type { RumourQueue } from './rumour-queue.ts';
import { confirm, newSuspicion, suspicionMs } from './suspicion.ts';
import type { Tuning } from './tuning.ts';

export interface NewsOptions {
  readonly table: MemberTable;
  readonly queue: RumourQueue;
  readonly own: OwnRecord;
  readonly tuning: Tuning;
  readonly counts: Counts;
  /** A record of an agent that is in another ring, or in another region. */
  readonly strangers: (record: AgentRecord, nowMs: number) => void;
  /** A member that was not living until now; `revived` where it was thought dead. */
  readonly joined: (member: Member, revived: boolean) => void;
  /** A suspicion or a death that others should hear of before the next probe is due. */
  readonly urgent: () => void;
  /** This agent had to refute an accusation, or an earlier life. */
  readonly refuted: () => void;
}

const RANK: Readonly<Record<MemberState, number>> = { alive: 0, suspect: 1, dead: 2, left: 3 };

/** Older than any record. */
const UNKNOWN = { incarnation: -1, sequence: 0 };

export class News {
  readonly #options: NewsOptions;
  readonly #label: string;
  /** News of a welcome is old to everyone else: it is believed but not passed on. */
  #quiet = false;

  constructor(options: NewsOptions) {
    this.#options = options;
    this.#label = topLabel(options.own.record.region);
  }

  hearAll(rumours: readonly Rumour[], countMax: number, nowMs: number): void {
    const count = Math.min(rumours.length, countMax);
    for (let i = 0; i < count; i += 1) this.hear(rumours[i] as Rumour, nowMs);
  }

  /** As `hearAll`, for a whole table that others gave us: nothing of it is passed on. */
  absorb(rumours: readonly Rumour[], countMax: number, nowMs: number): void {
    this.#quiet = true;
    this.hearAll(rumours, countMax, nowMs);
    this.#quiet = false;
  }

  hear(rumour: Rumour, nowMs: number): void {
    const { table, own } = this.#options;
    if (rumour.subject === own.record.id) {
      this.#aboutSelf(rumour);
      return;
    }
    const { record } = rumour;
    const sound = record === undefined ? rumour.state !== 'alive' : record.id === rumour.subject;
    if (!sound) {
      this.#refuse();
      return;
    }
    if (record !== undefined) this.#learn(record, rumour, nowMs);
    if (rumour.state === 'alive') return;
    const member = table.get(rumour.subject);
    if (member === undefined || member.record.incarnation !== rumour.incarnation) return;
    this.#accuse(member, rumour, nowMs);
  }

  /** This agent's own finding that the member does not answer. */
  accuse(member: Member, nowMs: number): void {
    this.#accuse(member, accusation(member, 'suspect', this.#options.own.record.id), nowMs);
  }

  /** Declares those dead whose time to refute is over. */
  judge(nowMs: number): void {
    const { table, own } = this.#options;
    for (const member of table.suspects) {
      if (member.suspicion === undefined || member.suspicion.deadlineMs > nowMs) continue;
      this.#accuse(member, accusation(member, 'dead', own.record.id), nowMs);
    }
  }

  /** When `judge` has something to do. */
  get nextMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { suspicion } of this.#options.table.suspects) {
      if (suspicion !== undefined && suspicion.deadlineMs < next) next = suspicion.deadlineMs;
    }
    return next;
  }

  #learn(record: AgentRecord, rumour: Rumour, nowMs: number): void {
    const { table, strangers } = this.#options;
    const member = table.get(record.id);
    if (member !== undefined && compareAge(record, member.record) <= 0) return;
    const ofRegion = topLabel(record.region as Region) === this.#label;
    if (record.ring !== table.ring) {
      if (compareAge(record, table.moved(record.id) ?? UNKNOWN) <= 0) return;
      table.depart(record, nowMs);
      if (member !== undefined) {
        this.#pass(rumour);
      }
      strangers(record, nowMs);
      return;
    }
    if (!ofRegion) {
      this.#refuse();
      return;
    }
    if (compareAge(record, table.moved(record.id) ?? UNKNOWN) <= 0) return;
    table.return(record.id);
    if (member !== undefined) this.#renew(member, record, rumour, nowMs);
    else if (isNewMember(rumour) && !table.full) this.#admit(record, rumour, nowMs);
  }

  #admit(record: AgentRecord, rumour: Rumour, nowMs: number): void {
    const { table, counts, joined } = this.#options;
    const member = newMember(record, nowMs);
    table.add(member);
    counts['members.joined'] += 1;
    if (rumour.state === 'alive') this.#pass(rumour);
    joined(member, false);
  }

  #renew(member: Member, record: AgentRecord, rumour: Rumour, nowMs: number): void {
    const { table, counts, joined } = this.#options;
    const newLife = record.incarnation > member.record.incarnation;
    if (newLife && !isLiving(member) && table.full) return;
    table.renew(member, record);
    if (rumour.state === 'alive') this.#pass(rumour);
    if (!newLife || member.state === 'alive') return;
    if (member.state === 'suspect') {
      counts['members.refuted'] += 1;
      table.turn(member, 'alive', nowMs);
      return;
    }
    if (!isNewMember(rumour)) return;
    counts['members.joined'] += 1;
    table.turn(member, 'alive', nowMs);
    joined(member, true);
  }

  #accuse(member: Member, rumour: Rumour, nowMs: number): void {
    if (RANK[rumour.state] < RANK[member.state]) return;
    if (rumour.state === 'suspect') this.#suspect(member, rumour, nowMs);
    else if (rumour.state === 'dead' && this.#isHearsay(member, rumour))
      this.#doubtDeath(member, rumour, nowMs);
    else if (rumour.state !== member.state) this.#bury(member, rumour, nowMs);
  }

  #suspect(member: Member, rumour: Rumour, nowMs: number): void {
    const { table, tuning, counts } = this.#options;
    if (!this.#mayAccuse(rumour)) return;
    if (member.suspicion !== undefined) {
      if (confirm(member.suspicion, tuning, rumour.accuser, table.livingCount)) this.#pass(strip(rumour));
      return;
    }
    member.suspicion = newSuspicion(tuning, rumour.accuser, table.livingCount, nowMs);
    this.#options.urgent();
    counts['members.suspected'] += 1;
    table.turn(member, 'suspect', nowMs);
    this.#pass(strip(rumour));
  }

  #bury(member: Member, rumour: Rumour, nowMs: number): void {
    const { table, counts } = this.#options;
    if (isLiving(member)) this.#options.urgent();
    if (isLiving(member)) counts[rumour.state === 'left' ? 'members.left' : 'members.died'] += 1;
    table.turn(member, rumour.state, nowMs);
    this.#pass(strip(rumour));
  }

  /** Somebody else's verdict on a member that we have not ourselves suspected for a while. */
  #isHearsay(member: Member, rumour: Rumour): boolean {
    return isLiving(member) && rumour.accuser !== this.#options.own.record.id;
  }

  /** Nobody dies of hearsay alone: the member gets the shortest suspicion, half of it at the very least, to refute.
   *  Two halves of a healed partition would else kill each other's members with tombstones of old. */
  #doubtDeath(member: Member, rumour: Rumour, nowMs: number): void {
    const { table, tuning, counts } = this.#options;
    const shortestMs = suspicionMs(tuning, tuning.accusers, table.livingCount);
    const { suspicion } = member;
    if (suspicion !== undefined) {
      suspicion.deadlineMs = Math.min(suspicion.deadlineMs, suspicion.startMs + shortestMs);
      if (nowMs >= suspicion.startMs + shortestMs / 2) this.#bury(member, rumour, nowMs);
      return;
    }
    member.suspicion = newSuspicion(tuning, rumour.accuser, table.livingCount, nowMs);
    member.suspicion.deadlineMs = nowMs + shortestMs;
    counts['members.suspected'] += 1;
    table.turn(member, 'suspect', nowMs);
    this.#pass({ ...strip(rumour), state: 'suspect' });
  }

  /** An accuser must itself be a living member, and someone else. */
  #mayAccuse({ subject, accuser }: Rumour): boolean {
    const by = this.#options.table.get(accuser);
    return by !== undefined && accuser !== subject && isLiving(by);
  }

  #aboutSelf(rumour: Rumour): void {
    const { own, table, queue, counts, refuted } = this.#options;
    const known = own.record;
    const earlier = rumour.record !== undefined && isEarlierLife(rumour.record, known);
    const accused = rumour.state !== 'alive' && rumour.incarnation === known.incarnation;
    if (!earlier && !accused) {
      if (rumour.incarnation > known.incarnation) this.#refuse();
      return;
    }
    own.outlive(earlier ? (rumour.record?.incarnation ?? 0) : known.incarnation);
    counts['members.self_refuted'] += 1;
    const self = table.get(known.id);
    if (self !== undefined) table.renew(self, own.record);
    queue.put(own.rumour);
    refuted();
  }

  #pass(rumour: Rumour): void {
    if (!this.#quiet) this.#options.queue.put(rumour);
  }

  #refuse(): void {
    this.#options.counts['rejected.record'] += 1;
  }
}

/** A record that this agent signed before it lost its memory: as old or newer than the current one, yet another. */
function isEarlierLife(record: AgentRecord, known: AgentRecord): boolean {
  if (record.id !== known.id) return false;
  const age = compareAge(record, known);
  return age > 0 || (age === 0 && record.ring !== known.ring);
}

/** @returns what is said of a member that does not live, or may not */
export function accusation(member: Member, state: MemberState, accuser: AgentId): Rumour {
  return {
    subject: member.record.id,
    state,
    incarnation: member.record.incarnation,
    accuser,
    record: undefined,
  };
}

/** @returns what this agent believes of the member, with its record */
export function belief(member: Member, self: AgentId): Rumour {
  const { record, state } = member;
  const accuser = state === 'suspect' ? (member.suspicion?.accusers[0] ?? self) : self;
  const said = state === 'alive' || state === 'left' ? record.id : accuser;
  return { subject: record.id, state, incarnation: record.incarnation, accuser: said, record };
}

/** News of the unknown dead makes no member: their tombstones would wander for ever. */
function isNewMember({ state }: Rumour): boolean {
  return state === 'alive' || state === 'suspect';
}

/** An accusation travels without the record, which everyone in the ring has. */
function strip(rumour: Rumour): Rumour {
  return rumour.record === undefined ? rumour : { ...rumour, record: undefined };
}
