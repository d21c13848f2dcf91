// One fetch of another agent: answered from the store, from a fill, or by a refusal that tells it to look elsewhere.
//
// It is a viewer's request with two differences: the answer carries the response's age in milliseconds instead of
// headers for a viewer, and it is told at once that its object is being fetched, so that it knows this agent to live.

import type { FetchFailure, FillId, Requester, Segment, WantId } from '../core/ports.ts';
import type { AgentId } from '../wire/ids.ts';
import type { Fetch, HeaderField, ResetReason, RingRoster } from '../wire/message.ts';
import { segmentName } from '../wire/segment-name.ts';
import { askOf } from './ask.ts';
import type { Course } from './course.ts';
import type { Edge } from './edge.ts';
import { Fill } from './fill.ts';
import type { Ask } from './inflow.ts';
import { plan } from './policy/conditional.ts';
import { get } from './policy/fields.ts';
import { ageMs, type RequestView, usable } from './policy/freshness.ts';
import { kindOf } from './policy/kind.ts';
import { parseTarget } from './policy/target.ts';
import { matches } from './policy/vary.ts';
import type { Cancel, PeerReply, StoredResponse } from './ports.ts';
import type { Waiter } from './waiter.ts';

export class PeerWaiter implements Waiter {
  readonly want: WantId;
  readonly requestView: RequestView;
  readonly ask: Ask;
  readonly stored: StoredResponse | undefined;
  readonly #edge: Edge;
  readonly #fetch: Fetch;
  readonly #reply: PeerReply;
  #course: Course | undefined;

  static serve(edge: Edge, from: AgentId, fetch: Fetch, reply: PeerReply): Cancel {
    const { originId, ignoredQuery, now } = edge.options;
    const named = segmentName({ originId, target: fetch.target }, ignoredQuery);
    if (!parseTarget(fetch.target).ok || named !== fetch.name) {
      // Another origin or another deny-list: an answer under that name would poison the asker's cache.
      reply.reset('internal');
      return nothing;
    }
    const segment: Segment = { name: fetch.name, kind: kindOf(fetch.target) };
    const found = edge.lookup.find(fetch.name, fetch.headers);
    const view = { method: 'GET', headers: fetch.headers };
    const fresh = found !== undefined && usable(found, view, now(), edge.policyOf(segment)) === 'fresh';
    const waiter = new PeerWaiter(edge, fetch, reply, found);
    if (fresh) {
      waiter.serveStored(found);
      return nothing;
    }
    if (edge.passMemo.has(fetch.name, now())) {
      reply.reset('too-large');
      return nothing;
    }
    const requester: Requester = {
      kind: 'peer',
      from,
      tier: fetch.tier,
      chain: fetch.chain,
      avoid: fetch.avoid,
    };
    edge.want(waiter, segment, requester);
    return () => waiter.#course?.leave(waiter);
  }

  private constructor(edge: Edge, fetch: Fetch, reply: PeerReply, stored: StoredResponse | undefined) {
    this.#edge = edge;
    this.#fetch = fetch;
    this.#reply = reply;
    this.stored = stored;
    this.want = edge.nextWant();
    // What the asker holds is its affair: the home asks the origin for what the home holds itself.
    const headers = fetch.headers.filter(([name]) => !name.startsWith('if-'));
    this.requestView = { method: 'GET', headers };
    this.ask = askOf(edge.options.upstream, { target: fetch.target, headers, stored });
  }

  follow(course: Course): void {
    this.#course = course;
    if (course.mustWait) this.#reply.filling();
  }

  matches(vary: readonly HeaderField[]): boolean {
    return matches(vary, this.requestView.headers);
  }

  serveFill(course: Course, joined: boolean): void {
    const { status, headers, size, bornMs } = course.offer(joined);
    if (!this.#continues(headers)) return;
    const age = Math.max(0, this.#edge.options.now() - bornMs);
    this.#reply.send({ status, headers, size, ageMs: age }, course.inflow.fill, this.#fetch.offset);
  }

  serveStored(response: StoredResponse): void {
    const { headers, body, status } = response;
    if (!this.#continues(headers)) return;
    const nowMs = this.#edge.options.now();
    const selected = { status, headers, size: body.length, received: body.length };
    const how = plan({ method: 'GET', headers: this.#fetch.headers }, selected, nowMs);
    const unmodified = how.kind === 'not-modified' && this.#fetch.offset === 0;
    const bytes = unmodified ? EMPTY : body;
    const head = { status: unmodified ? 304 : status, headers, size: bytes.length, delayMs: 0 };
    const fill = Fill.of(NO_FILL, head, bytes, unmodified ? undefined : response.descriptor);
    this.#reply.send({ ...head, ageMs: ageMs(response, nowMs) }, fill, this.#fetch.offset);
  }

  passInstead(): void {
    this.#reply.reset('too-large');
  }

  refuse(reason: 'stale-view' | 'busy' | 'draining'): void {
    this.#reply.reset(reason);
  }

  redirect(rosters: readonly RingRoster[]): void {
    this.#reply.redirect(rosters);
  }

  fail(reason: FetchFailure): void {
    this.#reply.reset(resetReason(reason));
  }

  /** Are these the bytes that the asker has the beginning of? */
  #continues(headers: StoredResponse['headers']): boolean {
    const { offset, ifMatch } = this.#fetch;
    if (offset === 0 || get(headers, 'etag') === ifMatch) return true;
    this.#reply.reset('changed');
    return false;
  }
}

function resetReason(reason: FetchFailure): ResetReason {
  if (reason === 'origin-timeout') return 'origin-timeout';
  return reason === 'too-large' ? 'too-large' : 'origin-failed';
}

const EMPTY = new Uint8Array(0);
/** A stored body is sent as a fill that no core knows. */
const NO_FILL = 0 as FillId;
const nothing: Cancel = () => {};
