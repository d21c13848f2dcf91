// Everything that agents say to each other, as one closed union. PROTOCOL.md has the bytes, codec.ts reads and writes them.
//
// Control messages travel on control links and reach the core as values. Bulk messages travel on links of their own,
// so that a segment never delays a probe; they stay in the link adapter, and payload bytes never enter the core.

import type { Descriptor } from './descriptor.ts';
import type { AgentId, RingId, SegmentName } from './ids.ts';
import type { AgentRecord, SeatRecord } from './record.ts';
import type { RejectReason } from './reject.ts';

/** What an agent believes of a member. */
export type MemberState = 'alive' | 'suspect' | 'dead' | 'left';

/** One piece of news about a member. */
export interface Rumour {
  readonly subject: AgentId;
  readonly state: MemberState;
  readonly incarnation: number;
  /** Who says so; the subject itself for `alive` and `left`. */
  readonly accuser: AgentId;
  /** The subject's newest record; always there for `alive`. */
  readonly record: AgentRecord | undefined;
}

export interface DigestEntry {
  readonly id: AgentId;
  readonly state: MemberState;
  readonly incarnation: number;
  readonly sequence: number;
}

/** First on every link, both ways. */
export interface Hello {
  readonly kind: 'hello';
  readonly versionMin: number;
  readonly versionMax: number;
  readonly purpose: LinkPurpose;
}
export type LinkPurpose = 'control' | 'bulk';

/** "Are you there?" */
export interface Probe {
  readonly kind: 'probe';
  readonly seq: number;
  readonly rumours: readonly Rumour[];
}
export interface Ack {
  readonly kind: 'ack';
  readonly seq: number;
  /** How busy the sender is, 0 (idle) to 255. */
  readonly load: number;
  readonly rumours: readonly Rumour[];
}
/** "Is the target there? I cannot hear it." */
export interface ProbeRequest {
  readonly kind: 'probe-request';
  readonly seq: number;
  readonly target: AgentId;
  readonly rumours: readonly Rumour[];
}
/** Answer to a probe request; `reached: false` is Lifeguard's nack: the relay lives, the target did not answer it. */
export interface ProbeReport {
  readonly kind: 'probe-report';
  readonly seq: number;
  readonly target: AgentId;
  readonly reached: boolean;
  readonly rumours: readonly Rumour[];
}
/** "I am new here." */
export interface Join {
  readonly kind: 'join';
  readonly record: AgentRecord;
}
/** "You are in my ring: these are its members", with contacts in other regions. */
export interface Welcome {
  readonly kind: 'welcome';
  readonly ring: RingId;
  readonly members: readonly Rumour[];
  readonly contacts: readonly AgentRecord[];
}
/** "Your place is elsewhere: ask these": the sender's own record, contacts of the asker's region as far as any are
 *  known, then some of other regions. */
export interface Referral {
  readonly kind: 'referral';
  readonly contacts: readonly AgentRecord[];
}
/** What the sender knows of its ring, for comparison. */
export interface Digest {
  readonly kind: 'digest';
  readonly ring: RingId;
  readonly entries: readonly DigestEntry[];
}
/** What the receiver of a digest lacked, and whom the sender wants to hear more of. */
export interface Delta {
  readonly kind: 'delta';
  readonly ring: RingId;
  readonly members: readonly Rumour[];
  readonly contacts: readonly AgentRecord[];
  readonly wanted: readonly AgentId[];
}

/** The seats of one ring on the sender's path, as a hash to compare. */
export interface PathDigest {
  readonly ring: RingId;
  readonly hash: number;
}
/** "Are you there, and do we hold the same seats?" To an agent of the own ring, of another seat, or to a stranger. */
export interface SeatProbe {
  readonly kind: 'seat-probe';
  readonly seq: number;
  /** The sender's leaf ring. */
  readonly ring: RingId;
  /** Members of it. */
  readonly size: number;
  /** The rings above the sender, upwards, and the world ring where it knows any of its seats. */
  readonly path: readonly PathDigest[];
}
/** Answer to a seat probe: the same, of the answering agent. */
export interface SeatAck {
  readonly kind: 'seat-ack';
  readonly seq: number;
  readonly ring: RingId;
  readonly size: number;
  readonly path: readonly PathDigest[];
}
export interface SeatEntry {
  readonly ring: RingId;
  readonly term: number;
  readonly primary: AgentId;
}
/** The seats of one ring as the sender has them, for comparison. */
export interface SeatEntries {
  readonly kind: 'seat-entries';
  readonly parent: RingId;
  readonly entries: readonly SeatEntry[];
}
/** "This seat answers no more": nobody of it did for a while. It refutes by a record with a higher term. */
export interface GoneSeat {
  readonly ring: RingId;
  readonly term: number;
}
/** News of seats, and whose the sender wants to see. */
export interface Seats {
  readonly kind: 'seats';
  readonly seats: readonly SeatRecord[];
  readonly gone: readonly GoneSeat[];
  readonly wanted: readonly RingId[];
}
/** A primary's order: those named leave the leaf ring and found another one; or, where nobody is named, the whole
 *  ring goes over to another one that is there already. */
