// The byte side of an agent: answers viewers and peers from the store, from a fill in flight, or by starting one.
//
// A request is looked up in the store first; that path touches nothing else. What is missing or stale becomes a want
// of the core, which answers with a fill to read from and says where the fill's bytes shall come from. What a
// response's head means - stored, shared, streamed, validated, too large - is decided here, once per fill.
// Bytes move in fill.ts, inflow.ts and pump.ts; those who wait are in viewer.ts and peer.ts.

import { assert } from '../core/assert.ts';
import type { Counts, Timings } from '../core/counters.ts';
import type {
  Answer,
  FetchFailure,
  FillId,
  Outcome,
  PeerSource,
  Requester,
  Segment,
  WantId,
} from '../core/ports.ts';
import { Course, type CourseRules, type Verdict } from './course.ts';
import { type Allocate, Fill } from './fill.ts';
import { judge, usableOnError } from './freshness.ts';
import { Inflow } from './inflow.ts';
import { Lookup } from './lookup.ts';
import type { OriginBase } from './origin-base.ts';
import { PassMemo } from './pass-memo.ts';
import { PeerWaiter } from './peer.ts';
import { storedPlaylist } from './playlist-response.ts';
import type { CachePolicy } from './policy.ts';
import type {
  LinkEvents,
  OriginPort,
  PeerPort,
  ResponseHead,
  ServePeer,
  ServeViewer,
  StoredResponse,
  StorePort,
} from './ports.ts';
import type { UpstreamRules } from './upstream.ts';
import { freshened, selects } from './validation.ts';
import { serveViewer } from './viewer.ts';
import type { Waiter } from './waiter.ts';

/** The core, as the edge uses it. */
export interface CoreDoor {
  /** Answered by `Edge.answer` before this returns. */
  want(want: WantId, segment: Segment, requester: Requester): void;
  begun(fill: FillId): void;
  settle(fill: FillId, outcome: Outcome): void;
}

export interface EdgeOptions {
  readonly core: CoreDoor;
  readonly origin: OriginPort;
  readonly peers: PeerPort;
  readonly store: StorePort;
  readonly counts: Counts;
  readonly timings: Timings;
  /** Epoch milliseconds that never go backwards. */
  readonly now: () => number;
  readonly allocate: Allocate;
  readonly originId: string;
  readonly originBase: OriginBase;
  readonly ignoredQuery: readonly string[];
  readonly objectBytesMax: number;
  readonly policies: { readonly media: CachePolicy; readonly generic: CachePolicy };
  readonly upstream: UpstreamRules;
}

export class Edge implements CourseRules {
  readonly options: EdgeOptions;
  readonly lookup: Lookup;
  readonly passMemo: PassMemo = new PassMemo();
  readonly #courses: Map<FillId, Course> = new Map();
  #lastWant = 0;
  /** The waiter whose want the core is being told of. */
  #asking: Waiter | undefined = undefined;

  constructor(options: EdgeOptions) {
    this.options = options;
    this.lookup = new Lookup(options.store);
  }

  readonly serveViewer: ServeViewer = (request, reply) => serveViewer(this, request, reply);
  readonly servePeer: ServePeer = (from, fetch, reply) => PeerWaiter.serve(this, from, fetch, reply);
  /** For the link port. */
  readonly serve: LinkEvents['serve'] = this.servePeer;

  /** Fills in flight. */
  get fills(): number {
    return this.#courses.size;
  }

  nextWant(): WantId {
    this.#lastWant += 1;
    return this.#lastWant as WantId;
  }

  policyOf(segment: Segment): CachePolicy {
    return segment.kind === 'other' ? this.options.policies.generic : this.options.policies.media;
  }

  /** Tells the core that a waiter wants a segment; the waiter is answered, refused or waits when this returns. */
  want(waiter: Waiter, segment: Segment, requester: Requester): void {
    const before = this.#asking;
    this.#asking = waiter;
    this.options.core.want(waiter.want, segment, requester);
    this.#asking = before;
  }

  // Effects of the core.

  answer(want: WantId, answer: Answer): void {
    const waiter = this.#asking;
    assert(waiter?.want === want, `want ${want} is answered while another is asked`);
    if (answer.kind === 'refuse') {
      waiter.refuse(answer.reason);
      return;
    }
    const course = this.#courses.get(answer.fill);
    assert(course !== undefined, `want ${want} is answered with unknown fill ${answer.fill}`);
    waiter.follow(course);
    course.join(waiter);
  }

  fetchOrigin(fill: FillId, segment: Segment): void {
    this.#course(fill, segment).inflow.fromOrigin();
  }

