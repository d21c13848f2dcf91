// From a URL that hls.js asks for to the path that every agent serves it under, and back to the origin.
//
// A roster names the bases of its origins; `agent.url + path` serves `base + path`. A URL may also name an agent
// already, where a page plays an agent's playlist: it is led back to the origin when there is only one, so that the
// fall-back does not ask the agent that just failed. A URL under no known base has no agents at all.

import type { RosterOrigin } from '../agent/wire/roster.ts';

export interface Place {
  readonly originId: string;
  /** Path and query below the base, starting with `/`. */
  readonly target: string;
  readonly originUrl: string;
}

/** @param agentUrls base URLs of the agents known
 *  @returns the place, or undefined where the URL is under no known base */
export function placeOf(
  url: string,
  origins: readonly RosterOrigin[],
  agentUrls: Iterable<string>,
): Place | undefined {
  const whole = normalised(url);
  if (whole === undefined) return undefined;
  const owner = origins
    .map((origin) => ({ id: origin.id, base: normalised(origin.base)?.replace(/\/$/, '') }))
    .filter(({ base }) => base !== undefined && isBelow(whole, base))
    .sort((a, b) => (b.base?.length ?? 0) - (a.base?.length ?? 0))[0];
  if (owner?.base !== undefined) {
    return { originId: owner.id, target: whole.slice(owner.base.length), originUrl: url };
  }
  const [only, ...others] = origins;
  if (only === undefined || others.length > 0) return undefined;
  for (const agent of agentUrls) {
    if (!isBelow(whole, agent)) continue;
    const target = whole.slice(agent.length);
    return { originId: only.id, target, originUrl: only.base.replace(/\/$/, '') + target };
  }
  return undefined;
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
