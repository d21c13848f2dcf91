// The course of one fill towards those who wait for it: from its first head, through what that head means for the
// cache, to the stored response.
//
// Waiters are answered as soon as it is known what they may be given: on the head for media, which then streams; on
// the last byte for playlists, which are rewritten as a whole. A response that is not for sharing goes to the waiter
// who started the fill; the others get their own.

import { assert } from '../core/assert.ts';
import type { FetchFailure, Outcome } from '../core/ports.ts';
import type { Judgement } from './freshness.ts';
import type { Inflow, InflowEvents } from './inflow.ts';
import type { ResponseHead, StoredResponse } from './ports.ts';
import type { StoredReason, Waiter } from './waiter.ts';

/** What the edge decides for a course; see edge.ts. */
export interface CourseRules {
  /** What a head means: how to answer those who wait. */
  judge(course: Course, head: ResponseHead): Verdict;
  /** The whole body is there: stores it where the verdict said so.
   *  @returns the response as stored, or as it would be stored */
  conclude(course: Course, verdict: Verdict & { kind: 'fill' }): StoredResponse;
  /** A stored response that may be served although it is stale, since validating it failed. */
  fallback(course: Course): StoredResponse | undefined;
  begun(course: Course): void;
  settle(course: Course, outcome: Outcome): void;
  /** The course is over; forget it. */
  closed(course: Course): void;
}

export type Verdict =
  /** Answer from the fill; `shared`: it may answer others than the one who started it. */
  | {
      readonly kind: 'fill';
      readonly shared: boolean;
      readonly judgement: Judgement;
      /** Only the whole body can be served: a playlist, which is rewritten. */
      readonly whole: boolean;
    }
  /** Answer from this stored response: it was validated, or is better than what came. */
  | { readonly kind: 'stored'; readonly response: StoredResponse; readonly reason: StoredReason }
  /** Too large to be kept: everybody gets their own. */
  | { readonly kind: 'pass' };

type Result =
  | { readonly phase: 'open' }
  | { readonly phase: 'judged'; readonly verdict: Verdict }
  | { readonly phase: 'stored'; readonly response: StoredResponse; readonly reason: StoredReason }
  | { readonly phase: 'failed'; readonly reason: FetchFailure; readonly detail: string };

export class Course implements InflowEvents {
  readonly inflow: Inflow;
  /** The one whose want started the fill. */
  readonly first: Waiter;
  readonly #rules: CourseRules;
  readonly #waiting: Set<Waiter> = new Set();
  #result: Result = { phase: 'open' };

  constructor(first: Waiter, rules: CourseRules, inflowOf: (events: InflowEvents) => Inflow) {
    this.first = first;
    this.#rules = rules;
    this.inflow = inflowOf(this);
  }

  get verdict(): Verdict | undefined {
    return this.#result.phase === 'judged' ? this.#result.verdict : undefined;
  }

  join(waiter: Waiter): void {
    const result = this.#result;
    if (result.phase === 'stored') waiter.serveStored(result.response, result.reason);
    else if (result.phase === 'failed') waiter.fail(result.reason, result.detail);
    else if (result.phase === 'judged' && !mustWait(result.verdict)) this.#answer(waiter, result.verdict);
    else this.#waiting.add(waiter);
  }

  /** The waiter is gone. What may be stored is fetched to its end all the same: the next viewer asks for it soon. */
  leave(waiter: Waiter): void {
    this.#waiting.delete(waiter);
    const kept =
      this.#result.phase === 'open' || (this.verdict?.kind === 'fill' && this.verdict.judgement.store);
    if (this.#waiting.size === 0 && this.inflow.fill.readers === 0 && !kept) this.inflow.stop();
  }

  onHead(head: ResponseHead): void {
    this.#rules.begun(this);
    const verdict = this.#rules.judge(this, head);
    if (verdict.kind === 'stored') {
      this.#serveStored(verdict.response, verdict.reason);
      return;
    }
    this.#result = { phase: 'judged', verdict };
    if (!mustWait(verdict)) for (const waiter of this.#take()) this.#answer(waiter, verdict);
    if (verdict.kind === 'pass') this.inflow.stop();
  }

  onComplete(): void {
    const { verdict } = this;
    if (verdict?.kind !== 'fill') return;
    const response = this.#rules.conclude(this, verdict);
    if (verdict.whole) this.#serveStored(response, 'filled');
  }

  settle(outcome: Outcome): void {
    this.#rules.settle(this, outcome);
    if (outcome.kind !== 'failed') {
      this.#abandonWaiting();
      this.#rules.closed(this);
    }
  }

  /** The core knows no further source. */
  giveUp(reason: FetchFailure): void {
    const { state } = this.inflow.fill;
    const fallback =
      state.phase === 'waiting' || this.#waiting.size > 0 ? this.#rules.fallback(this) : undefined;
    const detail = this.inflow.detail;
    this.inflow.giveUp(reason, detail);
    if (fallback !== undefined) this.#serveStored(fallback, 'stale');
    else this.#fail(reason, detail);
    this.#rules.closed(this);
  }

  #serveStored(response: StoredResponse, reason: StoredReason): void {
    this.#result = { phase: 'stored', response, reason };
    for (const waiter of this.#take()) waiter.serveStored(response, reason);
  }

  #answer(waiter: Waiter, verdict: Verdict): void {
    assert(verdict.kind !== 'stored', 'a stored answer is served as one');
    const joined = waiter !== this.first;
    const own = verdict.kind === 'fill' && (!joined || (verdict.shared && waiter.matches(this)));
    if (own) waiter.serveFill(this, joined);
    else waiter.passInstead();
  }

  /** The fill ended without a body that could be served to those who still wait for the whole of it. */
  #abandonWaiting(): void {
    const { state } = this.inflow.fill;
    if (this.#waiting.size === 0) return;
    const fallback = state.phase === 'failed' ? this.#rules.fallback(this) : undefined;
    if (fallback !== undefined) this.#serveStored(fallback, 'stale');
    else if (state.phase === 'failed') this.#fail(state.reason, state.detail);
    else for (const waiter of this.#take()) waiter.passInstead();
  }

  #fail(reason: FetchFailure, detail: string): void {
    this.#result = { phase: 'failed', reason, detail };
    for (const waiter of this.#take()) waiter.fail(reason, detail);
  }

  #take(): Waiter[] {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    return waiting;
  }
}

/** Must the whole body be there before anybody is answered? */
function mustWait(verdict: Verdict): boolean {
  return verdict.kind === 'fill' && verdict.whole;
}
