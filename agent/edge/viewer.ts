// One request of a viewer: from the request line to one answer.
//
// Order: refuse what is malformed or in a loop; pass what is not for a cache; answer from the store; else want it of
// the core and wait. While it waits the viewer costs one small object; its bytes are in the fill that all share.

import type { Counter } from '../core/counters.ts';
import type { FetchFailure, Segment, WantId } from '../core/ports.ts';
import type { HeaderField } from '../wire/message.ts';
import { segmentName } from '../wire/segment-name.ts';
import { askOf } from './ask.ts';
import type { Course } from './course.ts';
import type { Edge } from './edge.ts';
import { failureAnswer } from './failure.ts';
import type { Ask } from './inflow.ts';
import { passRequest } from './pass.ts';
import { type Plan, plan } from './policy/conditional.ts';
import { get, has } from './policy/fields.ts';
import { ageMs, onlyIfCached, type RequestView, ttlMs, usable } from './policy/freshness.ts';
import { kindOf } from './policy/kind.ts';
import {
  type CacheStatus,
  type ForwardReason,
  hitHeaders,
  replyHeaders,
  replyStatus,
} from './policy/reply-headers.ts';
import { parseTarget } from './policy/target.ts';
import { isLoop } from './policy/upstream.ts';
import { conditions } from './policy/validation.ts';
import { matches } from './policy/vary.ts';
import type {
  AnswerSource,
  Cancel,
  EdgeErrorCode,
  StoredResponse,
  ViewerReply,
  ViewerRequest,
} from './ports.ts';
import type { StoredReason, Waiter } from './waiter.ts';

export function serveViewer(edge: Edge, request: ViewerRequest, reply: ViewerReply): Cancel {
  const { counts } = edge.options;
  const target = parseTarget(request.target, get(request.headers, 'host'));
  if (!target.ok) {
    counts['requests.refused'] += 1;
    reply.refuse(400, 'bad-target', `${target.why}: send an absolute path`);
    return nothing;
  }
  if (isLoop(request.headers, edge.options.upstream)) {
    counts['requests.refused'] += 1;
    reply.refuse(508, 'loop', 'the request has passed this agent before: its origin leads back to it');
    return nothing;
  }
  return new ViewerWaiter(edge, { ...request, target: target.target }, reply).start();
}

class ViewerWaiter implements Waiter {
  readonly want: WantId;
  readonly requestView: RequestView;
  stored: StoredResponse | undefined;
  readonly #edge: Edge;
  readonly #request: ViewerRequest;
  readonly #reply: ViewerReply;
  readonly #segment: Segment;
  #course: Course | undefined;
  #passed: Cancel = nothing;
  #awaiting: Cancel | undefined = undefined;
  #why: ForwardReason = 'uri-miss';

