// Which of a page's requests are a player's for media, and may go to agents.
//
// A service worker sees them all and knows no player: it goes by method, ending and range. What it is not sure of is
// left to the browser, as are requests that carry cookies: an agent gets none, and their answer may hang on them.

import type { ByteRange } from '../answer.ts';
import type { LoadKind } from '../desk.ts';

/** Segments of HLS and DASH, init segments and WebVTT. */
const SEGMENT = /\.(?:m4s|mp4|ts|m2ts|m4v|m4a|m4f|cmf[vat]|aac|mp3|ac3|ec3|vtt|webvtt|webm)$/i;
const PLAYLIST = /\.m3u8$/i;

export interface MediaRequest {
  readonly kind: LoadKind;
  readonly range: ByteRange | undefined;
}

/** @returns undefined where the browser is to go on by itself */
export function mediaRequest(request: Request): MediaRequest | undefined {
  const { method, mode, credentials, cache, url } = request;
  if (method !== 'GET' || mode === 'navigate' || credentials === 'include' || cache === 'only-if-cached')
    return undefined;
  const { pathname, protocol } = new URL(url);
  if (!protocol.startsWith('http')) return undefined;
  const kind = SEGMENT.test(pathname) ? 'segment' : PLAYLIST.test(pathname) ? 'playlist' : undefined;
  const asked = request.headers.get('range');
  if (!kind || asked === null) return kind && { kind, range: undefined };
  // An open range is a video element paging through a file that is no stream of segments.
  const match = /^bytes=(\d+)-(\d+)$/.exec(asked);
  return match ? { kind, range: { start: Number(match[1]), end: Number(match[2]) + 1 } } : undefined;
}

/** Of the request, what an agent is told: without what the browser sets by itself or the range, which is set anew. */
export function passedHeaders(request: Request): Readonly<Record<string, string>> {
  return Object.fromEntries([...request.headers].filter(([name]) => /^(?:cmcd-|authorization$)/.test(name)));
}
