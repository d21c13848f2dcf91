// What a segment is called, by agents and plugin alike: one function, no playlist needed.
//
// name = origin id + path + query without what does not select content + byte range where the playlist addresses
// one. Tokens, CMCD and tracking parameters differ per viewer and would split one segment into thousands; the
// operator's deny-list takes them out. Everything else stays in, in its order: a query that we do not know may
// select content. The path is taken as the client sent it: rewriting `%7e` or `//` would guess at the origin's rules.
// Leaving a token out of the name is only safe with a verifier in front (TRUST: tokens); the defaults name none.

import type { SegmentName } from './ids.ts';

export interface SegmentAddress {
  /** Stable name of the origin, the same at every agent of a region. */
  readonly originId: string;
  /** Path and query below the origin's base, starting with `/`: `/live/720p/seg-12.m4s?v=2`. */
  readonly target: string;
  /** First byte and the byte after the last, where the playlist addresses a range of a resource. */
  readonly range?: { readonly start: number; readonly end: number } | undefined;
}

/** Query parameters that never select content. A trailing `*` matches any ending. */
export const IGNORED_QUERY_DEFAULT: readonly string[] = ['CMCD', 'utm_*', '_ringcast*'];

/** @param ignoredQuery parameter names left out, compared as written; a trailing `*` matches any ending */
export function segmentName(
  address: SegmentAddress,
  ignoredQuery: readonly string[] = IGNORED_QUERY_DEFAULT,
): SegmentName {
  const target = withoutQuery(address.target, (name) => matches(name, ignoredQuery));
  const range = address.range === undefined ? '' : ` ${address.range.start}-${address.range.end}`;
  return `${address.originId} ${target}${range}` as SegmentName;
}

/** What placement hashes: the name without `_HLS_*`, so that every variant of one playlist has one home. */
export function placementKey(name: SegmentName): string {
  return name.includes('_HLS_') ? withoutQuery(name, (parameter) => parameter.startsWith('_HLS_')) : name;
}

function withoutQuery(target: string, drop: (name: string) => boolean): string {
  const mark = target.indexOf('?');
  if (mark < 0) return target;
  const kept = target
    .slice(mark + 1)
    .split('&')
    .filter((pair) => pair !== '' && !drop(pair.split('=', 1)[0] ?? ''));
  return kept.length === 0 ? target.slice(0, mark) : `${target.slice(0, mark)}?${kept.join('&')}`;
}

function matches(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
  );
}
