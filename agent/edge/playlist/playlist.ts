// What the edge needs to know of an HLS playlist: is it still growing, at what pace, and so how long it may be kept.
//
// A live playlist grows once per target duration T. A player polls at about that pace, so what the agent keeps for t
// adds up to t to every viewer's delay, and costs the origin one request per t and region. A quarter of T is the
// compromise: at T = 4 s, 1 s more delay at the worst, four requests per segment whatever the number of viewers; the
// origin's own, shorter word wins. A blocking reload (`_HLS_msn`) that was answered with what it waited for names one
// state of the playlist for good, so it is kept for six target durations, as rfc8216bis advises CDNs.
// It reads lines and ages; URIs are playlist-uris.ts. It does not check that a playlist is valid.

/** Characters of the largest playlist that is read: a day of 2 s segments with long names. */
export const PLAYLIST_CHARS_MAX: number = 8 * 1024 * 1024;

export interface Playlist {
  /** Names other playlists, no segments. */
  readonly multivariant: boolean;
  /** Grows: no end is marked. */
  readonly live: boolean;
  /** Seconds; 0 where there is none. */
  readonly targetDuration: number;
  /** Seconds of a part (LL-HLS); 0 where there are none. */
  readonly partTarget: number;
  /** Number of the first segment. */
  readonly mediaSequence: number;
  /** Segments, those included that a delta update skips. */
  readonly segments: number;
  /** Parts behind the last whole segment. */
  readonly partsOfNext: number;
  /** Seconds of all segments listed. */
  readonly duration: number;
  readonly canBlockReload: boolean;
}

/** @returns undefined where the text does not start as a playlist or is too long to be read */
export function readPlaylist(text: string): Playlist | undefined {
  if (!text.startsWith('#EXTM3U') || text.length > PLAYLIST_CHARS_MAX) return undefined;
  const found = {
    multivariant: false,
    live: true,
    targetDuration: 0,
    partTarget: 0,
    mediaSequence: 0,
    segments: 0,
    partsOfNext: 0,
    duration: 0,
    canBlockReload: false,
  };
  for (const line of lines(text)) {
    if (!line.startsWith('#EXT')) continue;
    const colon = line.indexOf(':');
    const tag = colon < 0 ? line.trimEnd() : line.slice(0, colon);
    read(found, tag, colon < 0 ? '' : line.slice(colon + 1));
  }
  return { ...found, live: found.live && !found.multivariant };
}

export interface Life {
  readonly lifetimeMs: number;
  readonly staleIfErrorMs: number;
}

/**
 * @param said.target request target, for what a blocking reload asked
 * @param said.lifetimeMs what the origin said explicitly; undefined where it said nothing
 */
export function playlistLife(
  playlist: Playlist,
  said: { readonly target: string; readonly lifetimeMs: number | undefined },
): Life {
  const own = ownLife(playlist, said.target);
  return { ...own, lifetimeMs: Math.min(own.lifetimeMs, said.lifetimeMs ?? Number.POSITIVE_INFINITY) };
}

/** A finished playlist does not change. */
const VOD: Life = { lifetimeMs: 3600_000, staleIfErrorMs: 24 * 3600_000 };
/** A ladder of renditions changes when an operator changes it: seen within five minutes. */
const MULTIVARIANT: Life = { lifetimeMs: 300_000, staleIfErrorMs: 24 * 3600_000 };
/** Below 200 ms a cache saves nothing over collapsing; above 2 s viewers notice the delay. */
const LIVE_MIN_MS = 200;
const LIVE_MAX_MS = 2000;
/** Past the listed segments nothing is left to play, and past a minute a viewer should hear of the failure. */
const LIVE_STALE_MAX_MS = 60_000;

function ownLife(playlist: Playlist, target: string): Life {
  if (playlist.multivariant) return MULTIVARIANT;
  if (!playlist.live) return VOD;
  const targetMs = playlist.targetDuration * 1000;
  const staleIfErrorMs = Math.min(LIVE_STALE_MAX_MS, Math.max(targetMs, playlist.duration * 1000));
  if (isBlockedState(playlist, target)) return { lifetimeMs: 6 * targetMs, staleIfErrorMs };
  // Players of low latency poll once per part where they cannot block.
  const pace = playlist.partTarget > 0 ? Math.min(targetMs / 4, playlist.partTarget * 500) : targetMs / 4;
  return { lifetimeMs: Math.min(LIVE_MAX_MS, Math.max(LIVE_MIN_MS, pace)), staleIfErrorMs };
}

/** Did this answer wait for the segment or part that its target asks for? */
function isBlockedState(playlist: Playlist, target: string): boolean {
  const msn = queryNumber(target, '_HLS_msn');
  if (!playlist.canBlockReload || msn === undefined) return false;
  const next = playlist.mediaSequence + playlist.segments;
  if (msn < next) return true;
  const part = queryNumber(target, '_HLS_part');
  return msn === next && part !== undefined && part < playlist.partsOfNext;
}

function queryNumber(target: string, name: string): number | undefined {
  const mark = target.indexOf('?');
  if (mark < 0) return undefined;
  for (const pair of target.slice(mark + 1).split('&')) {
    if (pair.startsWith(`${name}=`)) return whole(pair.slice(name.length + 1));
  }
  return undefined;
}

type Found = { -readonly [K in keyof Playlist]: Playlist[K] };

function read(found: Found, tag: string, value: string): void {
  switch (tag) {
    case '#EXTINF':
      found.segments += 1;
      found.partsOfNext = 0;
      found.duration += decimal(value);
      break;
    case '#EXT-X-PART':
      found.partsOfNext += 1;
      break;
    case '#EXT-X-STREAM-INF':
    case '#EXT-X-I-FRAME-STREAM-INF':
      found.multivariant = true;
      break;
    case '#EXT-X-TARGETDURATION':
      found.targetDuration = decimal(value);
      break;
    case '#EXT-X-MEDIA-SEQUENCE':
      found.mediaSequence = whole(value) ?? 0;
      break;
    case '#EXT-X-PART-INF':
      found.partTarget = decimal(attribute(value, 'PART-TARGET'));
      break;
    case '#EXT-X-SKIP':
      found.segments += whole(attribute(value, 'SKIPPED-SEGMENTS')) ?? 0;
      break;
    case '#EXT-X-SERVER-CONTROL':
      found.canBlockReload = attribute(value, 'CAN-BLOCK-RELOAD') === 'YES';
      break;
    case '#EXT-X-PLAYLIST-TYPE':
      if (value.trim() === 'VOD') found.live = false;
      break;
    case '#EXT-X-ENDLIST':
      found.live = false;
      break;
  }
}

/** Seconds at the start of the text, at most a day; 0 where there is no number. */
function decimal(text: string): number {
  const digits = /^\s{0,8}(\d{1,9}(?:\.\d{1,9})?)/.exec(text)?.[1];
  return digits === undefined ? 0 : Math.min(Number(digits), 86_400);
}

function whole(text: string): number | undefined {
  const digits = /^\s{0,8}(\d{1,15})\s{0,8}$/.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** @returns the value of an unquoted attribute; empty where there is none */
function attribute(list: string, name: string): string {
  const pair = list.split(',').find((each) => each.trimStart().startsWith(`${name}=`));
  return pair === undefined ? '' : pair.slice(pair.indexOf('=') + 1).trim();
}

function* lines(text: string): Generator<string> {
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf('\n', from);
    const to = end < 0 ? text.length : end;
    yield text.slice(from, to);
    from = to + 1;
  }
}
