// The course of one fill towards those who wait for it: from its first head, through what that head means for the
// cache, to the stored response.
//
// Waiters are answered as soon as it is known what they may be given: on the head for media, which then streams; on
// the last byte for playlists, which are rewritten as a whole. A response that is not for sharing goes to the waiter
// who started the fill; the others get their own.
// As long as nobody was told a head, a source that breaks off leaves no trace: the next one begins anew.

import { assert } from '../core/assert.ts';
import type { FetchFailure, Outcome } from '../core/ports.ts';
import type { HeaderField } from '../wire/message.ts';
import type { Inflow, InflowEvents } from './inflow.ts';
import { type Judgement, saidAgeMs } from './policy/freshness.ts';
import type { ResponseHead, StoredResponse } from './ports.ts';
import type { StoredReason, Waiter } from './waiter.ts';

/** What the edge decides for a course; see edge.ts. */
export interface CourseRules {
  /** What a head means: how to answer those who wait. */
  judge(course: Course, head: ResponseHead): Verdict;
  /** The whole body is there: stores it where the verdict said so. */
  conclude(course: Course, verdict: FillVerdict): Concluded;
  /** A stored response that may be served although it is stale, since validating it failed. */
  fallback(course: Course): StoredResponse | undefined;
  /** It turned out to be larger than what is held. */
  tooLarge(course: Course): void;
  begun(course: Course): void;
  settle(course: Course, outcome: Outcome): void;
  /** The course is over; forget it. */
  closed(course: Course): void;
}

/** Answer from the fill; `shared`: it may answer others than the one who started it. */
export interface FillVerdict {
  readonly kind: 'fill';
  readonly shared: boolean;
  readonly judgement: Judgement;
  /** Only the whole body can be served: a playlist, which is rewritten. */
  readonly whole: boolean;
}

export type Verdict =
  | FillVerdict
  /** Answer from this stored response: it was validated, or is better than what came. */
  | { readonly kind: 'stored'; readonly response: StoredResponse; readonly reason: StoredReason }
  /** Not for this agent to hold: everybody gets their own. */
  | { readonly kind: 'pass' };

export interface Concluded {
  /** As stored, or as it would be stored. */
  readonly response: StoredResponse;
  readonly kept: boolean;
}

/** What a waiter may be shown of a response that is arriving. */
export interface Offer {
  readonly status: number;
  readonly headers: readonly HeaderField[];
  readonly size: number;
  /** When its age was 0. */
  readonly bornMs: number;
  readonly kept: boolean;
}

type Result =
  | { readonly phase: 'open' }
  | { readonly phase: 'judged'; readonly verdict: FillVerdict }
  | { readonly phase: 'stored'; readonly response: StoredResponse; readonly reason: StoredReason }
  | { readonly phase: 'passed' }
  | { readonly phase: 'failed'; readonly reason: FetchFailure; readonly detail: string };

export class Course implements InflowEvents {
  readonly inflow: Inflow;
  /** The one whose want started the fill. */
  readonly first: Waiter;
  /** The response is, or will be, in the store. */
  kept = false;
  /** Asked for before something changed the object: only for those who asked before, too. */
  outdated = false;
  readonly #rules: CourseRules;
  readonly #waiting: Set<Waiter> = new Set();
  #result: Result = { phase: 'open' };
  /** Somebody was answered from the fill: what follows must continue it. */
  #told = false;

  constructor(first: Waiter, rules: CourseRules, inflowOf: (events: InflowEvents) => Inflow) {
    this.first = first;
    this.#rules = rules;
    this.inflow = inflowOf(this);
  }

