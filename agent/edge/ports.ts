// What the byte side asks of the world: an origin, other agents, a store; and what it answers requests with.
//
// All of it is synchronous calls with callbacks, no promises: the hit path allocates nothing for them, and a fill's
// readers run in the order in which bytes came. Adapters implement these; contract tests run on each of them.

import type { Contact, FetchFailure, PeerSource } from '../core/ports.ts';
import type { BlockHash, Descriptor, DescriptorClaim } from '../wire/descriptor.ts';
import type { AgentId, SegmentName } from '../wire/ids.ts';
import type { ControlMessage, Fetch, HeaderField, ResetReason, RingRoster } from '../wire/message.ts';
import type { Fill } from './fill.ts';

/** A response's head as it came from the origin or a peer. Names in lower case, hop-by-hop fields taken out. */
export interface ResponseHead {
  readonly status: number;
  readonly headers: readonly HeaderField[];
  /** Bytes of the body that follows; -1 unknown. */
  readonly size: number;
  /** Milliseconds between sending the request and this head: the response delay of RFC 9111, 4.2.3. From a peer, who
   *  tells the age in milliseconds and not by an Age field, that age is in it: only their sum is ever used. */
  readonly delayMs: number;
}

/** Where a source puts what it gets. Calls: head, bytes*, then end or fail, once; nothing after a cancel, and
 *  nothing before the call that started the fetch has returned. A peer's `descriptor` comes between head and end. */
export interface FillSink {
  /** A peer said that it is getting the object. Restarts the wait for the first byte. */
  filling(): void;
  head(head: ResponseHead): void;
  /** Bytes in order; copied before the call returns, so the source may reuse its buffer. */
  bytes(chunk: Uint8Array): void;
  /** What the bytes are held to, unverified; at most once. */
  descriptor(descriptor: Descriptor): void;
  end(): void;
  /** @param detail one line for the log */
  fail(reason: FetchFailure, detail: string): void;
  /** From a peer, instead of `fail`: another agent is home, and these rosters lead to it. */
  redirected(rosters: readonly RingRoster[]): void;
}

/** Stops a transfer whose bytes nobody wants; idempotent; no sink is called afterwards. */
export type Cancel = () => void;

export interface OriginRequest {
  readonly method: string;
  /** Path and query below the origin's base. */
  readonly target: string;
  readonly headers: readonly HeaderField[];
  /** Body of an unsafe request, streamed through; undefined for none. */
  readonly body?: AsyncIterable<Uint8Array> | undefined;
}

/** Where a passed request's response goes: straight to its one viewer, at that viewer's pace. */
export interface PassSink {
  head(head: ResponseHead): void;
  /** @returns false when the viewer's connection is full: no more until `resume` of the transfer */
  write(chunk: Uint8Array): boolean;
  end(): void;
  fail(reason: FetchFailure, detail: string): void;
}

export interface PassTransfer {
  readonly cancel: Cancel;
  resume(): void;
}

export interface OriginPort {
  /** A GET into a fill. Redirects are handed back, never followed. Length mismatches are failures. */
  fetch(request: OriginRequest, sink: FillSink): Cancel;
  /** Any method, with its body, through to one viewer without being kept. */
  pass(request: OriginRequest, sink: PassSink): PassTransfer;
}

export interface PeerRequest {
  readonly name: SegmentName;
  readonly target: string;
  readonly source: PeerSource;
  readonly offset: number;
  readonly ifMatch: string;
  readonly deadlineMs: number;
  readonly headers: readonly HeaderField[];
}

export interface PeerPort {
  fetch(request: PeerRequest, sink: FillSink): Cancel;
}

/** What answers a `fetch` of another agent: the link adapter writes it to the link. Calls as for FillSink. */
export interface PeerReply {
  filling(): void;
  /** The object from a fill or the store, from the byte asked for; the adapter reads it as its socket drains, and sends
   *  the fill's descriptor as soon as there is one. */
  send(head: PeerHead, body: Fill, offset: number): void;
  reset(reason: ResetReason): void;
  redirect(rosters: readonly RingRoster[]): void;
}

export interface PeerHead {
  readonly status: number;
  readonly headers: readonly HeaderField[];
  readonly size: number;
  readonly ageMs: number;
}

/** The agent's side of a fetch by another agent. */
export type ServePeer = (from: AgentId, fetch: Fetch, reply: PeerReply) => Cancel;

/** A link to every other agent: control messages, and fetches on links of their own. */
export interface LinkPort extends PeerPort {
  /** Best effort and in order per peer; dials where no link is open. What cannot be sent is dropped and reported. */
  send(to: Contact, message: ControlMessage): void;
  /** Closes every link and stops listening. */
  close(done: () => void): void;
}

