// One agent of the own ring as this agent sees it.
//
// The record is shared by everyone who knows it; the rest is this agent's own belief and measurement. The state is
// always about the incarnation that the record carries: an accusation of another incarnation is either old or
// unfounded, so that nobody but the subject can raise the number that outlives accusations.

import type { MemberState } from '../../wire/message.ts';
import type { AgentRecord } from '../../wire/record.ts';
import type { Suspicion } from './suspicion.ts';

export interface Member {
  record: AgentRecord;
  state: MemberState;
  /** When the state was entered. */
  sinceMs: number;
  /** Only while suspect. */
  suspicion: Suspicion | undefined;
  /** How busy the member said it was, 0-255. */
  load: number;
  /** Smoothed round trip and its variation; undefined until measured. */
  srttMs: number | undefined;
  rttvarMs: number;
  /** Whether it spoke to us in this life: an outbound agent then has a link over which it can be probed. */
  heard: boolean;
}

export function newMember(record: AgentRecord, nowMs: number): Member {
  return {
    record,
    state: 'alive',
    sinceMs: nowMs,
    suspicion: undefined,
    load: 0,
    srttMs: undefined,
    rttvarMs: 0,
    heard: false,
  };
}

/** Alive or suspect: part of the view. */
export function isLiving(member: Member): boolean {
  return member.state === 'alive' || member.state === 'suspect';
}

/** Whether a probe can reach it: an outbound agent is spoken to only over a link that it opened. */
export function canReach(member: Member): boolean {
  return member.record.link !== '' || member.heard;
}

/** Takes one measured round trip into the estimate (RFC 6298, section 2). */
export function measure(member: Member, rttMs: number): void {
  if (member.srttMs === undefined) {
    member.srttMs = rttMs;
    member.rttvarMs = rttMs / 2;
    return;
  }
  member.rttvarMs += (Math.abs(member.srttMs - rttMs) - member.rttvarMs) / 4;
  member.srttMs += (rttMs - member.srttMs) / 8;
}
