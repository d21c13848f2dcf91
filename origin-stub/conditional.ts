// Conditional requests (RFC 9110, 13) for objects that have a strong ETag and a date: If-None-Match and
// If-Modified-Since answer 304, If-Range decides whether a range still fits. No unsafe methods, so no If-Match.
import type { IncomingHttpHeaders } from 'node:http';

export interface Validators {
  /** With its quotes. */
  readonly etag: string;
  readonly modifiedMs: number;
}

export function isNotModified(headers: IncomingHttpHeaders, validators: Validators): boolean {
  const tags = headers['if-none-match'];
  if (tags !== undefined) return tags.trim() === '*' || listOfTags(tags).includes(validators.etag);
  const since = dateMs(headers['if-modified-since']);
  return since !== undefined && wholeSeconds(validators.modifiedMs) <= since;
}

/** Whether a Range header is to be honoured. A weak tag never matches (13.1.5: the comparison is strong). */
export function rangeStillFits(headers: IncomingHttpHeaders, validators: Validators): boolean {
  const condition = headers['if-range'];
  if (typeof condition !== 'string') return true;
  if (condition.startsWith('"') || condition.startsWith('W/')) return condition.trim() === validators.etag;
  return dateMs(condition) === wholeSeconds(validators.modifiedMs);
}

// Weak comparison: W/"x" matches "x".
function listOfTags(header: string): string[] {
  return [...header.matchAll(/(?:W\/)?("[^"]*")/g)].map((match) => match[1] ?? '');
}

function dateMs(header: string | undefined): number | undefined {
  const ms = header === undefined ? Number.NaN : Date.parse(header);
  return Number.isNaN(ms) ? undefined : ms;
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
