// Makes a playlist's absolute URIs point at the agent, so that a plain player stays on it.
//
// Relative URIs stay as they are: they resolve against the agent already. Changed are URI lines and the attributes
// that hold URIs, where they are absolute or scheme-relative and below a configured origin's base, and rooted ones
// where the origin's base has a path that the agent does not show:
//
//     base http://media.example/prefix
//     http://media.example/prefix/a/1.ts   ->  /a/1.ts
//     /prefix/a/1.ts                       ->  /a/1.ts
//     /other/1.ts                          ->  http://media.example/other/1.ts   (the agent cannot reach it)
//     https://elsewhere.example/ad.ts, seg-2.ts?x=1                              (untouched)
//
// One pass over the text without regular expressions on its content; line ends are kept. Variables (EXT-X-DEFINE) are
// not expanded. A changed playlist needs an ETag and length of its own: the caller's.

import { agentPath, isAt, type OriginBase } from '../policy/origin-base.ts';
import { takeApart } from '../policy/reference.ts';
import { PLAYLIST_CHARS_MAX } from './playlist.ts';

/** Attributes whose quoted value is a URI: RFC 8216 and its successor, content steering, interstitials. */
const URI_ATTRIBUTES: ReadonlySet<string> = new Set(['URI', 'SERVER-URI', 'X-ASSET-URI', 'X-ASSET-LIST']);

/**
 * @param from the origin that served the playlist: rooted URIs are its
 * @param origins every configured origin, `from` among them
 * @returns the same text where nothing was to be changed, or where it is too long to be read
 */
export function rewritePlaylist(text: string, from: OriginBase, origins: readonly OriginBase[]): string {
  if (text.length > PLAYLIST_CHARS_MAX) return text;
  let out = '';
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf('\n', at);
    const next = newline < 0 ? text.length : newline + 1;
    const end = lineEnd(text, at, next);
    const line = text.slice(at, end);
    const uri = (reference: string): string => rewriteUri(reference, from, origins);
    out += line.startsWith('#') ? rewriteTag(line, uri) : line === '' ? '' : uri(line);
    out += text.slice(end, next);
    at = next;
  }
  return out === text ? text : out;
}

/** @returns the reference as a player at the agent must have it */
export function rewriteUri(reference: string, from: OriginBase, origins: readonly OriginBase[]): string {
  const parts = takeApart(reference);
  switch (parts.kind) {
    case 'opaque':
    case 'relative':
      return reference;
    case 'rooted':
      if (from.prefix === '' && from.mount === '') return reference;
      return agentPath(from, parts.rest) ?? `${from.scheme}://${from.authority}${parts.rest}`;
    case 'absolute':
    case 'scheme-relative': {
      const scheme = parts.kind === 'absolute' ? parts.scheme : undefined;
      for (const origin of origins) {
        const path = isAt(origin, scheme, parts.authority) ? agentPath(origin, parts.rest) : undefined;
        if (path !== undefined) return path;
      }
      return reference;
    }
  }
}

function lineEnd(text: string, from: number, next: number): number {
  let end = next;
  while (end > from && (text[end - 1] === '\n' || text[end - 1] === '\r')) end -= 1;
  return end;
}

/** Walks the attribute list behind the colon: NAME=value or NAME="value", commas between. */
function rewriteTag(line: string, uri: (reference: string) => string): string {
  const colon = line.startsWith('#EXT') ? line.indexOf(':') : -1;
  if (colon < 0) return line;
  let out = '';
  let copied = 0;
  for (let at = colon + 1; at < line.length; ) {
    const equals = line.indexOf('=', at);
    if (equals < 0) break;
    const name = line.slice(at, equals).trim();
    if (line[equals + 1] !== '"') {
      const comma = line.indexOf(',', equals);
      at = comma < 0 ? line.length : comma + 1;
      continue;
    }
    const close = line.indexOf('"', equals + 2);
    if (close < 0) break;
    if (URI_ATTRIBUTES.has(name)) {
      out += line.slice(copied, equals + 2) + uri(line.slice(equals + 2, close));
      copied = close;
    }
    const comma = line.indexOf(',', close);
    at = comma < 0 ? line.length : comma + 1;
  }
  return out + line.slice(copied);
}
