// From a URL that hls.js asks for to the path that every agent serves it under, and back to the origin.
//
// Bases with one id are one origin at several addresses, as with content steering and mirrors: a segment is the same
// one under each of them. `agent.url + path` serves `base + path`. A URL may also name an agent already, where a page
// plays an agent's playlist: it is led back to the origin when there is only one, so that the fall-back does not ask
// the agent that just failed. A URL under no known base has no agents at all.

import type { RosterOrigin } from '../agent/wire/roster.ts';

export interface Place {
  readonly originId: string;
  /** Path and query below the base, starting with `/`. */
  readonly target: string;
  readonly originUrl: string;
  /** The same at the origin's other addresses. */
  readonly mirrorUrls: readonly string[];
}

/** One address of an origin. */
export interface OriginBase extends RosterOrigin {
  /** The page named it, so a browser may be sent there; a roster's may be reachable for agents only. */
  readonly named?: boolean;
}

/** @param agentUrls base URLs of the agents known
 *  @returns the place, or undefined where the URL is under no known base */
export function placeOf(
  url: string,
  origins: readonly OriginBase[],
  agentUrls: Iterable<string>,
): Place | undefined {
  const whole = normalised(url);
  if (whole === undefined) return undefined;
  const bases = origins.map((origin) => ({ ...origin, base: bare(origin.base) }));
  const mirrorsOf = (id: string, target: string, but: string): readonly string[] =>
    bases
      .filter((each) => each.id === id && each.named && each.base !== but)
      .map(({ base }) => base + target);
  const owner = bases
    .filter(({ base }) => isBelow(whole, base))
    .sort((a, b) => b.base.length - a.base.length)[0];
  if (owner) {
    const target = whole.slice(owner.base.length);
    const mirrorUrls = mirrorsOf(owner.id, target, owner.base);
    return { originId: owner.id, target, originUrl: url, mirrorUrls };
  }
  const [only] = bases;
  if (only === undefined || bases.some(({ id }) => id !== only.id)) return undefined;
  for (const agent of agentUrls) {
    if (!isBelow(whole, agent)) continue;
    const target = whole.slice(agent.length);
    const mirrorUrls = mirrorsOf(only.id, target, only.base);
    return { originId: only.id, target, originUrl: only.base + target, mirrorUrls };
  }
  return undefined;
}

/** The origins with the addresses that the page knows.
 *  @param base its main address, by which the roster's origin is found; the only one where it names none of them
 *  @param mirrors its other addresses */
export function withMirrors(
  origins: readonly RosterOrigin[],
  base: string | undefined,
  mirrors: readonly string[],
): readonly OriginBase[] {
  const isSame = (one: string, other: string): boolean => bare(one) === bare(other);
  const only = origins.length === 1 ? origins[0] : undefined;
  const owner = origins.find((origin) => base !== undefined && isSame(origin.base, base)) ?? only;
  if (owner === undefined) return origins;
  const named = (base === undefined ? mirrors : [base, ...mirrors]).map((each) => {
    return { id: owner.id, base: each, named: true };
  });
  return [...origins.filter((origin) => !named.some((each) => isSame(each.base, origin.base))), ...named];
}

/** Comparable, and ready for a path behind it. */
function bare(base: string): string {
  return (normalised(base) ?? base).replace(/\/$/, '');
}

function isBelow(url: string, base: string): boolean {
  return url.startsWith(base) && url[base.length] === '/';
}

/** The URL as a browser would send it, without a fragment; undefined where it is none. */
function normalised(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  parsed.hash = '';
  return parsed.protocol === 'http:' || parsed.protocol === 'https:' ? parsed.href : undefined;
}
