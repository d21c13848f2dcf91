// Where an origin is, and how its addresses become paths of the agent.
//
// The agent shows an origin's base as its own root, or below a mount where it has several:
//
//     base http://media.example:80/prefix   mount ''      /prefix/live/a.m3u8  <->  /live/a.m3u8
//     base https://vod.example              mount '/vod'  /film/1.ts           <->  /vod/film/1.ts

import { canonicalAuthority, takeApart } from './reference.ts';
import { parseTarget } from './target.ts';

export interface OriginBase {
  /** `http` or `https`. */
  readonly scheme: string;
  /** In lower case, without the scheme's own port. */
  readonly authority: string;
  /** Path of the base without a slash at its end: empty, or `/prefix`. */
  readonly prefix: string;
  /** Path of the agent under which this origin shows: empty, or `/vod`. */
  readonly mount: string;
}

/** @returns undefined where the text is no http or https address, or has a query, fragment or user */
export function parseOriginBase(base: string, mount = ''): OriginBase | undefined {
  const parts = takeApart(base);
  if (parts.kind !== 'absolute' || (parts.scheme !== 'http' && parts.scheme !== 'https')) return undefined;
  if (parts.authority === '' || /[@\s\\]/.test(parts.authority) || /[?#]/.test(parts.rest)) return undefined;
  const prefix = parts.rest.replace(/\/$/, '');
  if (prefix !== '' && !parseTarget(prefix).ok) return undefined;
  return {
    scheme: parts.scheme,
    authority: canonicalAuthority(parts.scheme, parts.authority),
    prefix,
    mount,
  };
}

/** @returns whether `scheme://authority` is this origin's; scheme undefined for a scheme-relative reference */
export function isAt(origin: OriginBase, scheme: string | undefined, authority: string): boolean {
  if (scheme !== undefined && scheme !== origin.scheme) return false;
  return canonicalAuthority(origin.scheme, authority) === origin.authority;
}

/**
 * @param rest path, query and fragment at the origin
 * @returns the same below the agent's root, or undefined where it is not below the base or is no valid target
 */
export function agentPath(origin: OriginBase, rest: string): string | undefined {
  const hash = rest.indexOf('#');
  const target = hash < 0 ? rest : rest.slice(0, hash);
  if (!target.startsWith(origin.prefix)) return undefined;
  const below = target.slice(origin.prefix.length);
  const path = below === '' || below.startsWith('?') ? `/${below}` : below;
  // A rest such as `//evil/x` would lead away from the agent; `/../x` would leave the base.
  if (!path.startsWith('/') || !parseTarget(path).ok) return undefined;
  return origin.mount + path + (hash < 0 ? '' : rest.slice(hash));
}
