// How a request's conditions and range turn a response into 200, 206, 304, 412 or 416.
//
// The order is RFC 9110, 13.2.2: If-Match, else If-Unmodified-Since; then If-None-Match, else If-Modified-Since; then
// Range, if If-Range agrees. Nothing is evaluated unless the response is a success anyway. The response may be stored
// or still arriving; while its size is unknown, a range that needs it makes the plan `wait`.

import type { HeaderField } from '../../wire/message.ts';
import { listMatches, strongMatch, weakMatch } from './entity-tag.ts';
import { combined, get, type Headers, has } from './fields.ts';
import { parseHttpDate } from './http-date.ts';
import { cut, parseRange } from './range.ts';

export type Plan =
  /** All bytes, with the response's own status. */
  | { readonly kind: 'whole' }
  /** 206: bytes [from, to). */
  | { readonly kind: 'part'; readonly from: number; readonly to: number; readonly contentRange: string }
  /** 304. */
  | { readonly kind: 'not-modified' }
  /** 412. */
  | { readonly kind: 'failed' }
  /** 416. */
  | { readonly kind: 'unsatisfiable'; readonly contentRange: string }
  /** The range cannot be placed yet: plan again when more bytes or the end have come, or send the whole. */
  | { readonly kind: 'wait' };

export interface Selected {
  readonly status: number;
  readonly headers: Headers;
  /** Bytes of the whole body; -1 while unknown. */
  readonly size: number;
  /** Bytes of it that are there; `size` for a stored response. */
  readonly received: number;
}

/** @param nowMs only resolves two-digit years of dates */
export function plan(
  request: { readonly method: string; readonly headers: Headers },
  selected: Selected,
  nowMs: number,
): Plan {
  const { method, headers } = request;
  const { status } = selected;
  if (!headers.some(asks)) return WHOLE;
  if ((method !== 'GET' && method !== 'HEAD') || status < 200 || status > 299) return WHOLE;
  if (!preconditionsHold(headers, selected.headers, nowMs)) return { kind: 'failed' };
  if (isUnmodified(headers, selected.headers, nowMs)) return { kind: 'not-modified' };
  const ranged = method === 'GET' && status === 200 && has(headers, 'range');
  return ranged && ifRangeHolds(headers, selected.headers, nowMs) ? part(headers, selected) : WHOLE;
}

const WHOLE: Plan = { kind: 'whole' };

/** Most requests have none of these: they are answered after one look at the names. */
function asks([name]: HeaderField): boolean {
  return name === 'range' || name.startsWith('if-');
}

function preconditionsHold(request: Headers, response: Headers, nowMs: number): boolean {
  const match = combined(request, 'if-match');
  if (match !== undefined) return listMatches(match, get(response, 'etag'), strongMatch);
  const since = parseHttpDate(get(request, 'if-unmodified-since') ?? '', nowMs);
  const modified = parseHttpDate(get(response, 'last-modified') ?? '', nowMs);
  return since === undefined || modified === undefined || modified <= since;
}

function isUnmodified(request: Headers, response: Headers, nowMs: number): boolean {
  const noneMatch = combined(request, 'if-none-match');
  if (noneMatch !== undefined) return listMatches(noneMatch, get(response, 'etag'), weakMatch);
  const since = parseHttpDate(get(request, 'if-modified-since') ?? '', nowMs);
  if (since === undefined) return false;
  // RFC 9111, 4.3.2: the Date of the stored response stands in for a Last-Modified that it lacks.
  const modified = get(response, 'last-modified') ?? get(response, 'date') ?? '';
  const modifiedMs = parseHttpDate(modified, nowMs);
  return modifiedMs !== undefined && modifiedMs <= since;
}

/** RFC 9110, 13.1.5: the validator must be the same and strong, else the viewer's parts are of something else. */
function ifRangeHolds(request: Headers, response: Headers, nowMs: number): boolean {
  const validator = get(request, 'if-range');
  if (validator === undefined) return true;
  const asked = parseHttpDate(validator, nowMs);
  if (asked === undefined) return strongMatch(validator, get(response, 'etag') ?? '');
  const modified = parseHttpDate(get(response, 'last-modified') ?? '', nowMs);
  const date = parseHttpDate(get(response, 'date') ?? '', nowMs);
  // 8.8.2.2: a date is a strong validator where the response was made at least a second after the modification.
  return modified === asked && date !== undefined && date - modified >= 1000;
}

function part(request: Headers, selected: Selected): Plan {
  const range = parseRange(get(request, 'range') ?? '');
  if (range === undefined) return WHOLE;
  const { size } = selected;
  const piece = cut(range, selected);
  const length = size < 0 ? '*' : String(size);
  switch (piece.kind) {
    case 'whole':
    case 'wait':
      return piece;
    case 'unsatisfiable':
      return { kind: 'unsatisfiable', contentRange: `bytes */${length}` };
    case 'part':
      return { ...piece, contentRange: `bytes ${piece.from}-${piece.to - 1}/${length}` };
  }
}