export interface Regroup {
  readonly kind: 'regroup';
  /** The ring to leave: a leaf ring, or one in which the receiver holds a seat. */
  readonly ring: RingId;
  readonly to: RingId;
  /** The ring that `to` has its seat in; `to` itself where it has none. */
  readonly parent: RingId;
  readonly agents: readonly AgentId[];
}
/** Answer to a join: "your place is below one of these seats, the best first". */
export interface Place {
  readonly kind: 'place';
  readonly seats: readonly SeatRecord[];
}
/** How far a cast goes. `region` and `ring` name one, `topic` goes to whoever said that it is interested. */
export type CastReach = 'world' | 'region' | 'ring' | 'topic';
/** One multicast message, as everybody knows it. */
export interface CastId {
  readonly origin: AgentId;
  readonly incarnation: number;
  /** Counted up by the origin from 1, over all its casts. */
  readonly seq: number;
}
/** Bytes for everybody in reach, with what the receiver shall do for others. */
export interface Cast extends CastId {
  readonly kind: 'cast';
  /** The cast before this one with the same reach and target; 0 for none: whoever lacks it asks for it. */
  readonly previous: number;
  readonly reach: CastReach;
  /** Region label, ring id or topic; empty for the world. */
  readonly target: string;
  /** A ring of the receiver's path that the receiver passes it on to, down to its last agent. */
  readonly cover: RingId | undefined;
  /** A ring above the receiver to whose other seats it passes it on, and so on upwards. */
  readonly climb: RingId | undefined;
  readonly bytes: Uint8Array;
}
/** "I pass it on"; `taken: false`: that ring is not on my path, ask another. */
export interface CastAck extends CastId {
  readonly kind: 'cast-ack';
  readonly taken: boolean;
}
/** "These have come to me": the receiver asks for those that it lacks. */
export interface CastHave {
  readonly kind: 'cast-have';
  readonly casts: readonly CastId[];
}
/** "Send me these." */
export interface CastPull {
  readonly kind: 'cast-pull';
  readonly casts: readonly CastId[];
}
/** Topics that agents below a ring are interested in; forgotten unless repeated. */
export interface Interest {
  readonly kind: 'interest';
  readonly ring: RingId;
  readonly topics: readonly string[];
}

export type HeaderField = readonly [name: string, value: string];

/** "Send me this object." Answered by `filling` at once, then `head`, `piece`s with a `descriptor` among
 *  them, and `end`; or by `reset`. */
export interface Fetch {
  readonly kind: 'fetch';
  readonly id: number;
  readonly name: SegmentName;
  /** Path and query as the requester's viewer asked for them: what the origin is asked for. */
  readonly target: string;
  /** Ring level of the home that the request is for; it only ever rises. */
  readonly tier: number;
  /** Agents that the request has passed, first the one whose viewer asked. */
  readonly chain: readonly AgentId[];
  /** Agents that did not answer the requester: the receiver leaves them out of the placement. */
  readonly avoid: readonly AgentId[];
  /** First byte wanted; only with `ifMatch`. */
  readonly offset: number;
  /** Strong entity tag of the bytes that the requester holds already; empty for none. */
  readonly ifMatch: string;
  /** Milliseconds that the requester can wait for the whole; 0 sets no bound. */
  readonly deadlineMs: number;
  /** Request header fields that select the response (those that Vary may name). */
  readonly headers: readonly HeaderField[];
}
/** "I am on it": the sender lives and has the object or is getting it. */
export interface Filling {
  readonly kind: 'filling';
  readonly id: number;
}
export interface Head {
  readonly kind: 'head';
  readonly id: number;
  readonly status: number;
  /** Bytes of the whole object; -1 where the origin did not tell. */
  readonly size: number;
  /** Age in milliseconds when the head was sent (RFC 9111, 4.2.3). */
  readonly ageMs: number;
  readonly headers: readonly HeaderField[];
}
export interface Piece {
  readonly kind: 'piece';
  readonly id: number;
  readonly bytes: Uint8Array;
}
/** What the bytes of this transfer are held to. Before the first piece where the sender knows it by then, so that each
 *  block is checked as it passes; else at the latest before `end`. Once. */
