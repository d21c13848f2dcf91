// One thing that the origin can answer with: bytes, and the headers that belong to them. The body is read by position,
// so that the fast path (one buffer), ranges, paced faults and endless synthetic objects share one way to send.
import { createHash } from 'node:crypto';

export interface Body {
  readonly length: number;
  /** The bytes [start, end). A view where there is a buffer: the caller does not write into it. */
  slice(start: number, end: number): Buffer;
}

export interface Resource {
  readonly body: Body;
  readonly contentType: string;
  readonly cacheControl: string;
  /** Strong, with its quotes. */
  readonly etag: string;
  readonly modifiedMs: number;
}

/** Content-Type of each kind of file here. */
export const contentTypes = {
  playlist: 'application/vnd.apple.mpegurl',
  fmp4: 'video/mp4',
  ts: 'video/mp2t',
  bytes: 'application/octet-stream',
} as const;

/**
 * How long a cache may keep each kind. Media never changes under its URL. Low-latency playlists follow rfc8216bis,
 * appendix on caching: half a target duration without directives, six with them (such a URL names one version).
 * A key is for its viewer: shared caches shall leave it alone.
 */
export const cacheControls = {
  media: 'public, max-age=31536000, immutable',
  vodPlaylist: 'public, max-age=60',
  livePlaylist: 'public, max-age=1',
  blockingPlaylist: 'public, max-age=12',
  key: 'private, max-age=300',
} as const;

export function bufferResource(
  bytes: Buffer,
  head: { contentType: string; cacheControl: string; modifiedMs: number },
): Resource {
  return {
    body: { length: bytes.length, slice: (start, end) => bytes.subarray(start, end) },
    etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 27)}"`,
    ...head,
  };
}
