// May a response be stored, how long is it fresh, and may it answer this request now: RFC 9111 for a shared cache.
//
// `judge` decides once, when a response's head has come; `usable` decides on every request from the numbers that
// judge left, and looks at the request's directives only where it has some. Freshness is s-maxage, max-age, Expires
// less Date, a tenth of the time since Last-Modified, or the operator's default, the first of these that is there; a
// valid CDN-Cache-Control replaces Cache-Control and Expires altogether. Age is counted from birth, `bornMs`.
// It does not match Vary (vary.ts), evaluate conditions (conditional.ts) or know playlists (playlist.ts).

import type { HeaderField } from '../../wire/message.ts';
import type { ResponseHead, StoredResponse } from '../ports.ts';
import { cacheControl, type Directives, deltaSeconds, parseCacheControl } from './cache-control.ts';
import { endToEnd, get, type Headers, has, splitList, without } from './fields.ts';
import { formatHttpDate, parseHttpDate } from './http-date.ts';
import type { CachePolicy } from './policy.ts';
import { targetedControl } from './targeted.ts';
import { varying } from './vary.ts';

export interface RequestView {
  readonly method: string;
  /** As the viewer sent them: Authorization and Cache-Control count, and the values that Vary selects by. */
  readonly headers: Headers;
}

/** What a stored response has besides its name, body and source. */
export type Meta = Omit<StoredResponse, 'name' | 'body' | 'source'> & {
  /** The response said itself how long it is fresh; else the lifetime is a guess or the operator's default. */
  readonly explicit: boolean;
};

export type Refusal =
  | 'method'
  | 'status'
  | 'no-store'
  | 'request-no-store'
  | 'private'
  | 'authorization'
  | 'set-cookie'
  | 'client-error'
  | 'vary';

/**
 * A response that is refused answers the request that it was fetched for and no other, also not those who waited for
 * it meanwhile; one that is stored answers those of them whom its `vary` matches.
 */
export type Judgement =
  | { readonly store: true; readonly meta: Meta }
  /** Storable, but neither fresh for any time nor to be validated: it would never be used. */
  | { readonly store: false; readonly reason: 'no-use'; readonly meta: Meta }
  | { readonly store: false; readonly reason: Refusal };

/** Statuses whose responses are fresh by guess (RFC 9110, 15.1); 206 is never stored here. */
const HEURISTIC: ReadonlySet<number> = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]);
/** Statuses whose caching requirements are known here, as must-understand asks (RFC 9111, 5.2.2.3). */
const UNDERSTOOD: ReadonlySet<number> = new Set([...HEURISTIC, 302, 303, 307]);
/** Errors that a viewer can bring about with header fields that are no part of the key. */
const CLIENT_INDUCED: ReadonlySet<number> = new Set([
  400, 401, 403, 405, 406, 407, 408, 411, 412, 413, 415, 416, 417, 421, 422, 424, 425, 426, 428, 429, 431,
  501,
]);
const NEGATIVE: ReadonlySet<number> = new Set([404, 410]);
/** Recomputed for every answer, or the adapter's. */
const NOT_KEPT: ReadonlySet<string> = new Set(['age', 'content-length']);

/**
 * @param nowMs when the head was received
 * @param ageMs age on receipt; given for what a peer sent, computed from the fields otherwise
 */
export function judge(
  request: RequestView,
  response: ResponseHead,
  nowMs: number,
  policy: CachePolicy,
  ageMs: number = initialAgeMs(response, nowMs, policy),
): Judgement {
  const { headers, status } = response;
  const control = effectiveControl(headers, policy);
  const explicitMs = explicitLifetimeMs(headers, control, nowMs);
  const reason = refusal(request, response, { control: control.directives, explicitMs, policy });
  if (reason !== undefined) return { store: false, reason };
  const vary = varying(headers, request.headers, policy.fixedRequestFields);
  if (vary === undefined) return { store: false, reason: 'vary' };

  const { directives } = control;
  const lifetimeMs = directives.noCache
    ? 0
    : (explicitMs ?? guessedLifetimeMs(response, directives, nowMs, policy));
  const stale = staleAllowance(directives, policy);
  const useless =
    lifetimeMs <= 0 && !stale.explicit && !has(headers, 'etag') && !has(headers, 'last-modified');
  const meta: Meta = {
    status,
    headers: kept(headers, directives, nowMs),
    bornMs: nowMs - ageMs,
    lifetimeMs,
    staleWhileRevalidateMs: stale.whileRevalidateMs,
    staleIfErrorMs: stale.ifErrorMs,
    mustRevalidate: stale.never,
    vary,
    explicit: explicitMs !== undefined || directives.noCache,
  };
  return useless ? { store: false, reason: 'no-use', meta } : { store: true, meta };
}

