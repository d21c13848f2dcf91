// What the core asks of the world and what the world tells it. The core calls nothing else.
//
// An agent's protocol is a synchronous state machine: (event, nowMs) -> effects. Effects go into an Outbox that the
// world gives with each event; the daemon's carries them out, the simulator's queues them. Nothing here returns a
// value or a promise: what comes of an effect comes back later as an event of its own.

import type { AgentId, SegmentName } from '../wire/ids.ts';
import type { CastReach, ControlMessage, RingRoster } from '../wire/message.ts';
import type { AgentClaim, AgentRecord, SeatClaim, SeatRecord } from '../wire/record.ts';

/** Someone who can be spoken to: a known agent, or an address whose owner is not yet known (a seed). */
export interface Contact {
  /** Undefined for a seed: its link's handshake tells. */
  readonly id: AgentId | undefined;
  /** `host:port` to dial; empty for an outbound agent, who is spoken to over the link that it opened. */
  readonly link: string;
}

/** An agent that can be spoken to. */
export interface KnownContact extends Contact {
  readonly id: AgentId;
}

/** What players ask for, as the swarm sees it: media is looked for in the ring, `other` concerns this agent alone. */
export type SegmentKind = 'segment' | 'playlist' | 'other';

export interface Segment {
  readonly name: SegmentName;
  readonly kind: SegmentKind;
}

declare const brand: unique symbol;
/** One attempt of this agent to get one object, whoever waits for it. Numbers are never used twice. */
export type FillId = number & { readonly [brand]: 'FillId' };
/** One request of a viewer or of another agent that could not be answered from the store. */
export type WantId = number & { readonly [brand]: 'WantId' };

/** On whose behalf an object is wanted. */
export type Requester =
  | { readonly kind: 'viewer' }
  | {
      readonly kind: 'peer';
      readonly from: AgentId;
      /** Ring level of the home that the request is for. */
      readonly tier: number;
      /** Agents that the request has passed, `from` included. */
      readonly chain: readonly AgentId[];
      /** Agents that did not answer the requester. */
      readonly avoid: readonly AgentId[];
    };

/** How a want is answered: by a fill to read from, or by a refusal that tells the peer to look elsewhere. */
export type Answer =
  | { readonly kind: 'fill'; readonly fill: FillId; readonly joined: boolean }
  /** For peers only: below the seat that was asked, another agent is home; these rosters lead to it. */
  | { readonly kind: 'redirect'; readonly rosters: readonly RingRoster[] }
  | { readonly kind: 'refuse'; readonly reason: 'stale-view' | 'busy' | 'draining' };

/** Where the next bytes of a fill shall come from. */
export interface PeerSource {
  readonly peer: KnownContact;
  /** Ring level of the home that is looked for. */
  readonly tier: number;
  readonly chain: readonly AgentId[];
  readonly avoid: readonly AgentId[];
  /** Give up on this peer if it sends neither bytes nor `filling` within this time. */
  readonly firstSignMs: number;
}

/** What became of a fetch. Sent once for every fetchOrigin and fetchPeer. */
export type Outcome =
  /** All bytes arrived, or the response was complete without a body. */
  | { readonly kind: 'complete' }
  /** The source failed; the fill still waits, and the core may name another source. */
  | { readonly kind: 'failed'; readonly reason: FetchFailure }
  /** The peer is not home, and these rosters lead to who is: the fill still waits. */
  | { readonly kind: 'redirected'; readonly rosters: readonly RingRoster[] }
  /** Nobody waits any more, or what arrived was final though not whole: the fill is over. */
  | {
      readonly kind: 'over';
      /** The peer's bytes were not what is signed. */
      readonly reason?: 'corrupt';
    };

export type FetchFailure =
  /** Peer: not the home in its own view, and no way on that could not lead back. */
  | 'stale-view'
  /** Peer: no sign of life in time, or silent mid-way. */
  | 'silent'
  /** Peer: the link broke or could not be opened. */
  | 'unreachable'
  /** Peer: alive, but cannot serve (draining, busy, too large). */
  | 'declined'
  /** The object is larger than agents relay. */
  | 'too-large'
  /** Peer: it tried, and the origin failed it. */
  | 'origin-failed'
  /** Peer: its bytes are not what is signed, or nobody signed them. */
  | 'corrupt'
  /** Origin: refused the connection, or could not be found. */
  | 'origin-unreachable'
  /** Origin: no answer in time. */
  | 'origin-timeout'
  /** Origin: broke off, or sent another length than it announced. */
  | 'origin-broken';

/** Where a multicast message that is handed to the application came from, and for whom it was. */
export interface CastAbout {
  readonly origin: AgentId;
  readonly reach: CastReach;
  /** Region label, ring id or topic; empty for the world. */
  readonly target: string;
}

export interface Outbox {
  send(to: Contact, message: ControlMessage): void;
  /** Call `wake` at this time; only the latest request counts. */
  wakeAt(atMs: number): void;
  fetchOrigin(fill: FillId, segment: Segment): void;
  fetchPeer(fill: FillId, segment: Segment, source: PeerSource): void;
  answer(want: WantId, answer: Answer): void;
  /** A multicast message for this agent's application; the bytes are not the application's to change. */
  deliver(bytes: Uint8Array, about: CastAbout): void;
  /** No source is left: the fill fails, and with it those who wait. */
  giveUp(fill: FillId, reason: FetchFailure): void;
}

/** Signs the agent's own claims. Ed25519 is deterministic, so this is a pure function; the simulator's adds nothing. */
export type Seal = (claim: AgentClaim) => AgentRecord;

/** The same for seats of which the agent is primary. */
export type SealSeat = (claim: SeatClaim) => SeatRecord;

/** @returns uniform in [0, 1) */
export type Random = () => number;
