// What Cache-Control says, of a response or of a request.
//
// One reading for both: nobody's directive means two things. Errors are read as RFC 9111, 4.2.1 advises, towards not
// reusing: of a repeated directive the first counts; an age that is no whole number is 0. White space beside the `=`
// makes the value invalid. Both token and quoted values are taken; numbers too large to count are 2^31 seconds.
// Directives that are not known here are ignored.

import { combined, type Headers, splitList, unquoted } from './fields.ts';

/** Ages in seconds, at most 2^31; undefined where the directive is absent. */
export interface Directives {
  readonly maxAge: number | undefined;
  readonly sMaxAge: number | undefined;
  readonly noStore: boolean;
  /** Unqualified. */
  readonly noCache: boolean;
  /** Fields that `no-cache="..."` and `private="..."` name, in lower case: not to be reused. */
  readonly withheld: readonly string[];
  /** Unqualified. */
  readonly isPrivate: boolean;
  readonly isPublic: boolean;
  readonly mustRevalidate: boolean;
  readonly proxyRevalidate: boolean;
  readonly mustUnderstand: boolean;
  readonly immutable: boolean;
  readonly staleWhileRevalidate: number | undefined;
  readonly staleIfError: number | undefined;
  /** Of requests; Infinity for max-stale without a value. */
  readonly maxStale: number | undefined;
  readonly minFresh: number | undefined;
  readonly onlyIfCached: boolean;
}

export const NO_DIRECTIVES: Directives = {
  maxAge: undefined,
  sMaxAge: undefined,
  noStore: false,
  noCache: false,
  withheld: [],
  isPrivate: false,
  isPublic: false,
  mustRevalidate: false,
  proxyRevalidate: false,
  mustUnderstand: false,
  immutable: false,
  staleWhileRevalidate: undefined,
  staleIfError: undefined,
  maxStale: undefined,
  minFresh: undefined,
  onlyIfCached: false,
};

/** RFC 9111, 1.2.2: what is too large to hold counts as this, 68 years. */
export const SECONDS_MAX: number = 2 ** 31;

export type Mutable = { -readonly [K in keyof Directives]: Directives[K] };

export function cacheControl(headers: Headers): Directives {
  const value = combined(headers, 'cache-control');
  return value === undefined ? NO_DIRECTIVES : parseCacheControl(value);
}

/** @param value all lines of the field, joined with commas */
export function parseCacheControl(value: string): Directives {
  const to: Mutable = { ...NO_DIRECTIVES };
  for (const member of splitList(value)) {
    const equals = member.indexOf('=');
    const rawName = equals < 0 ? member : member.slice(0, equals);
    // `max-age =60` names no directive; read as max-age with a bad value, so that it is stale and not absent.
    const name = rawName.trimEnd();
    const argument = equals < 0 ? undefined : member.slice(equals + 1);
    apply(to, name.toLowerCase(), name === rawName ? argument : '');
  }
  return to;
}

/** @returns seconds, or undefined where the text is no whole number of them */
export function deltaSeconds(text: string): number | undefined {
  if (!/^\d{1,128}$/.test(text)) return undefined;
  return Math.min(Number(text), SECONDS_MAX);
}

function apply(to: Mutable, name: string, argument: string | undefined): void {
  const seconds = argument === undefined ? undefined : deltaSeconds(unquoted(argument));
  switch (name) {
    case 'max-age':
      to.maxAge ??= seconds ?? 0;
      break;
    case 's-maxage':
      to.sMaxAge ??= seconds ?? 0;
      break;
    case 'stale-while-revalidate':
      to.staleWhileRevalidate ??= seconds ?? 0;
      break;
    case 'stale-if-error':
      to.staleIfError ??= seconds ?? 0;
      break;
    case 'min-fresh':
      to.minFresh ??= seconds;
      break;
    case 'max-stale':
      to.maxStale ??= argument === undefined ? Number.POSITIVE_INFINITY : (seconds ?? 0);
      break;
    case 'no-cache':
      to.noCache = withhold(to, argument) || to.noCache;
      break;
    case 'private':
      to.isPrivate = withhold(to, argument) || to.isPrivate;
      break;
    default:
      raise(to, name);
  }
}

/** @returns whether the directive stands without field names, and so for the whole response */
function withhold(to: Mutable, argument: string | undefined): boolean {
  const names = argument === undefined ? [] : splitList(unquoted(argument));
  if (names.length === 0) return true;
  to.withheld = [...to.withheld, ...names.map((name) => name.toLowerCase())];
  return false;
}

function raise(to: Mutable, name: string): void {
  if (name === 'no-store') to.noStore = true;
  else if (name === 'public') to.isPublic = true;
  else if (name === 'must-revalidate') to.mustRevalidate = true;
  else if (name === 'proxy-revalidate') to.proxyRevalidate = true;
  else if (name === 'must-understand') to.mustUnderstand = true;
  else if (name === 'immutable') to.immutable = true;
  else if (name === 'only-if-cached') to.onlyIfCached = true;
}
