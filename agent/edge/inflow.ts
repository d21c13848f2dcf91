// The supply of one fill: asks a source, checks what comes, and goes on with another source where one breaks off.
//
// Readers see one object, whatever happened behind it. So a second source may only continue what the first began:
// the same strong entity tag and the same size, from the byte that is missing. An origin is asked with Range and
// If-Range, a peer with an offset; a source that answers with the whole object again is read past what is there.
// Anything that does not match ends the fill: bytes of two versions are never mixed. Where bytes of a peer were not
// verified when it broke off, the origin is asked for all of them again and they are compared. While nobody has been answered
// from the fill there is nothing to continue, and the next source begins anew.
// Which source comes next is the core's to say; what the response means for the cache is edge.ts's.

import type { Counts, Timings } from '../core/counters.ts';
import type { FetchFailure, FillId, Outcome, PeerSource, Segment } from '../core/ports.ts';
import type { Descriptor } from '../wire/descriptor.ts';
import type { AgentId } from '../wire/ids.ts';
import type { HeaderField, RingRoster } from '../wire/message.ts';
import { Assay, type AssayWorld, type Flaw, same } from './assay.ts';
import { countFailure } from './failure.ts';
import type { Fill } from './fill.ts';
import { strongTagOf } from './policy/entity-tag.ts';
import { get } from './policy/fields.ts';
import type { Cancel, FillSink, OriginPort, PeerPort, ResponseHead } from './ports.ts';

/** What is asked for, whoever is asked. */
export interface Ask {
  /** Path and query as the first requester's viewer sent them. */
  readonly target: string;
  /** Fields for the origin: hop-by-hop ones taken out, loop protection put in, validators of a stored response. */
  readonly originHeaders: readonly HeaderField[];
  /** Fields for a peer: those that select the response, and validators. */
  readonly peerHeaders: readonly HeaderField[];
  readonly deadlineMs: number;
}

/** What an inflow tells its owner. */
export interface InflowEvents {
  /** The first head, also of a new beginning: the fill is receiving. */
  onHead(head: ResponseHead): void;
  /** Some bytes more are there. */
  onBytes(): void;
  /** All bytes are there. */
  onComplete(): void;
  /** A source broke off after its head. What the next one has to do: continue, begin anew; or nothing, for nobody
   *  needs these bytes any more. */
  onBroken(): 'resume' | 'restart' | 'abandon';
  /** For the core: what became of the latest fetch. */
  settle(outcome: Outcome): void;
}

export interface InflowWorld extends AssayWorld {
  readonly origin: OriginPort;
  readonly peers: PeerPort;
  readonly counts: Counts;
  readonly timings: Timings;
  /** For the operator: what this peer sent is not what is signed. */
  corrupt(peer: AgentId, segment: Segment, detail: string): void;
}

export class Inflow {
  readonly fill: Fill;
  readonly segment: Segment;
  readonly ask: Ask;
  readonly assay: Assay;
  /** Whom the bytes come from at present. */
  source: 'peer' | 'origin' = 'origin';
  /** When the latest source was asked, and when the first head came. */
  requestMs = 0;
  responseMs = 0;
  /** Of the fill, as its readers know it. */
  head: ResponseHead | undefined = undefined;
  /** What the latest source failed with, for log and viewer. */
  detail = '';
  readonly #world: InflowWorld;
  readonly #events: InflowEvents;
  #peer: AgentId | undefined = undefined;
  #cancel: Cancel = () => {};
  #over = false;

  constructor(fill: Fill, segment: Segment, ask: Ask, world: InflowWorld, events: InflowEvents) {
    this.fill = fill;
    this.segment = segment;
    this.ask = ask;
    this.assay = new Assay(fill, segment, world);
    this.#world = world;
    this.#events = events;
  }

  get id(): FillId {
    return this.fill.id;
  }

  fromOrigin(): void {
    this.source = 'origin';
    this.requestMs = this.#world.now();
    this.#world.counts[`origin_fetches.${this.segment.kind}`] += 1;
    const tag = this.assay.provisional ? '' : this.#resumeTag();
    const headers: HeaderField[] = [...this.ask.originHeaders];
    if (tag !== '') headers.push(['range', `bytes=${this.fill.received}-`], ['if-range', tag]);
    const request = { method: 'GET', target: this.ask.target, headers };
    this.#cancel = this.#world.origin.fetch(request, new Attempt(this, tag === '' ? 0 : this.fill.received));
  }