  constructor(edge: Edge, request: ViewerRequest, reply: ViewerReply) {
    const { originId, ignoredQuery } = edge.options;
    this.#edge = edge;
    this.#request = request;
    this.#reply = reply;
    this.want = edge.nextWant();
    this.#segment = {
      name: segmentName({ originId, target: request.target }, ignoredQuery),
      kind: kindOf(request.target),
    };
    // A HEAD for media is answered by the GET that the player will send next anyway.
    this.requestView = { method: 'GET', headers: request.headers };
  }

  start(): Cancel {
    const { method, headers } = this.#request;
    if (method !== 'GET' && method !== 'HEAD') return this.#pass('method');
    const { options, lookup, passMemo } = this.#edge;
    const nowMs = options.now();
    const policy = this.#edge.policyOf(this.#segment);
    const found = lookup.find(this.#segment.name, headers);
    if (found !== undefined) {
      const use = usable(found, this.requestView, nowMs, policy);
      if (use === 'fresh' || use === 'stale') return this.#serveFound(found, 'hit');
      if (use === 'stale-while-revalidate') {
        this.#serveFound(found, 'stale');
        new Revalidation(this.#edge, this.#segment, this.requestView, found, this.ask).start();
        return nothing;
      }
      this.#why = ttlMs(found, nowMs) > 0 ? 'request' : 'stale';
    } else if (lookup.varies(this.#segment.name)) this.#why = 'vary-miss';
    if (onlyIfCached(this.requestView, policy))
      return this.#refuse(504, 'not-cached', 'nothing fresh is stored');
    this.stored = found;
    const own = has(headers, 'authorization') || passMemo.has(this.#segment.name, nowMs);
    if (own || (method === 'HEAD' && this.#segment.kind === 'other')) return this.#pass('bypass');
    this.#edge.want(this, this.#segment, { kind: 'viewer' });
    return () => this.#leave();
  }

  /** What is asked for if this request starts a fill. */
  get ask(): Ask {
    const { target, headers } = this.#request;
    return askOf(this.#edge.options.upstream, { target, headers, stored: this.stored });
  }

  follow(course: Course): void {
    this.#course = course;
  }

  matches(vary: readonly HeaderField[]): boolean {
    return matches(vary, this.#request.headers);
  }

  serveFill(course: Course, joined: boolean): void {
    const { fill, source } = course.inflow;
    const nowMs = this.#edge.options.now();
    const offer = course.offer(joined);
    const size = fill.state.phase === 'complete' ? fill.received : offer.size;
    const how = plan(this.#request, { ...offer, size, received: fill.received }, nowMs);
    if (how.kind === 'wait') {
      this.#awaitRange(course, joined);
      return;
    }
    this.#stopAwaiting();
    const said: CacheStatus = { kind: 'forward', why: this.#why, stored: offer.kept, collapsed: joined };
    // Straight from the origin it has an age only if it came with one (RFC 9111, 5.1).
    const firstHand = !joined && source === 'origin' && !has(offer.headers, 'age');
    const ageMs = firstHand ? undefined : Math.max(0, nowMs - offer.bornMs);
    const headers = replyHeaders(offer.headers, how, { ageMs, status: said });
    this.#count(joined, source);
    const answer = { status: replyStatus(how, offer.status), headers, source, joined };
    const empty = withoutBody(how, offer.status);
    if (empty !== undefined) this.#reply.whole(answer, empty === 'none' ? undefined : empty);
    else this.#reply.stream(answer, fill, rangeOf(how, size));
  }

  serveStored(response: StoredResponse, reason: StoredReason): void {
    const { options } = this.#edge;
    const nowMs = options.now();
    const inflow = this.#course?.inflow;
    const collapsed = this.#course !== undefined && this.#course.first !== this;
    const { status, headers, body } = response;
    const how = plan(this.#request, { status, headers, size: body.length, received: body.length }, nowMs);
    const said: CacheStatus =
      reason === 'hit' || inflow === undefined
        ? { kind: 'hit', ttlMs: ttlMs(response, nowMs) }
        : {
            kind: 'forward',
            why: this.#why,
            status: reason === 'filled' ? undefined : inflow.head?.status,
            collapsed,
            stored: this.#course?.kept,
          };
    const fields =
      how.kind === 'whole' && said.kind === 'hit'
        ? hitHeaders(response, nowMs)
        : replyHeaders(headers, how, { ageMs: ageMs(response, nowMs), status: said });
    const source: AnswerSource = inflow === undefined || reason !== 'filled' ? 'ram' : inflow.source;
    if (reason === 'filled') this.#count(collapsed, inflow?.source ?? 'origin');
    else options.counts[STORED_COUNTER[reason]] += 1;
    const joined = collapsed && reason === 'filled';
    const answer = { status: replyStatus(how, status), headers: fields, source, joined };
    const bytes = how.kind === 'part' ? body.subarray(how.from, how.to) : body;
    const instead = withoutBody(how, status);
    this.#reply.whole(answer, instead === 'none' ? undefined : (instead ?? bytes));
  }

  passInstead(): void {
    this.#pass(this.#why);
  }

  redirect(): void {
    this.refuse('stale-view');
  }

  refuse(reason: 'stale-view' | 'busy' | 'draining'): void {
    this.#refuse(503, reason === 'draining' ? 'draining' : 'busy', 'too many fetches under way: try again');
  }

  fail(reason: FetchFailure, detail: string): void {
    this.#edge.options.counts['requests.failed'] += 1;
    const [status, code] = failureAnswer(reason);
    this.#reply.refuse(status, code, detail === '' ? `the object could not be fetched: ${reason}` : detail);
  }

  /** The size is not known: the range can be answered when its bytes, or the end, have come. */
  #awaitRange(course: Course, joined: boolean): void {
    const { fill } = course.inflow;
    if (this.#awaiting !== undefined) return;
    const onProgress = (): void => {
      const { state } = fill;
      if (state.phase !== 'failed') {
        this.serveFill(course, joined);
        return;
      }
      this.#stopAwaiting();
      if (state.reason === 'too-large') this.passInstead();
      else this.fail(state.reason, state.detail);
    };
    const reader = { onProgress };
    this.#awaiting = () => fill.detach(reader);
    fill.attach(reader);
  }

  #stopAwaiting(): void {
    this.#awaiting?.();
    this.#awaiting = undefined;
  }

  #count(joined: boolean, source: 'peer' | 'origin'): void {
    const counter: Counter = joined ? 'requests.joined' : `requests.${source}`;
    this.#edge.options.counts[counter] += 1;
  }

  #serveFound(response: StoredResponse, reason: StoredReason): Cancel {
    this.serveStored(response, reason);
    return nothing;
  }

  #pass(why: ForwardReason): Cancel {
    this.#passed = passRequest(this.#edge, {
      request: this.#request,
      reply: this.#reply,
      why,
      segment: this.#segment,
    });
    return () => this.#leave();
  }

  #refuse(status: number, code: EdgeErrorCode, sentence: string): Cancel {
    this.#edge.options.counts['requests.refused'] += 1;
    this.#reply.refuse(status, code, sentence);
    return nothing;
  }

  #leave(): void {
    this.#stopAwaiting();
    this.#passed();
    this.#course?.leave(this);
  }
}

/** Validates a stored response in the background, after it was served stale. */
class Revalidation implements Waiter {
  readonly want: WantId;
  readonly requestView: RequestView;
  readonly stored: StoredResponse;
  readonly ask: Ask;
  readonly #edge: Edge;
  readonly #segment: Segment;

  constructor(edge: Edge, segment: Segment, view: RequestView, stored: StoredResponse, ask: Ask) {
    this.#edge = edge;
    this.#segment = segment;
    this.want = edge.nextWant();
    this.requestView = view;
    this.stored = stored;
    const condition = conditions(stored);
    this.ask = {
      ...ask,
      originHeaders: [...ask.originHeaders, ...condition],
      peerHeaders: [...ask.peerHeaders, ...condition],
    };
  }

  start(): void {
    this.#edge.want(this, this.#segment, { kind: 'viewer' });
  }

  follow(): void {}
  matches(): boolean {
    return true;
  }
  serveFill(): void {}
  serveStored(): void {}
  passInstead(): void {}
  refuse(): void {}
  redirect(): void {}
  fail(): void {}
}

/** @returns what is sent instead of the response's body: nothing at all, or an empty one; undefined for the body */
function withoutBody(how: Plan, status: number): Uint8Array | 'none' | undefined {
  if (how.kind === 'not-modified' || status === 204) return 'none';
  return how.kind === 'failed' || how.kind === 'unsatisfiable' ? EMPTY : undefined;
}

function rangeOf(how: Plan, size: number): { from: number; to: number } {
  if (how.kind === 'part') return { from: how.from, to: how.to };
  return { from: 0, to: size < 0 ? Number.POSITIVE_INFINITY : size };
}

const STORED_COUNTER = {
  hit: 'requests.ram',
  revalidated: 'requests.revalidated',
  stale: 'requests.stale',
} as const;
const EMPTY = new Uint8Array(0);
const nothing: Cancel = () => {};