/** What a link port tells the agent. */
export interface LinkEvents {
  /** A valid message of an authenticated agent; records in it carry verified signatures. */
  message(from: AgentId, message: ControlMessage): void;
  /** The peer's link was reset or could not be opened: a reason to suspect it at once. */
  broken(peer: AgentId): void;
  serve: ServePeer;
}

/** SHA-256 over bytes that come one after the other. */
export interface WholeDigest {
  /** The bytes are read before the call returns. */
  update(bytes: Uint8Array): void;
  /** @returns [32]; last call */
  digest(): Uint8Array;
}

/** Digests, signatures over them, and whose signatures count. */
export interface DigestPort {
  /** What this agent hashes blocks with, as the fastest that it has. */
  readonly blockHash: BlockHash;
  computes(hash: BlockHash): boolean;
  /** @returns [32]; only where it `computes` that kind */
  block(hash: BlockHash, bytes: Uint8Array): Uint8Array;
  whole(): WholeDigest;
  /** Signs as this agent. */
  sign(claim: Omit<DescriptorClaim, 'signer'>): Descriptor;
  /** @returns whether a certified agent of the cluster signed it */
  verify(descriptor: Descriptor): boolean;
}

/** A request of a player, as it was received. Field names in lower case, in their order, repeats kept. */
export interface ViewerRequest {
  readonly method: string;
  /** Request target as sent. */
  readonly target: string;
  readonly headers: readonly HeaderField[];
  readonly body: AsyncIterable<Uint8Array> | undefined;
}

/** What the bytes of an answer are counted under: where this agent had them from. */
export type AnswerSource = 'ram' | 'peer' | 'origin';

export interface ReplyHead {
  readonly status: number;
  /** Content-Length and framing are the adapter's. */
  readonly headers: readonly HeaderField[];
  readonly source: AnswerSource;
  /** It reads a fill that another request began: its first byte is timed under `joined`. */
  readonly joined?: boolean | undefined;
}

/** Why the agent itself answers with an error; the code is in the body and in `ringcast-error`. */
export type EdgeErrorCode =
  | 'bad-target'
  | 'bad-header'
  | 'method-not-allowed'
  | 'loop'
  | 'not-cached'
  | 'origin-unreachable'
  | 'origin-timeout'
  | 'origin-broken'
  | 'busy'
  | 'draining';

/** Answers one viewer request: exactly one call. For HEAD the adapter sends no body, whichever call is made. */
export interface ViewerReply {
  /** `body` undefined: no content and no Content-Length (304, 204). */
  whole(head: ReplyHead, body: Uint8Array | undefined): void;
  /** Bytes [from, to) of a fill in flight; `to` Infinity where the size is unknown. The adapter reads at its pace. */
  stream(head: ReplyHead, fill: Fill, range: { readonly from: number; readonly to: number }): void;
  refuse(status: number, code: EdgeErrorCode, sentence: string): void;
  /** A body that is not kept: written as it comes. @param size bytes, -1 unknown @param drained take more bytes */
  open(head: ReplyHead, size: number, drained: () => void): ReplyWriter;
}

export interface ReplyWriter {
  /** @returns false when full: no more until `drained` */
  write(bytes: Uint8Array): boolean;
  end(): void;
  /** Cuts the connection, so that the viewer sees that the body is not whole. */
  abort(): void;
}

/** @returns a cancel for when the viewer goes away before the answer is complete */
export type ServeViewer = (request: ViewerRequest, reply: ViewerReply) => Cancel;

/** A response in the store. Immutable; a revalidation replaces it. */
export interface StoredResponse {
  readonly name: SegmentName;
  readonly status: number;
  readonly headers: readonly HeaderField[];
  readonly body: Uint8Array;
  /** nowMs when its age was 0: birth of the response by RFC 9111's corrected age. */
  readonly bornMs: number;
  /** Freshness lifetime in milliseconds; 0 needs validation every time. */
  readonly lifetimeMs: number;
  /** May it be served stale while revalidating, and on error: milliseconds past its lifetime. */
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
  /** Must never be served stale (must-revalidate, proxy-revalidate, s-maxage). */
  readonly mustRevalidate: boolean;
  /** Request fields that Vary names, with the values of the request that selected this response. */
  readonly vary: readonly HeaderField[];
  /** Where the bytes came from when they were stored. */
  readonly source: 'peer' | 'origin';
  /** What other agents check the body against; undefined for what they never ask for. */
  readonly descriptor?: Descriptor | undefined;
}

/** Objects by key, bounded in bytes. Keys are segment names, with the varying request fields appended if any. */
export interface StorePort {
  get(key: string): StoredResponse | undefined;
  /** @returns false where the object is larger than the store takes */
  set(key: string, response: StoredResponse): boolean;
  delete(key: string): void;
  /** Bytes held, bodies and bookkeeping. */
  readonly bytes: number;
  readonly count: number;
}
