// The text of the playlists that do not need low latency: multivariant, VOD, and the sliding window of a live stream.
// Pure functions of the ladder and the window; LL-HLS has its own file.
import {
  discontinuitySequence,
  type LiveShape,
  type LiveWindow,
  programDateMs,
  startsLoop,
} from './live-window.ts';
import type { Rendition } from './media.ts';

/** What stands between two URIs in any of our playlists: whole seconds, so no player sees a rounding error. */
export function extInf(ms: number): string {
  return `#EXTINF:${(ms / 1000).toFixed(5)},`;
}

export function multivariantPlaylist(renditions: readonly Rendition[], frameRate: number): string {
  const fmp4 = renditions.some((rendition) => rendition.container === 'fmp4');
  return lines([
    '#EXTM3U',
    `#EXT-X-VERSION:${fmp4 ? 7 : 4}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    ...renditions.flatMap((rendition) => [
      `#EXT-X-STREAM-INF:BANDWIDTH=${rendition.peakBitsPerS},AVERAGE-BANDWIDTH=${rendition.averageBitsPerS},` +
        `CODECS="${rendition.codecs}",RESOLUTION=${rendition.width}x${rendition.height},` +
        `FRAME-RATE=${frameRate.toFixed(3)}`,
      `${rendition.name}/index.m3u8`,
    ]),
  ]);
}

export interface VodShape {
  readonly segmentMs: number;
  readonly segmentCount: number;
  /** The URI of the initialization section; none for MPEG-TS. */
  readonly initUri?: string;
  readonly segmentUri: (index: number) => string;
  /** AES-128: the key's URI and one explicit IV for each segment. The initialization section stays clear. */
  readonly encryption?: { readonly keyUri: string; readonly ivHex: (index: number) => string };
}

export function vodPlaylist(shape: VodShape): string {
  const { segmentMs, segmentCount, initUri, segmentUri, encryption } = shape;
  return lines([
    '#EXTM3U',
    `#EXT-X-VERSION:${initUri === undefined ? 4 : 7}`,
    `#EXT-X-TARGETDURATION:${Math.ceil(segmentMs / 1000)}`,
    '#EXT-X-PLAYLIST-TYPE:VOD',
    '#EXT-X-MEDIA-SEQUENCE:0',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    ...(initUri === undefined ? [] : [`#EXT-X-MAP:URI="${initUri}"`]),
    ...Array.from({ length: segmentCount }, (_, index) => [
      ...(encryption === undefined
        ? []
        : [`#EXT-X-KEY:METHOD=AES-128,URI="${encryption.keyUri}",IV=0x${encryption.ivHex(index)}`]),
      extInf(segmentMs),
      segmentUri(index),
    ]).flat(),
    '#EXT-X-ENDLIST',
  ]);
}

export function livePlaylist(shape: LiveShape, window: LiveWindow): string {
  const segmentMs = shape.partMs * shape.partsPerSegment;
  const text = [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${Math.ceil(segmentMs / 1000)}`,
    `#EXT-X-MEDIA-SEQUENCE:${window.firstMsn}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuitySequence(shape, window.firstMsn)}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    '#EXT-X-MAP:URI="init.mp4"',
  ];
  for (let msn = window.firstMsn; msn < window.segmentCount; msn += 1) {
    text.push(...segmentHead(shape, msn), extInf(segmentMs), `seg-${msn}.m4s`);
  }
  return lines(text);
}

/** What comes before a live segment, or before its first part: the loop's discontinuity and the date. */
export function segmentHead(shape: LiveShape, msn: number): string[] {
  return [
    ...(startsLoop(shape, msn) ? ['#EXT-X-DISCONTINUITY'] : []),
    `#EXT-X-PROGRAM-DATE-TIME:${new Date(programDateMs(shape, msn)).toISOString()}`,
  ];
}

export function lines(text: readonly string[]): string {
  return `${text.join('\n')}\n`;
}
