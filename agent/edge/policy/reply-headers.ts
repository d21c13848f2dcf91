// The header fields of an answer to a viewer.
//
// The stored fields, less what does not fit the plan, plus Age and Cache-Status (RFC 9211). Date stays the origin's,
// so that Age keeps its meaning. No Via is added: a gateway need not (RFC 9110, 7.6.3), and Cache-Status says more.
// Content-Length and framing are the adapter's.

import type { HeaderField } from '../../wire/message.ts';
import type { StoredResponse } from '../ports.ts';
import type { Plan } from './conditional.ts';
import { endToEnd, type Headers, without } from './fields.ts';
import { ageMs, ttlMs } from './freshness.ts';

/** Why the request went to the origin (RFC 9211, 2.2). */
export type ForwardReason =
  | 'bypass'
  | 'method'
  | 'uri-miss'
  | 'vary-miss'
  | 'miss'
  | 'request'
  | 'stale'
  | 'partial';

export type CacheStatus =
  | { readonly kind: 'hit'; readonly ttlMs: number }
  | {
      readonly kind: 'forward';
      readonly why: ForwardReason;
      /** Of the origin's answer, where it differs from what the viewer gets: 304, 503. */
      readonly status?: number | undefined;
      readonly stored?: boolean | undefined;
      /** The answer is that to another viewer's request. */
      readonly collapsed?: boolean | undefined;
      readonly ttlMs?: number | undefined;
    };

const BASIS: ReadonlySet<string> = new Set(['age', 'content-length']);
/** A 304 carries no content, so nothing about it (RFC 9110, 15.4.5). */
const OF_CONTENT: ReadonlySet<string> = new Set([
  ...BASIS,
  'content-digest',
  'content-encoding',
  'content-language',
  'content-type',
  'content-range',
]);
/** 412 and 416 are answers about the request: the validators and freshness of the response are not theirs. */
const OF_SELECTED: ReadonlySet<string> = new Set([
  ...OF_CONTENT,
  'cache-control',
  'cdn-cache-control',
  'etag',
  'expires',
  'last-modified',
  'repr-digest',
  'set-cookie',
]);
/** A part is another content, with another Content-Digest; the Repr-Digest is of the whole and stays. */
const FRAMED_ANEW: ReadonlySet<string> = new Set([
  ...BASIS,
  'content-digest',
  'content-md5',
  'content-range',
]);

/** @returns one member of the field, as a structured item */
export function cacheStatus(status: CacheStatus): string {
  if (status.kind === 'hit') return `ringcast; hit; ttl=${seconds(status.ttlMs)}`;
  let text = `ringcast; fwd=${status.why}`;
  if (status.status !== undefined) text += `; fwd-status=${status.status}`;
  if (status.ttlMs !== undefined) text += `; ttl=${seconds(status.ttlMs)}`;
  if (status.stored === true) text += '; stored';
  if (status.collapsed === true) text += '; collapsed';
  return text;
}

/**
 * @param headers of the response, stored or just received
 * @param said.ageMs age now; undefined where the response is new and has none to tell
 */
export function replyHeaders(
  headers: Headers,
  plan: Plan,
  said: { readonly ageMs: number | undefined; readonly status: CacheStatus },
): HeaderField[] {
  const fields = without(endToEnd(headers), droppedBy(plan));
  if (plan.kind === 'part' || plan.kind === 'unsatisfiable')
    fields.push(['content-range', plan.contentRange]);
  if (said.ageMs !== undefined) fields.push(['age', String(seconds(said.ageMs))]);
  fields.push(['cache-status', cacheStatus(said.status)]);
  return fields;
}

/** The same for the whole of a stored response, whose fields need no filter any more: for the hit path. */
export function hitHeaders(stored: StoredResponse, nowMs: number): HeaderField[] {
  const headers = stored.headers.slice();
  headers.push(['age', String(seconds(ageMs(stored, nowMs)))]);
  headers.push(['cache-status', cacheStatus({ kind: 'hit', ttlMs: ttlMs(stored, nowMs) })]);
  return headers;
}

/** @returns the status of an answer by this plan */
export function replyStatus(plan: Plan, status: number): number {
  switch (plan.kind) {
    case 'whole':
    case 'wait':
      return status;
    case 'part':
      return 206;
    case 'not-modified':
      return 304;
    case 'failed':
      return 412;
    case 'unsatisfiable':
      return 416;
  }
}

function droppedBy(plan: Plan): ReadonlySet<string> {
  switch (plan.kind) {
    case 'whole':
    case 'wait':
      return BASIS;
    case 'part':
      return FRAMED_ANEW;
    case 'not-modified':
      return OF_CONTENT;
    case 'failed':
    case 'unsatisfiable':
      return OF_SELECTED;
  }
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
