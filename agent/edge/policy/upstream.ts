// The header fields of a request towards the origin, rebuilt from the viewer's.
//
// What goes: fields of the hop and those that Connection names; Host, which the adapter sets; and fields with which a
// viewer could make an origin answer something else under a key that does not hold them (X-Forwarded-Host,
// X-HTTP-Method-Override and their like): a proxied viewer has no proxy in front that we trust, so their word for
// where they come from is not passed on, and neither is their address. For a response that is to be cached the
// conditions and the range go too: the agent asks for the whole and answers both itself.
// What comes: Via (RFC 9110, 7.6.3) and CDN-Loop (RFC 8586), by which a loop through the agent is found.

import type { HeaderField } from '../../wire/message.ts';
import { endToEnd, type Headers, listed } from './fields.ts';

export interface UpstreamRules {
  /**
   * Token in CDN-Loop that says "one of us". Agents of one cluster share it; a cluster whose origin is another
   * cluster of the same software needs a token of its own.
   */
  readonly loopToken: string;
  /** Tells this agent in CDN-Loop and Via. */
  readonly agentId: string;
  /** Ask for uncoded bytes: one copy for all viewers, and no decompression bomb. */
  readonly identity: boolean;
  /** Further fields that are not sent, in lower case. */
  readonly dropped: ReadonlySet<string>;
}

/** `cached`: a GET whose response is to be stored. `passed`: one viewer's own request, handed through. */
export type UpstreamMode = 'cached' | 'passed';

const NEVER_SENT: ReadonlySet<string> = new Set([
  'host',
  'expect',
  'forwarded',
  'max-forwards',
  'proxy',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-host',
  'x-original-url',
  'x-rewrite-url',
  'x-host',
  'x-real-ip',
  'true-client-ip',
  'http2-settings',
]);
const NEVER_SENT_PREFIX: readonly string[] = ['x-forwarded-', 'proxy-', ':'];
const ANSWERED_HERE: ReadonlySet<string> = new Set([
  'range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
  'content-length',
  'content-type',
]);
/** What says the same of every request of one viewer, or steers caches: not for a response that all viewers share. */
const OF_ONE_VIEWER: ReadonlySet<string> = new Set([
  'cache-control',
  'pragma',
  'cmcd-request',
  'cmcd-object',
  'cmcd-session',
  'cmcd-status',
]);

/** For UpstreamRules.dropped in front of media: nothing of one viewer's reaches the request that all share. */
export const MEDIA_DROPPED: ReadonlySet<string> = OF_ONE_VIEWER;

/** @returns fields to send; Host, framing and, where a stored response is validated, conditions are added by others */
export function upstreamHeaders(viewer: Headers, mode: UpstreamMode, rules: UpstreamRules): HeaderField[] {
  const headers = endToEnd(viewer).filter(([name]) => isSent(name, mode, rules));
  if (rules.identity && mode === 'cached') headers.push(['accept-encoding', 'identity']);
  headers.push(['via', `1.1 ${pseudonym(rules)}`]);
  headers.push(['cdn-loop', `${rules.loopToken}; id=${rules.agentId}`]);
  return headers;
}

/** @returns whether this request has passed here, or through one of us, before: answer 508 */
export function isLoop(viewer: Headers, rules: UpstreamRules): boolean {
  const token = rules.loopToken.toLowerCase();
  for (const member of listed(viewer, 'cdn-loop')) {
    const [id = '', ...parameters] = member.split(';').map((part) => part.trim());
    if (id.toLowerCase() === token) return true;
    if (parameters.some((each) => each === `id=${rules.agentId}` || each === `id="${rules.agentId}"`))
      return true;
  }
  const us = pseudonym(rules);
  return listed(viewer, 'via').some((member) => member.split(/[ \t]+/, 3)[1] === us);
}

/** Short: the header is sent with every request. 8 hex digits of a key are enough to tell agents of a cluster apart. */
function pseudonym(rules: UpstreamRules): string {
  return `${rules.loopToken}-${rules.agentId.slice(0, 8)}`;
}

function isSent(name: string, mode: UpstreamMode, rules: UpstreamRules): boolean {
  if (NEVER_SENT.has(name) || NEVER_SENT_PREFIX.some((prefix) => name.startsWith(prefix))) return false;
  if (mode === 'passed') return true;
  if (ANSWERED_HERE.has(name) || rules.dropped.has(name)) return false;
  return !(rules.identity && name === 'accept-encoding');
}
