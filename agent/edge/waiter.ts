// Someone who waits for a fill: a viewer's request, a peer's fetch, or a revalidation that nobody waits for.

import type { FetchFailure, WantId } from '../core/ports.ts';
import type { HeaderField, RingRoster } from '../wire/message.ts';
import type { Course } from './course.ts';
import type { Ask } from './inflow.ts';
import type { RequestView } from './policy/freshness.ts';
import type { StoredResponse } from './ports.ts';

/** How a stored response came to be the answer. */
export type StoredReason = 'hit' | 'revalidated' | 'stale' | 'filled';

/** Gets exactly one of serveFill, serveStored, passInstead, refuse and fail, unless it leaves before. */
export interface Waiter {
  readonly want: WantId;
  /** What is asked for if this waiter's want starts the fill. */
  readonly ask: Ask;
  /** A stored response to validate, and to fall back on where that is allowed. */
  readonly stored: StoredResponse | undefined;
  /** The request that judges responses: method and fields. */
  readonly requestView: RequestView;
  /** The core answered with this course; `join` of it follows. */
  follow(course: Course): void;
  /** Is a response that was selected by these fields this waiter's too? */
  matches(vary: readonly HeaderField[]): boolean;
  /** The head is there, and the body is arriving or complete: answer from the fill. */
  serveFill(course: Course, joined: boolean): void;
  /** Answer from a stored response. */
  serveStored(response: StoredResponse, reason: StoredReason): void;
  /** What arrives is for one requester alone, or too large to be kept: get your own. */
  passInstead(): void;
  refuse(reason: 'stale-view' | 'busy' | 'draining'): void;
  /** Another agent is home. Only a peer is told so. */
  redirect(rosters: readonly RingRoster[]): void;
  fail(reason: FetchFailure, detail: string): void;
}