  fromPeer(source: PeerSource): void {
    this.source = 'peer';
    this.#peer = source.peer.id;
    this.requestMs = this.#world.now();
    const ifMatch = this.#resumeTag();
    const offset = ifMatch === '' ? 0 : this.fill.received;
    const { target, deadlineMs, peerHeaders: headers } = this.ask;
    const request = { name: this.segment.name, target, source, offset, ifMatch, deadlineMs, headers };
    this.#cancel = this.#world.peers.fetch(request, new Attempt(this, offset));
  }

  /** Nobody wants it any more. */
  stop(): void {
    if (this.#over) return;
    this.#cancel();
    this.#end({ kind: 'over' });
  }

  /** No source is left. */
  giveUp(reason: FetchFailure, detail: string): void {
    this.#over = true;
    this.#cancel();
    this.fill.fail(reason, detail);
  }

  /** @returns false where the head does not continue what was begun */
  accept(head: ResponseHead, offset: number): boolean {
    const nowMs = this.#world.now();
    this.#world.timings.record(`${this.source}_head`, nowMs - this.requestMs);
    if (this.source === 'origin' && head.status >= 500) this.#world.counts['origin_failures.status'] += 1;
    const { state, received } = this.fill;
    if (state.phase === 'waiting') {
      this.responseMs = nowMs;
      this.head = head;
      this.assay.begins(this.source, head, false);
      this.fill.begin(head);
      this.#events.onHead(head);
      return true;
    }
    if (state.phase !== 'receiving') return false;
    const fits = received === 0 ? sameHead(head, state.head) : this.#continues(head, state.head, offset);
    if (fits) this.assay.begins(this.source, head, this.sendsAgain(head));
    return fits;
  }

  /** Does the source send bytes that are there already? */
  sendsAgain(head: ResponseHead): boolean {
    return this.source === 'origin' && head.status === 200 && this.fill.received > 0;
  }

  #continues(head: ResponseHead, begun: ResponseHead, offset: number): boolean {
    const tag = strongTagOf(head.headers);
    const continues = offset > 0 && this.source === 'origin' && head.status === 206;
    const sizeMatches = continues
      ? fieldOf(head, 'content-range') === `bytes ${offset}-${begun.size - 1}/${begun.size}`
      : head.status === begun.status && head.size === begun.size;
    const fits = tag !== '' && tag === strongTagOf(begun.headers) && sizeMatches;
    if (fits) this.#world.counts['fills.resumed'] += 1;
    return fits;
  }

  /** @param chunk as it came @param fresh what of it is not there yet
   *  @returns what is wrong: with the bytes, or with their number */
  take(chunk: Uint8Array, fresh: Uint8Array): Flaw | 'too-many' | undefined {
    if (this.source === 'origin') this.#world.counts[`origin_bytes.${this.segment.kind}`] += chunk.length;
    if (!this.fill.put(fresh)) return 'too-many';
    const flaw = this.assay.written();
    if (flaw === undefined) this.#events.onBytes();
    return flaw;
  }

  /** @returns false where bytes are missing */
  finished(): boolean {
    if (!this.fill.end()) return false;
    if (this.source === 'peer') this.#world.counts['peer_fetches.ok'] += 1;
    this.#events.onComplete();
    this.#end({ kind: 'complete' });
    return true;
  }

