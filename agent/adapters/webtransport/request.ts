// A player's `get` as the edge takes it, or what is wrong with it.
//
// The same rules as for a head over HTTP, where they still mean something: names are tokens in lower case, values hold
// no control characters, and fields that only frame a connection are refused, since no honest player can send them.

import type { ViewerRequest } from '../../edge/ports.ts';
import type { Get, HeaderField } from '../../wire/message.ts';

const NAME = /^[a-z0-9!#$%&'*+.^_`|~-]{1,256}$/;
/** Visible ASCII, space, tab and what is beyond ASCII (RFC 9110, 5.5); no space around. */
const VALUE = /^(?:[\x21-\x7e\u0080-\u00ff](?:[\t\x20-\x7e\u0080-\u00ff]*[\x21-\x7e\u0080-\u00ff])?)?$/;
const OF_CONNECTIONS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export type Asked =
  | { readonly ok: true; readonly request: ViewerRequest }
  | { readonly ok: false; readonly sentence: string };

export function viewerRequest({ method, target, headers }: Get): Asked {
  const wrong = headers.map(fault).find((each) => each !== undefined);
  if (wrong !== undefined) return { ok: false, sentence: wrong };
  return { ok: true, request: { method, target, headers, body: undefined } };
}

function fault([name, value]: HeaderField): string | undefined {
  if (!NAME.test(name)) return 'expected header field names in lower case, of letters, digits and hyphens';
  if (!VALUE.test(value)) return `expected visible characters as value of ${name}`;
  return OF_CONNECTIONS.has(name) ? `${name} belongs to connections of HTTP/1.1 and is not taken` : undefined;
}