export interface DescriptorOf {
  readonly kind: 'descriptor';
  readonly id: number;
  readonly descriptor: Descriptor;
}
export interface End {
  readonly kind: 'end';
  readonly id: number;
}
/** Why a fetch or a transfer ended early. */
export type ResetReason =
  | 'stale-view'
  | 'busy'
  | 'origin-failed'
  | 'origin-timeout'
  | 'origin-refused'
  | 'changed'
  | 'too-large'
  | 'draining'
  | 'internal';
export interface Reset {
  readonly kind: 'reset';
  readonly id: number;
  readonly reason: ResetReason;
}
/** "I no longer want it." */
export interface Cancel {
  readonly kind: 'cancel';
  readonly id: number;
}
/** Who is in a ring, as its own members see it: agents in a leaf ring, seats in a higher one. */
export interface RingRoster {
  readonly ring: RingId;
  readonly members: readonly RosterMember[];
  readonly seats: readonly RosterSeat[];
}
export interface RosterMember {
  readonly id: AgentId;
  /** `host:port` of the agent link; empty for an outbound agent. */
  readonly link: string;
  readonly weight: number;
}
export interface RosterSeat {
  readonly ring: RingId;
  /** Agents below the seat, as it says. */
  readonly size: number;
  readonly contacts: readonly RosterContact[];
}
export interface RosterContact {
  readonly id: AgentId;
  readonly link: string;
}
/** Ends a fetch whose home is another agent: the rosters by which the asker finds it, from the ring that the
 *  receiver was asked for downwards. */
export interface Redirect {
  readonly kind: 'redirect';
  readonly id: number;
  readonly rosters: readonly RingRoster[];
}
/** "Send me this": the first message of a player on a stream, answered by `answer`, `piece`s and `end`; or by `reset`. */
export interface Get {
  readonly kind: 'get';
  readonly method: PlayerMethod;
  /** Path and query on the agent, as over HTTP. */
  readonly target: string;
  /** Milliseconds that the player can wait for the whole; 0 leaves the bound to the agent. */
  readonly deadlineMs: number;
  /** Request header fields, names in lower case. */
  readonly headers: readonly HeaderField[];
}
export type PlayerMethod = 'GET' | 'HEAD';
/** Status and fields of an answer to a player. */
export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  /** Bytes of body that follow; -1 where nobody knows yet. */
  readonly size: number;
  readonly headers: readonly HeaderField[];
}
/** Last words on a link before it is closed for cause. */
export interface Goodbye {
  readonly kind: 'goodbye';
  readonly reason: RejectReason;
}

/** What the membership says to itself. */
export type MembershipMessage = Exclude<ControlMessage, CastMessage>;
/** What reaches the core. */
export type ControlMessage =
  | Probe
  | Ack
  | ProbeRequest
  | ProbeReport
  | Join
  | Welcome
  | Referral
  | Digest
  | Delta
  | SeatProbe
  | SeatAck
  | SeatEntries
  | Seats
  | Regroup
  | Place
  | CastMessage;
/** What carries multicast; none of them carries a record. */
export type CastMessage = Cast | CastAck | CastHave | CastPull | Interest;
/** What moves objects between agents. */
export type BulkMessage = Fetch | Filling | Head | Piece | DescriptorOf | End | Reset | Cancel | Redirect;
/** What the link layer says for itself. */
export type LinkMessage = Hello | Goodbye;
/** What a player says on a stream of its own, and what it is told. The stream's number is the transfer's: the `id` of
 *  its pieces, of `end`, `reset` and `cancel` is 0. */
export type PlayerMessage = Get | Answer | Piece | End | Reset | Cancel;
export type Message = ControlMessage | BulkMessage | LinkMessage | PlayerMessage;
