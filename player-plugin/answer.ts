// Is this answer what was asked for? A wrong range or another version, joined to bytes already here, would corrupt
// the segment without anyone noticing; so whatever cannot be shown to fit is refused.
//
// ETag and Content-Range are readable to a page only where the server exposes them. Unreadable, a fresh answer still
// passes on its status and length; a resumed one does not.

import type { Validator } from './gathered.ts';

/** The little of a Response or an XMLHttpRequest that is looked at. */
export interface AnswerHead {
  readonly status: number;
  header(name: string): string | null;
}

/** First byte and the byte after the last. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Does a first answer fit, so far as it says? */
export function fitsFresh(head: AnswerHead, range: ByteRange | undefined): boolean {
  if (!range) return head.status === 200;
  if (head.status !== 206) return false;
  const length = lengthOf(head);
  if (length !== 0 && length !== range.end - range.start) return false;
  return rangeAgrees(head, range) !== false;
}

/** Is this the rest of the version that the validator names? */
export function fitsResumed(head: AnswerHead, range: ByteRange, validator: Validator): boolean {
  if (head.status !== 206 || head.header('etag') !== validator.etag) return false;
  const agrees = rangeAgrees(head, range);
  return agrees ?? lengthOf(head) === range.end - range.start;
}

/** What a second source can be held to; undefined where this one gave too little to go by. */
export function validatorOf(head: AnswerHead): Validator | undefined {
  const etag = head.header('etag');
  const total = lengthOf(head);
  return etag?.startsWith('"') && total > 0 ? { etag, total } : undefined;
}

/** 0 where the answer did not say. */
export function lengthOf(head: AnswerHead): number {
  const length = Number(head.header('content-length') ?? '0');
  return Number.isSafeInteger(length) && length > 0 ? length : 0;
}

export function headOf(response: Response): AnswerHead {
  return { status: response.status, header: (name) => response.headers.get(name) };
}

/** hls.js hands on the Response or the XMLHttpRequest of its loader; an application's loader may give neither. */
export function headOfDetails(details: unknown): AnswerHead | undefined {
  if (typeof Response !== 'undefined' && details instanceof Response) return headOf(details);
  if (typeof XMLHttpRequest === 'undefined' || !(details instanceof XMLHttpRequest)) return undefined;
  return { status: details.status, header: (name) => details.getResponseHeader(name) };
}

/** undefined where the answer hides its range. */
function rangeAgrees(head: AnswerHead, range: ByteRange): boolean | undefined {
  const said = head.header('content-range');
  if (said === null) return undefined;
  const match = /^bytes (\d+)-(\d+)\//.exec(said);
  return match !== null && Number(match[1]) === range.start && Number(match[2]) === range.end - 1;
}
