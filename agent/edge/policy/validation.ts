// Asking the origin whether a stored response is still good, and what its answer changes (RFC 9111, 4.3).
//
// A 304 renews the stored response if it can be about that response: its validators must not contradict. Renewed
// means: its fields replace the stored ones of the same name, its age counts from now, and freshness is judged anew.
// A 200 to HEAD renews in the same way, or shows that what is stored has been replaced at the origin.

import type { HeaderField } from '../../wire/message.ts';
import type { ResponseHead, StoredResponse } from '../ports.ts';
import { isWeak, strongMatch, weakMatch } from './entity-tag.ts';
import { endToEnd, get, type Headers, has, without } from './fields.ts';
import { judge, type RequestView } from './freshness.ts';
import { formatHttpDate } from './http-date.ts';
import type { CachePolicy } from './policy.ts';

/**
 * Fields that a 304 never changes. Content-Length by RFC 9111, 3.2; the others because they describe bytes that stay
 * as they are: a new Content-Encoding on old bytes would make them unreadable.
 */
const OF_THE_BYTES: ReadonlySet<string> = new Set([
  'content-digest',
  'content-encoding',
  'content-length',
  'content-range',
  'repr-digest',
]);

/** @returns the fields that make a request conditional on the stored response; none where it has no validator */
export function conditions(stored: { readonly headers: Headers }): HeaderField[] {
  const fields: HeaderField[] = [];
  const tag = get(stored.headers, 'etag');
  if (tag !== undefined) fields.push(['if-none-match', tag]);
  const modified = get(stored.headers, 'last-modified');
  if (modified !== undefined) fields.push(['if-modified-since', modified]);
  return fields;
}

/**
 * Is the 304 about the stored response (RFC 9111, 4.3.4)? Where it is not, ask again without conditions.
 * A 304 without validators is taken to be about what was asked.
 */
export function selects(
  stored: { readonly headers: Headers },
  notModified: { readonly headers: Headers },
): boolean {
  const tag = get(notModified.headers, 'etag');
  const storedTag = get(stored.headers, 'etag');
  if (tag !== undefined && storedTag !== undefined) {
    return isWeak(tag) ? weakMatch(tag, storedTag) : strongMatch(tag, storedTag);
  }
  const modified = get(notModified.headers, 'last-modified');
  const storedModified = get(stored.headers, 'last-modified');
  return modified === undefined || storedModified === undefined || modified === storedModified;
}

export type Freshened =
  /** Put this in place of the stored response. */
  | { readonly keep: true; readonly response: StoredResponse; readonly explicit: boolean }
  /** Answer this request with it, and delete what is stored: it may not be kept any more. */
  | { readonly keep: false; readonly response: StoredResponse };

/** @param answer a 304 that `selects` the stored response, or a 200 to HEAD for which `headEffect` says `freshen` */
export function freshened(
  stored: StoredResponse,
  answer: ResponseHead,
  request: RequestView,
  nowMs: number,
  policy: CachePolicy,
): Freshened {
  const headers = updated(stored.headers, answer.headers, nowMs);
  const head = { status: stored.status, headers, size: stored.body.length, delayMs: answer.delayMs };
  const judgement = judge({ method: 'GET', headers: request.headers }, head, nowMs, policy);
  if (!judgement.store) {
    const shown = without(headers, new Set(['age']));
    return {
      keep: false,
      response: { ...stored, headers: shown, bornMs: nowMs, lifetimeMs: 0, mustRevalidate: true },
    };
  }
  const { explicit, ...meta } = judgement.meta;
  return { keep: true, response: { ...stored, ...meta }, explicit };
}

/** What a response to HEAD says about a stored response to GET (RFC 9110, 9.3.2). */
export type HeadEffect = 'freshen' | 'invalidate' | 'none';

export function headEffect(stored: StoredResponse, head: ResponseHead): HeadEffect {
  if (head.status === 404 || head.status === 410)
    return stored.status === head.status ? 'none' : 'invalidate';
  if (head.status !== 200 || stored.status !== 200) return 'none';
  const sameSize = head.size < 0 || head.size === stored.body.length;
  return sameSize && selects(stored, head) ? 'freshen' : 'invalidate';
}

/** RFC 9111, 3.2: every field of the answer replaces all of its name, but those of the hop and those of the bytes. */
function updated(stored: Headers, answer: Headers, nowMs: number): HeaderField[] {
  const fresh = without(endToEnd(answer), OF_THE_BYTES);
  // The stored Date is that of the old response: its age would count from there.
  if (!has(fresh, 'date')) fresh.push(['date', formatHttpDate(nowMs)]);
  const names = new Set(fresh.map((field) => field[0]));
  return [...without(stored, names), ...fresh];
}
