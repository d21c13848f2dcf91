// Reads the playlists that a headless viewer follows: renditions of a multivariant playlist, segments of a media one.
//
// Only what a viewer of the demo's streams needs: no keys, byte ranges, parts, or renditions of audio and text.

export interface Variant {
  readonly url: string;
  readonly bitsPerS: number;
}

export interface Segment {
  readonly sequence: number;
  readonly url: string;
  readonly durationS: number;
  /** Of the initialization section; none in MPEG-TS. */
  readonly initUrl: string | undefined;
}

export interface MediaPlaylist {
  readonly targetDurationS: number;
  /** Nothing will be added. */
  readonly ended: boolean;
  readonly segments: readonly Segment[];
}

/** @param url of the playlist, which its URIs are relative to
 *  @returns the lowest bit rate first */
export function parseMultivariant(text: string, url: string): Variant[] {
  const variants: Variant[] = [];
  let bitsPerS: number | undefined;
  for (const line of linesOf(text)) {
    if (line.startsWith('#EXT-X-STREAM-INF:')) {
      bitsPerS = Number(/[:,]BANDWIDTH=(\d+)/.exec(line)?.[1] ?? 0);
    } else if (!line.startsWith('#') && bitsPerS !== undefined) {
      variants.push({ url: new URL(line, url).href, bitsPerS });
      bitsPerS = undefined;
    }
  }
  return variants.sort((a, b) => a.bitsPerS - b.bitsPerS);
}

export function parseMedia(text: string, url: string): MediaPlaylist {
  const segments: Segment[] = [];
  let sequence = 0;
  let durationS = 0;
  let targetDurationS = 0;
  let initUrl: string | undefined;
  let ended = false;
  for (const line of linesOf(text)) {
    const value = line.slice(line.indexOf(':') + 1);
    if (line.startsWith('#EXT-X-MEDIA-SEQUENCE:')) sequence = Number(value);
    else if (line.startsWith('#EXT-X-TARGETDURATION:')) targetDurationS = Number(value);
    else if (line.startsWith('#EXTINF:')) durationS = Number.parseFloat(value);
    else if (line === '#EXT-X-ENDLIST') ended = true;
    else if (line.startsWith('#EXT-X-MAP:')) {
      const uri = /URI="([^"]+)"/.exec(line)?.[1];
      initUrl = uri === undefined ? undefined : new URL(uri, url).href;
    } else if (!line.startsWith('#')) {
      segments.push({ sequence, url: new URL(line, url).href, durationS, initUrl });
      sequence += 1;
    }
  }
  return { targetDurationS, ended, segments };
}

/** Segments behind the live edge at which a player starts: RFC 8216, 6.3.3. */
const START_BEHIND = 3;

/** @param last sequence number of the segment that was fetched last
 *  @returns the segment to fetch next; a viewer that fell out of a live window goes on at its start.
 *  undefined where there is nothing new */
export function nextSegment(playlist: MediaPlaylist, last: number | undefined): Segment | undefined {
  const { segments, ended } = playlist;
  if (last !== undefined) return segments.find((segment) => segment.sequence > last);
  return ended ? segments[0] : segments[Math.max(0, segments.length - START_BEHIND)];
}

function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  if (lines[0] !== '#EXTM3U')
    throw new Error(`expected a playlist, got ${JSON.stringify(text.slice(0, 60))}`);
  return lines.filter((line) => line !== '');
}
