// The members of the own ring, this agent included, and the tombstones of those who died, left or moved elsewhere.
//
// Others read it as a RingView: the living, sorted by id, as one array that is replaced when they change and shared
// until then. Nothing is sorted or copied while the ring is quiet. Who is believed and why is news.ts.

import type { AgentId, RingId } from '../../wire/ids.ts';
import { MEMBERS_MAX } from '../../wire/limits.ts';
import type { MemberState } from '../../wire/message.ts';
import type { AgentRecord } from '../../wire/record.ts';
import { isLiving, type Member, newMember } from './member.ts';
import type { RingView } from './ring-view.ts';

export class MemberTable implements RingView {
  ring: RingId;
  version = 1;
  /** Alive and suspect members, this agent included. */
  livingCount = 0;
  /** Members whose suspicion runs. */
  readonly suspects: Set<Member> = new Set();
  /** Dead and departed, oldest first. */
  readonly tombstones: Set<Member> = new Set();
  readonly #byId: Map<AgentId, Member> = new Map();
  /** Former members that are in another ring now: without this, tables that still have them would bring them back. */
  readonly #moved: Map<AgentId, { readonly record: AgentRecord; readonly sinceMs: number }> = new Map();
  #sorted: readonly AgentRecord[] | undefined;

  constructor(self: AgentRecord, nowMs: number) {
    this.ring = self.ring;
    this.add(newMember(self, nowMs));
  }

  get members(): readonly AgentRecord[] {
    this.#sorted ??= [...this.#byId.values()]
      .filter(isLiving)
      .map((member) => member.record)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    return this.#sorted;
  }

  get full(): boolean {
    return this.livingCount >= MEMBERS_MAX;
  }

  loadOf(id: AgentId): number {
    return this.#byId.get(id)?.load ?? 0;
  }

  rttMs(id: AgentId): number | undefined {
    return this.#byId.get(id)?.srttMs;
  }

  state(id: AgentId): MemberState | undefined {
    return this.#byId.get(id)?.state;
  }

  get(id: AgentId): Member | undefined {
    return this.#byId.get(id);
  }

  /** @returns the record with which a former member moved to another ring */
  moved(id: AgentId): AgentRecord | undefined {
    return this.#moved.get(id)?.record;
  }

  get allMoved(): AgentRecord[] {
    return [...this.#moved.values()].map(({ record }) => record);
  }

  /** Everyone, tombstones included, in the order in which they came. */
  all(): Iterable<Member> {
    return this.#byId.values();
  }

  /** @param member alive and not yet in the table, which must have room */
  add(member: Member): void {
    this.#byId.set(member.record.id, member);
    this.livingCount += 1;
    this.#changed();
  }

  /** Moves the member to another state; suspicion is the caller's to set. */
  turn(member: Member, state: MemberState, nowMs: number): void {
    const wasLiving = isLiving(member);
    member.state = state;
    member.sinceMs = nowMs;
    if (state !== 'suspect') {
      member.suspicion = undefined;
      this.suspects.delete(member);
    } else this.suspects.add(member);
    if (wasLiving === isLiving(member)) return;
    this.livingCount += wasLiving ? -1 : 1;
    if (wasLiving) this.#bury(member);
    else this.tombstones.delete(member);
    this.#changed();
  }

  /** Puts a newer record of the same agent in place of the old one. */
  renew(member: Member, record: AgentRecord): void {
    member.record = record;
    if (isLiving(member)) this.#changed();
  }

  /** The agent is in another ring now, by this record. */
  depart(record: AgentRecord, nowMs: number): void {
    const member = this.#byId.get(record.id);
    if (member !== undefined) this.remove(member);
    this.#moved.delete(record.id);
    this.#moved.set(record.id, { record, sinceMs: nowMs });
    if (this.#moved.size > MEMBERS_MAX)
      for (const oldest of this.#moved.keys()) return void this.#moved.delete(oldest);
  }

  /** A former member is back, with a newer record. */
  return(id: AgentId): void {
    this.#moved.delete(id);
  }

  /** Forgets the member altogether. */
  remove(member: Member): void {
    this.#byId.delete(member.record.id);
    this.suspects.delete(member);
    this.tombstones.delete(member);
    if (!isLiving(member)) return;
    this.livingCount -= 1;
    this.#changed();
  }

  /** Starts over in another ring with this agent as the only member. */
  reset(self: AgentRecord, nowMs: number): void {
    this.#byId.clear();
    this.suspects.clear();
    this.tombstones.clear();
    this.#moved.clear();
    this.livingCount = 0;
    this.ring = self.ring;
    this.add(newMember(self, nowMs));
  }

  /** Forgets tombstones that are older than `tombstoneMs`, and who moved longer ago than `movedMs`. */
  expire(tombstoneMs: number, movedMs: number, nowMs: number): void {
    for (const [id, { sinceMs }] of this.#moved) if (nowMs - sinceMs >= movedMs) this.#moved.delete(id);
    for (const member of this.tombstones) {
      if (nowMs - member.sinceMs < tombstoneMs) return;
      this.remove(member);
    }
  }

  #bury(member: Member): void {
    this.tombstones.add(member);
    if (this.tombstones.size <= MEMBERS_MAX) return;
    for (const oldest of this.tombstones) {
      this.remove(oldest);
      return;
    }
  }

  #changed(): void {
    this.version += 1;
    this.#sorted = undefined;
  }
}