  /** The bytes are not what they should be. Readers who have seen some of them get no more. */
  flawed({ reason, what, detail }: Flaw): void {
    if (this.#over) return;
    this.#world.counts[`corrupt.${what}`] += 1;
    const peer = reason === 'corrupt' ? this.#peer : undefined;
    if (peer !== undefined) this.#world.corrupt(peer, this.segment, detail);
    this.failed(reason, detail, this.assay.provisional);
  }

  /** @param final no other source can help: the object is another one now */
  failed(reason: FetchFailure, detail: string, final = false): void {
    if (this.#over) return;
    countFailure(this.#world.counts, this.source, reason);
    this.detail = detail;
    this.#cancel();
    this.fill.takeBack();
    const begun = this.fill.state.phase === 'receiving';
    if (begun && reason !== 'too-large' && !this.#goesOn(final)) {
      this.fill.fail(reason, detail);
      this.#end(reason === 'corrupt' ? { kind: 'over', reason } : { kind: 'over' });
      return;
    }
    this.#events.settle({ kind: 'failed', reason });
  }

  redirected(rosters: readonly RingRoster[]): void {
    if (!this.#over) this.#events.settle({ kind: 'redirected', rosters });
  }

  get over(): boolean {
    return this.#over;
  }

  #end(outcome: Outcome): void {
    this.#over = true;
    this.#events.settle(outcome);
  }

  /** May another source take over where this one broke off? Makes room for it if it has to begin anew. */
  #goesOn(final: boolean): boolean {
    switch (this.#events.onBroken()) {
      case 'abandon':
        return false;
      case 'restart':
        this.fill.restart();
        this.assay.restart();
        this.head = undefined;
        return true;
      case 'resume':
        // Bytes are out that no other source can be held to: what is broken off stays broken off.
        return !final && (this.fill.received === 0 || this.#resumeTag() !== '');
    }
  }

  /** @returns the strong entity tag under which the fill can be continued, or '' */
  #resumeTag(): string {
    const { state, received } = this.fill;
    if (state.phase !== 'receiving' || received === 0 || received >= state.head.size) return '';
    return state.head.status === 200 ? strongTagOf(state.head.headers) : '';
  }
}

/** One fetch of an inflow: keeps late calls of an earlier source away, and reads past what is already there. */
class Attempt implements FillSink {
  readonly #inflow: Inflow;
  readonly #offset: number;
  #skip = 0;
  #closed = false;

  constructor(inflow: Inflow, offset: number) {
    this.#inflow = inflow;
    this.#offset = offset;
  }

  filling(): void {}

  head(head: ResponseHead): void {
    if (this.#closed) return;
    if (!this.#inflow.accept(head, this.#offset)) {
      const detail = `the object changed after ${this.#inflow.fill.received} bytes`;
      this.#close('origin-broken', detail, head.status < 500);
      return;
    }
    this.#skip = this.#inflow.sendsAgain(head) ? this.#inflow.fill.received : 0;
  }

  bytes(chunk: Uint8Array): void {
    if (this.#closed || this.#inflow.over) return;
    const { head, fill, assay } = this.#inflow;
    const old = chunk.subarray(0, this.#skip);
    const at = fill.received - this.#skip;
    if (assay.provisional && !same(old, fill.peek(at, at + old.length))) {
      this.#close('origin-broken', 'the origin has other bytes than those that came before', true);
      return;
    }
    this.#skip -= old.length;
    const flaw = this.#inflow.take(chunk, chunk.subarray(old.length));
    if (flaw === undefined) return;
    if (flaw !== 'too-many') this.#flawed(flaw);
    else if ((head?.size ?? -1) >= 0)
      this.#close('origin-broken', `more than the ${head?.size} bytes announced`);
    else this.#close('too-large', `more than ${fill.received} bytes, and no end announced`);
  }

  descriptor(descriptor: Descriptor): void {
    if (this.#closed || this.#inflow.over) return;
    const flaw = this.#inflow.assay.adopt(descriptor);
    if (flaw !== undefined) this.#flawed(flaw);
  }

  end(): void {
    if (this.#closed || this.#inflow.over) return;
    const { fill, assay } = this.#inflow;
    const flaw = assay.finish();
    if (flaw !== undefined) this.#flawed(flaw);
    else if (!this.#inflow.finished())
      this.#close('origin-broken', `ended after ${fill.received} bytes, too early`);
    this.#closed = true;
  }

  fail(reason: FetchFailure, detail: string): void {
    if (!this.#closed) this.#close(reason, detail);
  }

  redirected(rosters: readonly RingRoster[]): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#inflow.redirected(rosters);
  }

  #flawed(flaw: Flaw): void {
    this.#closed = true;
    this.#inflow.flawed(flaw);
  }

  #close(reason: FetchFailure, detail: string, final = false): void {
    this.#closed = true;
    this.#inflow.failed(reason, detail, final);
  }
}

/** For a reader that knows the head and has no byte yet. */
function sameHead(a: ResponseHead, b: ResponseHead): boolean {
  const same = ['etag', 'last-modified', 'content-type', 'content-encoding'].every(
    (name) => fieldOf(a, name) === fieldOf(b, name),
  );
  return same && a.status === b.status && a.size === b.size;
}

function fieldOf(head: ResponseHead, name: string): string {
  return get(head.headers, name) ?? '';
}
