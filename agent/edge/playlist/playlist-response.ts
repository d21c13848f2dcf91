// A playlist as it is stored: rewritten so that players stay on the agent, and fresh for as long as playlists are.
//
// A rewritten text is another representation, so it gets a validator of its own, made from its bytes: every agent
// makes the same one. A text that needed no rewriting keeps the origin's.

import type { HeaderField } from '../../wire/message.ts';
import { hash64 } from '../../wire/rendezvous.ts';
import { without } from '../policy/fields.ts';
import type { OriginBase } from '../policy/origin-base.ts';
import type { StoredResponse } from '../ports.ts';
import { playlistLife, readPlaylist } from './playlist.ts';
import { rewritePlaylist } from './playlist-uris.ts';

/**
 * @param said.lifetimeMs freshness that the origin named; undefined where it named none
 * @returns the response; the same object where the body is no playlist
 */
export function storedPlaylist(
  response: StoredResponse,
  said: { readonly target: string; readonly lifetimeMs: number | undefined },
  base: OriginBase,
): StoredResponse {
  const text = textOf(response.body);
  const playlist = text === undefined ? undefined : readPlaylist(text);
  if (text === undefined || playlist === undefined) return response;
  const life = playlistLife(playlist, said);
  const timed: StoredResponse = {
    ...response,
    lifetimeMs: life.lifetimeMs,
    staleIfErrorMs: response.mustRevalidate ? 0 : life.staleIfErrorMs,
  };
  return { ...timed, ...rewritten(timed, text, base) };
}

/** A playlist that is one viewer's alone: rewritten like the others, and never kept.
 *  @returns the same object where the body is no playlist, or needs no rewriting */
export function passedPlaylist<T extends Representation>(response: T, base: OriginBase): T {
  const text = textOf(response.body);
  if (text === undefined || readPlaylist(text) === undefined) return response;
  return { ...response, ...rewritten(response, text, base) };
}

interface Representation {
  readonly headers: readonly HeaderField[];
  readonly body: Uint8Array;
}

function rewritten({ headers, body }: Representation, text: string, base: OriginBase): Representation {
  const changed = rewritePlaylist(text, base, [base]);
  if (changed === text) return { headers, body };
  return { body: utf8.encode(changed), headers: withTag(headers, changed) };
}

/** Validators and digests of the text before it was rewritten. */
const OF_THE_OLD_TEXT: ReadonlySet<string> = new Set([
  'etag',
  'last-modified',
  'content-md5',
  'digest',
  'repr-digest',
  'content-digest',
]);

function withTag(headers: readonly HeaderField[], text: string): HeaderField[] {
  const { high, low } = hash64(text);
  const tag = `"rc-${high.toString(16)}${low.toString(16)}-${text.length}"`;
  return [...without(headers, OF_THE_OLD_TEXT), ['etag', tag]];
}

function textOf(body: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(body);
  } catch {
    // No UTF-8, so no playlist (RFC 8216, 4): served as it is.
    return undefined;
  }
}

const utf8 = new TextEncoder();
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
