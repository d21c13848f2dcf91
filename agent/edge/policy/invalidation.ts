// Which stored responses an unsafe request makes untrue (RFC 9111, 4.4).
//
// A request whose method may change something, answered without an error, invalidates its own target and those that
// Location and Content-Location name on the same origin. Only there: else one origin could empty the cache of another.

import { get, type Headers } from './fields.ts';
import { agentPath, isAt, type OriginBase } from './origin-base.ts';
import { resolveTarget, takeApart } from './reference.ts';
import { parseTarget } from './target.ts';

/** RFC 9110, 9.2.1. Methods that are not known here count as unsafe. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

export interface Exchange {
  readonly method: string;
  /** As the agent knows it, below its root. */
  readonly target: string;
  /** Value of the viewer's Host field; undefined where there was none. */
  readonly host: string | undefined;
  readonly status: number;
  /** Of the response. */
  readonly headers: Headers;
  /** The origin that answered. */
  readonly origin: OriginBase;
}

export function isUnsafe(method: string): boolean {
  return !SAFE.has(method);
}

/** @returns targets below the agent's root whose stored responses, all variants of them, are to be deleted */
export function invalidated(exchange: Exchange): string[] {
  const { method, target, status, headers } = exchange;
  if (!isUnsafe(method) || status < 200 || status > 399) return [];
  const targets = new Set([target]);
  for (const name of ['location', 'content-location']) {
    const value = get(headers, name);
    const named = value === undefined ? undefined : targetOf(value, exchange);
    if (named !== undefined) targets.add(named);
  }
  return [...targets];
}

function targetOf(reference: string, { target, host, origin }: Exchange): string | undefined {
  const parts = takeApart(reference);
  if (parts.kind === 'opaque') return undefined;
  if (parts.kind === 'relative') return valid(resolveTarget(target, parts.rest));
  if (parts.kind !== 'rooted') {
    // The origin knows itself by its own address, or by the one that the viewer used.
    if (parts.authority === host?.toLowerCase()) return valid(resolveTarget('/', parts.rest));
    const scheme = parts.kind === 'absolute' ? parts.scheme : undefined;
    if (!isAt(origin, scheme, parts.authority)) return undefined;
  }
  const path = agentPath(origin, resolveTarget('/', parts.rest));
  return path === undefined ? undefined : valid(path);
}

function valid(target: string): string | undefined {
  return parseTarget(target).ok ? target : undefined;
}
