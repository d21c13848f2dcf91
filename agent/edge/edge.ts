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
  SegmentKind,
  WantId,
} from '../core/ports.ts';
import type { AgentId, SegmentName } from '../wire/ids.ts';
import { selectsUnseen } from './ask.ts';
import { type Concluded, Course, type CourseRules, type FillVerdict, type Verdict } from './course.ts';
import { described } from './descriptor-of.ts';
import { type Allocate, Fill } from './fill.ts';
import { Inflow } from './inflow.ts';
import { Lookup } from './lookup.ts';
import { PassMemo } from './pass-memo.ts';
import { PeerWaiter } from './peer.ts';
import { storedPlaylist } from './playlist/playlist-response.ts';
import { cacheControl } from './policy/cache-control.ts';
import { has } from './policy/fields.ts';
import { type Judgement, judge, usableOnError } from './policy/freshness.ts';
import type { OriginBase } from './policy/origin-base.ts';
import type { CachePolicy } from './policy/policy.ts';
import type { UpstreamRules } from './policy/upstream.ts';
import { freshened, selects } from './policy/validation.ts';
import type {
  DigestPort,
  LinkEvents,
  OriginPort,
  PeerPort,
  ResponseHead,
  ServePeer,
  ServeViewer,
  StoredResponse,
  StorePort,
} from './ports.ts';
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
  readonly digests: DigestPort;
  /** For the log: what a peer sent is not what is signed. */
  readonly onCorrupt?: ((peer: AgentId, segment: Segment, detail: string) => void) | undefined;
  readonly counts: Counts;
  readonly timings: Timings;
  /** Epoch milliseconds that never go backwards. */
  readonly now: () => number;
  readonly allocate: Allocate;
  readonly originId: string;
  readonly originBase: OriginBase;
  readonly ignoredQuery: readonly string[];
  readonly objectBytesMax: number;
  readonly policies: Readonly<Record<SegmentKind, CachePolicy>>;
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
    return this.options.policies[segment.kind];
  }

  /** Tells the core that a waiter wants a segment; the waiter is answered, refused or waits when this returns. */
  want(waiter: Waiter, segment: Segment, requester: Requester): void {
    const before = this.#asking;
    this.#asking = waiter;
    this.options.core.want(waiter.want, segment, requester);
    // The core is not there yet, or not any more.
    if (this.#asking === waiter) waiter.refuse('busy');
    this.#asking = before;
  }

  /** What is stored under this name, or arriving, is not true any more. */
  invalidate(name: SegmentName): void {
    this.lookup.drop(name);
    for (const course of this.#courses.values()) {
      if (course.inflow.segment.name === name) course.outdated = true;
    }
  }

  // Effects of the core.

  answer(want: WantId, answer: Answer): void {
    const waiter = this.#asking;
    assert(waiter?.want === want, `want ${want} is answered while another is asked`);
    if (answer.kind === 'refuse') {
      this.#asking = undefined;
      waiter.refuse(answer.reason);
      return;
    }
    if (answer.kind === 'redirect') {
      waiter.redirect(answer.rosters);
      return;
    }
    const course = this.#courses.get(answer.fill);
    assert(course !== undefined, `want ${want} is answered with unknown fill ${answer.fill}`);
    this.#asking = undefined;
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
    if (inflow.source === 'peer' && selectsUnseen(first.requestView.headers, head.headers)) {
      return { kind: 'pass' };
    }
    // A 206 that nobody asked for is no answer to any request but, perhaps, the viewer's own.
    if (head.size > this.options.objectBytesMax || head.status === 206) {
      this.passMemo.add(segment.name, nowMs);
      return { kind: 'pass' };
    }
    const fallback = head.status >= 500 ? this.fallback(course) : undefined;
    if (fallback !== undefined) return { kind: 'stored', response: fallback, reason: 'stale' };
    const judgement = judge(first.requestView, head, nowMs, this.policyOf(segment));
    const shared = isShared(segment, head, judgement);
    if (!shared && isForOne(head, judgement)) {
      this.passMemo.add(segment.name, nowMs);
      this.lookup.drop(segment.name);
    }
    return { kind: 'fill', shared, judgement, whole: segment.kind === 'playlist' && head.status === 200 };
  }

  conclude(course: Course, { judgement, whole, shared }: FillVerdict): Concluded {
    const { inflow } = course;
    const { segment, source, ask } = inflow;
    const { headers, bornMs, status } = course.offer(false);
    const { explicit, ...meta } =
      'meta' in judgement ? judgement.meta : { ...NEVER_REUSED, status, headers, bornMs };
    const response: StoredResponse = { ...meta, name: segment.name, body: inflow.fill.whole(), source };
    const said = { target: ask.target, lifetimeMs: explicit ? meta.lifetimeMs : undefined };
    const shown = whole ? storedPlaylist(response, said, this.options.originBase) : response;
    const ready = described(this.options, shown, inflow.fill);
    // What a playlist's own pace gives a use: it is fresh for a while, or to fall back on.
    const useful = ready.lifetimeMs > 0 || ready.staleIfErrorMs > 0;
    const kept = !course.outdated && (judgement.store || (shown !== response && shared && useful));
    if (kept) this.lookup.put(ready);
    return { response: ready, kept };
  }

  fallback(course: Course): StoredResponse | undefined {
    const { first, inflow } = course;
    const policy = this.policyOf(inflow.segment);
    const stored = first.stored;
    if (stored === undefined) return undefined;
    return usableOnError(stored, first.requestView, this.options.now(), policy) ? stored : undefined;
  }

  tooLarge(course: Course): void {
    this.passMemo.add(course.inflow.segment.name, this.options.now());
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
    const { allocate, objectBytesMax, onCorrupt } = this.options;
    const world = { ...this.options, corrupt: onCorrupt ?? (() => {}) };
    const course = new Course(first, this, (events) => {
      return new Inflow(new Fill(id, allocate, objectBytesMax), segment, first.ask, world, events);
    });
    this.#courses.set(id, course);
    return course;
  }

  #validated(course: Course, head: ResponseHead, nowMs: number): Verdict {
    const { first, inflow } = course;
    const { segment, ask } = inflow;
    const { stored } = first;
    if (stored === undefined || !selects(stored, head)) {
      if (stored !== undefined) this.lookup.drop(segment.name);
      return { kind: 'pass' };
    }
    const result = freshened(stored, head, first.requestView, nowMs, this.policyOf(segment));
    const { response } = result;
    const said = {
      target: ask.target,
      lifetimeMs: result.keep && !result.explicit ? undefined : response.lifetimeMs,
    };
    const playlist = segment.kind === 'playlist' && response.status === 200;
    const ready = playlist ? storedPlaylist(response, said, this.options.originBase) : response;
    if (result.keep && !course.outdated) this.lookup.put(ready);
    else this.lookup.drop(segment.name);
    return { kind: 'stored', response: ready, reason: 'revalidated' };
  }
}

