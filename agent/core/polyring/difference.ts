// Comparison of two tables: a digest of the one, the difference to the other.
//
// Newer (incarnation, sequence, rank of state) wins. When tables are compared, and with whom: anti-entropy.ts.
// Tombstones of agents that the other does not know are not sent: they would wander for ever.

import type { AgentId } from '../../wire/ids.ts';
import { MEMBERS_MAX } from '../../wire/limits.ts';
import type { Digest, DigestEntry, MemberState, Rumour } from '../../wire/message.ts';
import { compareAge } from '../../wire/record.ts';
import { isLiving, type Member } from './member.ts';
import type { MemberTable } from './member-table.ts';
import { belief } from './news.ts';
import { aliveRumour } from './own-record.ts';

/** Alive and suspect differ only for a moment and refute themselves: they count as one here. */
const RANK: Readonly<Record<MemberState, number>> = { alive: 0, suspect: 0, dead: 1, left: 2 };

/** @returns what is known of the ring, the living before those who moved and the dead, at most MEMBERS_MAX entries */
export function digestOf(table: MemberTable): Digest {
  const entries: DigestEntry[] = [];
  for (const member of table.all()) if (isLiving(member)) entries.push(entryOf(member));
  for (const { id, incarnation, sequence } of table.allMoved) {
    entries.push({ id, state: 'left', incarnation, sequence });
  }
  for (const member of table.tombstones) entries.push(entryOf(member));
  if (entries.length > MEMBERS_MAX) entries.length = MEMBERS_MAX;
  return { kind: 'digest', ring: table.ring, entries };
}

export interface Difference {
  /** What the sender of the digest lacks. */
  readonly members: Rumour[];
  /** Of whom it knows more. */
  readonly wanted: AgentId[];
}

export function compare(table: MemberTable, digest: Digest, self: AgentId): Difference {
  const members: Rumour[] = [];
  const wanted: AgentId[] = [];
  const named = new Set<AgentId>();
  for (const entry of digest.entries.slice(0, MEMBERS_MAX)) {
    named.add(entry.id);
    const member = table.get(entry.id);
    const moved = table.moved(entry.id);
    if (moved !== undefined) {
      if (compareAge(entry, moved) < 0) members.push(aliveRumour(moved));
      continue;
    }
    if (member === undefined) {
      if (RANK[entry.state] === 0) wanted.push(entry.id);
      continue;
    }
    const newer = compareEntries(entry, entryOf(member));
    if (newer > 0) wanted.push(entry.id);
    if (newer < 0) members.push(belief(member, self));
  }
  for (const member of table.all()) {
    if (isLiving(member) && !named.has(member.record.id)) members.push(belief(member, self));
  }
  return { members, wanted };
}

/** @returns what is known of those wanted */
export function answerTo(table: MemberTable, wanted: readonly AgentId[], self: AgentId): Rumour[] {
  const members: Rumour[] = [];
  for (const id of wanted.slice(0, MEMBERS_MAX)) {
    const member = table.get(id);
    const moved = table.moved(id);
    if (member !== undefined) members.push(belief(member, self));
    else if (moved !== undefined) members.push(aliveRumour(moved));
  }
  return members;
}

function entryOf({ record, state }: Member): DigestEntry {
  return { id: record.id, state, incarnation: record.incarnation, sequence: record.sequence };
}

function compareEntries(a: DigestEntry, b: DigestEntry): number {
  return a.incarnation - b.incarnation || a.sequence - b.sequence || RANK[a.state] - RANK[b.state];
}