  fetchPeer(fill: FillId, segment: Segment, source: PeerSource): void {
    this.#course(fill, segment).inflow.fromPeer(source);
  }

  giveUp(fill: FillId, reason: FetchFailure): void {
    this.#courses.get(fill)?.giveUp(reason);
  }

  // Rules of a course.

  judge(course: Course, head: ResponseHead): Verdict {
    const { first, inflow } = course;
    const { segment } = inflow;
    const nowMs = this.options.now();
    if (head.status === 304) return this.#validated(course, head, nowMs);
    if (head.size > this.options.objectBytesMax) {
      this.passMemo.add(segment.name, nowMs);
      return { kind: 'pass' };
    }
    const fallback = head.status >= 500 ? this.fallback(course) : undefined;
    if (fallback !== undefined) return { kind: 'stored', response: fallback, reason: 'stale' };
    const judgement = judge(first.requestView, head, nowMs, this.policyOf(segment), head.ageMs);
    const media = segment.kind !== 'other';
    // A playlist or segment that must be validated each time may still answer those who asked at the same time.
    const shared = judgement.store || (media && judgement.reason === 'no-use') || head.status >= 400;
    if (!shared) this.passMemo.add(segment.name, nowMs);
    const whole = segment.kind === 'playlist' && head.status === 200;
    return { kind: 'fill', shared, judgement, whole };
  }

  conclude(course: Course, verdict: Verdict & { kind: 'fill' }): StoredResponse {
    const { inflow } = course;
    const { state } = inflow.fill;
    assert(state.phase === 'complete', `fill ${inflow.id} is concluded while ${state.phase}`);
    const { judgement } = verdict;
    const body = inflow.fill.whole();
    const base = judgement.store
      ? judgement.meta
      : unstored(state.head, inflow.responseMs - (state.head.ageMs ?? 0));
    const { source } = inflow;
    const response: StoredResponse = { ...base, name: inflow.segment.name, body, source };
    const said = {
      target: inflow.ask.target,
      lifetimeMs: judgement.store && judgement.meta.explicit ? judgement.meta.lifetimeMs : undefined,
    };
    const ready = verdict.whole ? storedPlaylist(response, said, this.options.originBase) : response;
    if (judgement.store || (verdict.whole && verdict.shared)) this.lookup.put(ready);
    return ready;
  }

  fallback(course: Course): StoredResponse | undefined {
    const { first, inflow } = course;
    const policy = this.policyOf(inflow.segment);
    const stored = first.stored;
    if (stored === undefined) return undefined;
    return usableOnError(stored, first.requestView, this.options.now(), policy) ? stored : undefined;
  }

  begun(course: Course): void {
    this.options.core.begun(course.inflow.id);
  }

  settle(course: Course, outcome: Outcome): void {
    this.options.core.settle(course.inflow.id, outcome);
  }

  closed(course: Course): void {
    this.#courses.delete(course.inflow.id);
  }

  #course(id: FillId, segment: Segment): Course {
    const existing = this.#courses.get(id);
    if (existing !== undefined) return existing;
    const first = this.#asking;
    assert(first !== undefined, `fill ${id} starts without a want`);
    const { origin, peers, counts, timings, now, allocate, objectBytesMax } = this.options;
    const world = { origin, peers, counts, timings, now };
    const course = new Course(first, this, (events) => {
      return new Inflow(new Fill(id, allocate, objectBytesMax), segment, first.ask, world, events);
    });
    this.#courses.set(id, course);
    return course;
  }

  #validated(course: Course, head: ResponseHead, nowMs: number): Verdict {
    const { first, inflow } = course;
    const { stored } = first;
    if (stored === undefined || !selects(stored, head)) return { kind: 'pass' };
    const policy = this.policyOf(inflow.segment);
    const result = freshened(stored, head, first.requestView, nowMs, policy);
    const { response } = result;
    const aged = head.ageMs === undefined ? response : { ...response, bornMs: nowMs - head.ageMs };
    const lifetimeMs = inflow.segment.kind === 'playlist' ? stored.lifetimeMs : aged.lifetimeMs;
    const ready = { ...aged, lifetimeMs };
    if (result.keep) this.lookup.put(ready);
    else this.lookup.drop(inflow.segment.name);
    return { kind: 'stored', response: ready, reason: 'revalidated' };
  }
}

/** A response that is not stored, in the form in which stored ones are served. */
function unstored(head: ResponseHead, bornMs: number): Omit<StoredResponse, 'name' | 'body' | 'source'> {
  return {
    status: head.status,
    headers: head.headers,
    bornMs,
    lifetimeMs: 0,
    staleWhileRevalidateMs: 0,
    staleIfErrorMs: 0,
    mustRevalidate: true,
    vary: [],
  };
}