/** Corrected initial age (RFC 9111, 4.2.3). Age may be repeated or a list: its first member counts, if it is a number. */
export function initialAgeMs(response: ResponseHead, nowMs: number, policy: CachePolicy): number {
  const said = deltaSeconds(splitList(get(response.headers, 'age') ?? '')[0] ?? '') ?? 0;
  const corrected = said * 1000 + response.delayMs;
  if (!policy.trustOriginClock) return corrected;
  const dateMs = parseHttpDate(get(response.headers, 'date') ?? '', nowMs) ?? nowMs;
  return Math.max(0, nowMs - dateMs, corrected);
}

/** Age that a response says it has on receipt, in milliseconds, without the time that it took. */
export function saidAgeMs(headers: Headers): number {
  return (deltaSeconds(get(headers, 'age') ?? '') ?? 0) * 1000;
}

export function ageMs(stored: Pick<StoredResponse, 'bornMs'>, nowMs: number): number {
  return Math.max(0, nowMs - stored.bornMs);
}

/** @returns milliseconds of freshness left; negative once stale */
export function ttlMs(stored: Pick<StoredResponse, 'bornMs' | 'lifetimeMs'>, nowMs: number): number {
  return stored.lifetimeMs - ageMs(stored, nowMs);
}

export type Usability =
  | 'fresh'
  /** Stale, and the viewer said that it takes it (max-stale). */
  | 'stale'
  /** Answer now, validate afterwards. */
  | 'stale-while-revalidate'
  /** Not without asking the origin first. */
  | 'validate';

/** Does not look at Vary: the caller has selected the response. Allocates nothing for a request without directives. */
export function usable(
  stored: StoredResponse,
  request: RequestView,
  nowMs: number,
  policy: CachePolicy,
): Usability {
  const ttl = ttlMs(stored, nowMs);
  const directives = policy.honourRequest ? requestDirectives(request.headers) : undefined;
  if (directives === undefined) return byAgeAlone(stored, ttl);
  if (directives.noCache) return 'validate';
  // A reload sends max-age=0; what is immutable needs no validation for that (RFC 8246, 2.1).
  const tooOld =
    directives.maxAge !== undefined &&
    (directives.maxAge === 0 || ageMs(stored, nowMs) > directives.maxAge * 1000) &&
    !(ttl > 0 && isImmutable(stored.headers, policy));
  if (tooOld) return 'validate';
  if (directives.minFresh !== undefined && ttl < directives.minFresh * 1000) return 'validate';
  if (ttl > 0) return 'fresh';
  const accepted = directives.maxStale !== undefined && -ttl <= directives.maxStale * 1000;
  if (accepted && !stored.mustRevalidate) return 'stale';
  return byAgeAlone(stored, ttl);
}

/** May this response be served now that the origin failed (unreachable, broken off or 5xx)? */
export function usableOnError(
  stored: StoredResponse,
  request: RequestView,
  nowMs: number,
  policy: CachePolicy,
): boolean {
  const ttl = ttlMs(stored, nowMs);
  if (ttl > 0) return true;
  if (stored.mustRevalidate) return false;
  const asked = policy.honourRequest ? requestDirectives(request.headers) : undefined;
  if (asked?.noCache === true) return false;
  const window = asked?.staleIfError === undefined ? stored.staleIfErrorMs : asked.staleIfError * 1000;
  return -ttl <= window;
}

/** The viewer wants an answer from the store or 504. */
export function onlyIfCached(request: RequestView, policy: CachePolicy): boolean {
  return policy.honourRequest && (requestDirectives(request.headers)?.onlyIfCached ?? false);
}

interface Control {
  readonly directives: Directives;
  /** From CDN-Cache-Control: Expires does not count. */
  readonly targeted: boolean;
}

function effectiveControl(headers: Headers, policy: CachePolicy): Control {
  for (const name of policy.targetedFields) {
    const directives = targetedControl(headers, name);
    if (directives !== undefined) return { directives, targeted: true };
  }
  return { directives: cacheControl(headers), targeted: false };
}

/** @returns undefined where the response says nothing; 0 where it says something invalid */
function explicitLifetimeMs(headers: Headers, control: Control, nowMs: number): number | undefined {
  const { sMaxAge, maxAge } = control.directives;
  const seconds = sMaxAge ?? maxAge;
  if (seconds !== undefined) return seconds * 1000;
  const expires = get(headers, 'expires');
  if (control.targeted || expires === undefined) return undefined;
  const expiresMs = parseHttpDate(expires, nowMs);
  const dateMs = parseHttpDate(get(headers, 'date') ?? '', nowMs) ?? nowMs;
  return expiresMs === undefined ? 0 : Math.max(0, expiresMs - dateMs);
}