  /** Will whoever joins now be answered later? */
  get mustWait(): boolean {
    const { phase } = this.#result;
    return phase === 'open' || (phase === 'judged' && this.#result.verdict.whole);
  }

  join(waiter: Waiter): void {
    if (this.outdated) waiter.passInstead();
    else this.#answer(waiter);
  }

  /** The waiter is gone. What may be stored is fetched to its end all the same: the next viewer asks for it soon. */
  leave(waiter: Waiter): void {
    this.#waiting.delete(waiter);
    this.#stopUnlessWanted();
  }

  /** The response as it is shown to a waiter; only after its head has come. */
  offer(joined: boolean): Offer {
    const { head, responseMs } = this.inflow;
    const result = this.#result;
    assert(head !== undefined && result.phase === 'judged', `fill ${this.inflow.id} offers nothing yet`);
    const { judgement } = result.verdict;
    const meta = 'meta' in judgement ? judgement.meta : undefined;
    const bornMs = meta?.bornMs ?? responseMs - head.delayMs - saidAgeMs(head.headers);
    // Fields that `private="..."` or `no-cache="..."` name are for the one who asked.
    const headers = joined && meta !== undefined ? meta.headers : head.headers;
    return { status: head.status, headers, size: head.size, bornMs, kept: judgement.store };
  }

  onHead(head: ResponseHead): void {
    this.#rules.begun(this);
    const verdict = this.#rules.judge(this, head);
    if (verdict.kind === 'pass') {
      this.#conclude({ phase: 'passed' });
      this.inflow.stop();
      return;
    }
    if (verdict.kind === 'fill') this.#conclude({ phase: 'judged', verdict });
    else this.#conclude({ phase: 'stored', response: verdict.response, reason: verdict.reason });
    this.#stopUnlessWanted();
  }

  onBytes(): void {
    this.#stopUnlessWanted();
  }

  onComplete(): void {
    const result = this.#result;
    if (result.phase !== 'judged') return;
    const { response, kept } = this.#rules.conclude(this, result.verdict);
    this.kept = kept;
    if (result.verdict.whole) this.#conclude({ phase: 'stored', response, reason: 'filled' });
  }

  onBroken(): 'resume' | 'restart' | 'abandon' {
    const { phase } = this.#result;
    if (phase === 'open') return 'restart';
    if (phase !== 'judged') return 'abandon';
    if (this.#told) return 'resume';
    this.#result = { phase: 'open' };
    return 'restart';
  }

  settle(outcome: Outcome): void {
    this.#rules.settle(this, outcome);
    if (outcome.kind === 'failed' || outcome.kind === 'redirected') return;
    assert(this.#waiting.size === 0, `fill ${this.inflow.id} is over while somebody waits for it`);
    this.#rules.closed(this);
  }

  /** The core knows no further source. */
  giveUp(reason: FetchFailure): void {
    const { detail } = this.inflow;
    this.inflow.giveUp(reason, detail);
    this.#rules.closed(this);
    if (reason === 'too-large') {
      this.#rules.tooLarge(this);
      this.#conclude({ phase: 'passed' });
      return;
    }
    const fallback = this.#waiting.size > 0 ? this.#rules.fallback(this) : undefined;
    if (fallback === undefined) this.#conclude({ phase: 'failed', reason, detail });
    else this.#conclude({ phase: 'stored', response: fallback, reason: 'stale' });
  }

  /** Answers everybody who waits. An answer can make others leave: those are left out. */
  #conclude(result: Result): void {
    this.#result = result;
    for (const waiter of [...this.#waiting]) if (this.#waiting.delete(waiter)) this.#answer(waiter);
  }

  #answer(waiter: Waiter): void {
    const result = this.#result;
    switch (result.phase) {
      case 'open':
        this.#waiting.add(waiter);
        break;
      case 'judged':
        this.#answerJudged(waiter, result.verdict);
        break;
      case 'stored':
        if (waiter === this.first || waiter.matches(result.response.vary)) {
          waiter.serveStored(result.response, result.reason);
        } else waiter.passInstead();
        break;
      case 'passed':
        waiter.passInstead();
        break;
      case 'failed':
        waiter.fail(result.reason, result.detail);
        break;
    }
  }

  #answerJudged(waiter: Waiter, { shared, judgement, whole }: FillVerdict): void {
    const joined = waiter !== this.first;
    const vary = 'meta' in judgement ? judgement.meta.vary : [];
    if (joined && !(shared && waiter.matches(vary))) {
      waiter.passInstead();
    } else if (whole) {
      this.#waiting.add(waiter);
    } else {
      this.#told = true;
      waiter.serveFill(this, joined);
    }
  }

  #stopUnlessWanted(): void {
    const result = this.#result;
    if (result.phase !== 'judged' || result.verdict.judgement.store) return;
    if (this.#waiting.size === 0 && this.inflow.fill.readers === 0) this.inflow.stop();
  }
}
