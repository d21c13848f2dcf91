// What an agent says of itself: one writer, signed, versioned. The newest (incarnation, sequence) wins everywhere.
//
// The signature is over the encoded body as it arrived, so nothing has to be put in canonical form, and a relay
// passes the writer's own bytes on.

import type { AgentId, Region, RingId } from './ids.ts';

/** Whether others can dial the agent; an `outbound` one has weight 0 and is reached over the links that it opened. */
export type Reachability = 'dialable' | 'outbound';

export interface AgentClaim {
  readonly id: AgentId;
  /** Raised only by the agent itself, to refute a suspicion or after a restart. */
  readonly incarnation: number;
  /** Raised with every other change of the record; starts at 0 with each incarnation. */
  readonly sequence: number;
  /** The one leaf ring that the agent is in. */
  readonly ring: RingId;
  readonly region: Region;
  /** `host:port` of the agent link; empty for an outbound agent. */
  readonly link: string;
  /** Base URL under which players reach the agent; empty where it serves none. */
  readonly publicUrl: string;
  readonly reachability: Reachability;
  /** Placement weight by uplink class, 0-255; 0 is never a home. */
  readonly weight: number;
  /** Software version. */
  readonly version: string;
}

/** A claim with its proof. In a simulation the proof is empty. */
export interface AgentRecord extends AgentClaim {
  readonly proof: Proof;
}

export interface Proof {
  /** The encoded claim as the agent signed it. */
  readonly body: Uint8Array;
  /** [64] Ed25519 signature over `body`. */
  readonly signature: Uint8Array;
}

/** @returns > 0 where `a` is newer than `b`, 0 where they are of one age */
export function compareAge(a: RecordAge, b: RecordAge): number {
  return a.incarnation - b.incarnation || a.sequence - b.sequence;
}

export interface RecordAge {
  readonly incarnation: number;
  readonly sequence: number;
}

/** Who can be asked for a ring. */
export interface SeatContact {
  readonly id: AgentId;
  /** `host:port` of the agent link; never empty, as outbound agents hold no seat. */
  readonly link: string;
  /** Base URL for players; empty where it serves none. */
  readonly publicUrl: string;
}

/** What a ring's primary says of the ring: its place in its parent ring and whom to ask for it. */
export interface SeatClaim {
  readonly ring: RingId;
  /** The ring that the seat is in, of a higher level; `ring` itself where it is in none (any more). */
  readonly parent: RingId;
  /** Raised with every change, whoever is primary. */
  readonly term: number;
  /** What the declared regions of all agents below have in common. */
  readonly region: Region;
  /** Agents below the seat. */
  readonly size: number;
  /** 1 to 5: the first three are the representatives, the first of all is the primary, who signs. */
  readonly contacts: readonly SeatContact[];
}

export interface SeatRecord extends SeatClaim {
  readonly proof: Proof;
}

/** Whoever signs a record of any kind, and what was signed. */
export interface Signed {
  readonly id: AgentId;
  readonly proof: Proof;
}

/** @returns > 0 where `a` wins over `b`: the higher term, then the primary with the lower id; 0 for the same seat */
export function compareSeats(a: SeatAge, b: SeatAge): number {
  if (a.term !== b.term) return a.term - b.term;
  return a.primary === b.primary ? 0 : a.primary < b.primary ? 1 : -1;
}

export interface SeatAge {
  readonly term: number;
  readonly primary: AgentId;
}

export function primaryOf(seat: { readonly contacts: readonly SeatContact[] }): AgentId {
  return (seat.contacts[0] as SeatContact).id;
}