function refusal(
  request: RequestView,
  { status, headers }: ResponseHead,
  by: { control: Directives; explicitMs: number | undefined; policy: CachePolicy },
): Refusal | undefined {
  const { control, explicitMs, policy } = by;
  if (request.method !== 'GET') return 'method';
  if (status < 200 || status === 206 || status === 304) return 'status';
  if (control.mustUnderstand) {
    if (!UNDERSTOOD.has(status)) return 'status';
  } else if (control.noStore) return 'no-store';
  if (control.isPrivate) return 'private';
  if (policy.honourRequest && cacheControl(request.headers).noStore) return 'request-no-store';
  const shared = control.isPublic || control.sMaxAge !== undefined || control.mustRevalidate;
  if (has(request.headers, 'authorization') && !shared) return 'authorization';
  if (!policy.clientErrors && CLIENT_INDUCED.has(status)) return 'client-error';
  const known = HEURISTIC.has(status) || control.isPublic || explicitMs !== undefined;
  if (!known) return 'status';
  const cookie = has(headers, 'set-cookie');
  if (cookie && (policy.setCookie === 'refuse' || !(explicitMs !== undefined || control.isPublic)))
    return 'set-cookie';
  return undefined;
}

function guessedLifetimeMs(
  { status, headers }: ResponseHead,
  control: Directives,
  nowMs: number,
  policy: CachePolicy,
): number {
  if (!HEURISTIC.has(status) && !control.isPublic) return 0;
  const modifiedMs = parseHttpDate(get(headers, 'last-modified') ?? '', nowMs);
  const dateMs = parseHttpDate(get(headers, 'date') ?? '', nowMs) ?? nowMs;
  if (policy.heuristicShare > 0 && modifiedMs !== undefined) {
    return Math.min(policy.heuristicMaxMs, Math.max(0, dateMs - modifiedMs) * policy.heuristicShare);
  }
  return NEGATIVE.has(status) ? policy.negativeLifetimeMs : status < 400 ? policy.defaultLifetimeMs : 0;
}

interface StaleAllowance {
  readonly whileRevalidateMs: number;
  readonly ifErrorMs: number;
  readonly never: boolean;
  readonly explicit: boolean;
}

/**
 * s-maxage alone forbids serving stale (RFC 9111, 5.2.2.10); beside an explicit stale-* (RFC 5861) it does not: the
 * origin wrote both, and `s-maxage=10, stale-while-revalidate=60` would otherwise say nothing. must-revalidate,
 * proxy-revalidate and no-cache forbid it whatever else is said.
 */
function staleAllowance(control: Directives, policy: CachePolicy): StaleAllowance {
  const explicit = control.staleWhileRevalidate !== undefined || control.staleIfError !== undefined;
  const never =
    control.noCache ||
    control.mustRevalidate ||
    control.proxyRevalidate ||
    (control.sMaxAge !== undefined && !explicit);
  if (never) return { whileRevalidateMs: 0, ifErrorMs: 0, never, explicit: false };
  const { staleWhileRevalidate, staleIfError } = control;
  return {
    whileRevalidateMs:
      staleWhileRevalidate === undefined ? policy.staleWhileRevalidateMs : staleWhileRevalidate * 1000,
    ifErrorMs: staleIfError === undefined ? policy.staleIfErrorMs : staleIfError * 1000,
    never,
    explicit,
  };
}

/** Fields as they are stored (RFC 9111, 3.1): of no hop, none that no-cache="..." or private="..." names, a Date. */
function kept(headers: Headers, control: Directives, nowMs: number): HeaderField[] {
  const dropped = control.withheld.length === 0 ? NOT_KEPT : new Set([...NOT_KEPT, ...control.withheld]);
  const fields = without(endToEnd(headers), dropped);
  // RFC 9110, 6.6.1: a recipient with a clock adds the time of receipt where there is no Date.
  if (!has(fields, 'date')) fields.push(['date', formatHttpDate(nowMs)]);
  return fields;
}

function byAgeAlone(stored: StoredResponse, ttl: number): Usability {
  if (ttl > 0) return 'fresh';
  if (!stored.mustRevalidate && -ttl < stored.staleWhileRevalidateMs) return 'stale-while-revalidate';
  return 'validate';
}

/** @returns undefined where the request has no directive, so that the hit path parses nothing */
function requestDirectives(headers: Headers): Directives | undefined {
  if (has(headers, 'cache-control')) return cacheControl(headers);
  // RFC 9111, 5.4: Pragma counts only where there is no Cache-Control.
  return has(headers, 'pragma') ? parseCacheControl(get(headers, 'pragma') ?? '') : undefined;
}

function isImmutable(headers: Headers, policy: CachePolicy): boolean {
  return effectiveControl(headers, policy).directives.immutable;
}
