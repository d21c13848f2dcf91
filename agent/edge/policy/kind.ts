// What sort of thing a target is: a segment, a playlist, or something else.
//
// By the ending of its path and, once the response is there, by its type, which overrules the ending only downwards:
// a page of HTML that is named like a segment is no segment, so it gets none of the defaults that segments have.

import type { SegmentKind } from '../../core/ports.ts';

export type Kind = SegmentKind | 'other';

const PLAYLIST: ReadonlySet<string> = new Set(['m3u8', 'm3u']);
const SEGMENT: ReadonlySet<string> = new Set([
  'ts',
  'm2ts',
  'm4s',
  'mp4',
  'm4a',
  'm4v',
  'm4f',
  'cmfv',
  'cmfa',
  'cmft',
  'aac',
  'ac3',
  'ec3',
  'mp3',
  'vtt',
  'webvtt',
  'srt',
  'key',
  'init',
  'webm',
]);
const PLAYLIST_TYPE: ReadonlySet<string> = new Set([
  'application/vnd.apple.mpegurl',
  'application/x-mpegurl',
  'audio/mpegurl',
  'audio/x-mpegurl',
]);
const DOCUMENT_TYPE: ReadonlySet<string> = new Set([
  'text/html',
  'application/xhtml+xml',
  'application/json',
]);

/** @param contentType as the response has it; undefined or empty while it is not known */
export function kindOf(target: string, contentType = ''): Kind {
  const type = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  if (DOCUMENT_TYPE.has(type)) return 'other';
  if (PLAYLIST_TYPE.has(type)) return 'playlist';
  const ending = endingOf(target);
  if (PLAYLIST.has(ending)) return 'playlist';
  if (SEGMENT.has(ending)) return 'segment';
  return type.startsWith('video/') || type.startsWith('audio/') ? 'segment' : 'other';
}

/** @returns what follows the last dot of the last path component, in lower case; empty for none */
function endingOf(target: string): string {
  const path = target.split('?', 1)[0] ?? '';
  const component = path.slice(path.lastIndexOf('/') + 1);
  const dot = component.lastIndexOf('.');
  return dot < 0 ? '' : component.slice(dot + 1).toLowerCase();
}