/** May the response go to others who asked at the same time? */
function isShared({ kind }: Segment, { status, headers }: ResponseHead, judgement: Judgement): boolean {
  if (judgement.store) return true;
  const { reason } = judgement;
  if (has(headers, 'set-cookie')) return false;
  const media = kind !== 'other';
  if (reason === 'no-use') return media || isEverybodys(status);
  if (!isEverybodys(status)) return false;
  return reason === 'status' || (media && reason === 'no-store' && !cacheControl(headers).isPrivate);
}

/** Missing or failing for everybody alike: asking again for each waiter would only add load. What a viewer may have
 *  brought about by its own fields (401, 403, 431 ...) is that viewer's. */
function isEverybodys(status: number): boolean {
  return status >= 500 || status === 404 || status === 410;
}

/** Is it the response that forbids sharing? A request that is odd, or failed, says nothing of the next one. */
function isForOne({ status }: ResponseHead, judgement: Judgement): boolean {
  return status < 400 && !judgement.store && !OF_THE_REQUEST.has(judgement.reason);
}

const OF_THE_REQUEST: ReadonlySet<string> = new Set(['method', 'authorization', 'request-no-store']);

/** A response that is not stored, in the form in which stored ones are served. */
const NEVER_REUSED = {
  lifetimeMs: 0,
  staleWhileRevalidateMs: 0,
  staleIfErrorMs: 0,
  mustRevalidate: true,
  vary: [],
  explicit: true,
};
