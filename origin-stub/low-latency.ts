// LL-HLS (draft-pantos-hls-rfc8216bis): the playlist with parts, and what a player may ask of it in the query, the
// delivery directives _HLS_msn, _HLS_part and _HLS_skip. Pure: whether a request has to wait is an answer here (the
// number of parts that must exist first), the waiting is done by the server.
//
// The limits of the directives bound the wait: at most two segments past the newest complete one is 4 s here, six parts
// past the newest part 3 s; anything further is refused at once (rfc8216bis, 6.2.5.2).
import { discontinuitySequence, type LiveShape, type LiveWindow } from './live-window.ts';
import { extInf, lines, segmentHead } from './playlist.ts';

/** Parts are listed for so many of the newest complete segments: three target durations (rfc8216bis, 4.4.4.9). */
const segmentsWithParts = 3;
/** A delta update may skip what is older than so many target durations (rfc8216bis, 4.4.3.8: at least six). */
const skipTargets = 6;
/** A blocking request may name a segment at most so far past the newest complete one. */
const segmentsAheadMax = 2;

export type Delivery =
  | { readonly ok: true; readonly blocking: boolean; readonly partsNeeded: number; readonly skip: boolean }
  | { readonly ok: false; readonly reason: string };

/** Reads the directives of a query (without `?`) against what exists now. Other parameters are ignored. */
export function deliveryOf(shape: LiveShape, window: LiveWindow, query: string): Delivery {
  const parameters = new URLSearchParams(query);
  const skipText = parameters.get('_HLS_skip');
  if (skipText !== null && skipText !== 'YES' && skipText !== 'v2') {
    return { ok: false, reason: `_HLS_skip is YES or v2, not '${skipText}'` };
  }
  const skip = skipText !== null;
  const msnText = parameters.get('_HLS_msn');
  const partText = parameters.get('_HLS_part');
  if (msnText === null) {
    if (partText !== null) return { ok: false, reason: '_HLS_part needs _HLS_msn beside it' };
    return { ok: true, blocking: false, partsNeeded: 0, skip };
  }
  const msn = countOf(msnText);
  if (msn === undefined) return { ok: false, reason: `_HLS_msn is a whole number, not '${msnText}'` };
  const newest = window.segmentCount - 1;
  if (msn > newest + segmentsAheadMax) {
    return { ok: false, reason: `_HLS_msn=${msn} is too far ahead: the newest segment is ${newest}` };
  }
  if (partText === null) {
    return { ok: true, blocking: true, partsNeeded: (msn + 1) * shape.partsPerSegment, skip };
  }
  const part = countOf(partText);
  if (part === undefined) return { ok: false, reason: `_HLS_part is a whole number, not '${partText}'` };
  // Past the last part of a segment means part 0 of the next one.
  const partsNeeded = msn * shape.partsPerSegment + Math.min(part, shape.partsPerSegment) + 1;
  const partsAheadMax = Math.ceil(3000 / Math.min(1000, shape.partMs));
  if (partsNeeded > window.partCount + partsAheadMax) {
    return {
      ok: false,
      reason: `_HLS_msn=${msn}&_HLS_part=${part} is more than ${partsAheadMax} parts ahead`,
    };
  }
  return { ok: true, blocking: true, partsNeeded, skip };
}

/** `siblings` are the names of the other renditions, whose progress the playlist reports. */
export function lowLatencyPlaylist(
  shape: LiveShape,
  window: LiveWindow,
  asked: { readonly siblings: readonly string[]; readonly skip: boolean },
): string {
  const segmentMs = shape.partMs * shape.partsPerSegment;
  const target = Math.ceil(segmentMs / 1000);
  const skipped = asked.skip ? skippable(window, (target * skipTargets * 1000) / segmentMs) : 0;
  const text = [
    '#EXTM3U',
    '#EXT-X-VERSION:9',
    `#EXT-X-TARGETDURATION:${target}`,
    `#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=${(target * skipTargets).toFixed(1)},` +
      `PART-HOLD-BACK=${((3 * shape.partMs) / 1000).toFixed(3)},HOLD-BACK=${(3 * target).toFixed(1)}`,
    `#EXT-X-PART-INF:PART-TARGET=${(shape.partMs / 1000).toFixed(5)}`,
    `#EXT-X-MEDIA-SEQUENCE:${window.firstMsn}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuitySequence(shape, window.firstMsn)}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    '#EXT-X-MAP:URI="init.mp4"',
    ...(skipped > 0 ? [`#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}`] : []),
  ];
  for (let msn = window.firstMsn + skipped; msn < window.segmentCount; msn += 1) {
    text.push(...segmentHead(shape, msn));
    if (msn >= window.segmentCount - segmentsWithParts) {
      text.push(...partLines(shape, msn, shape.partsPerSegment));
    }
    text.push(extInf(segmentMs), `seg-${msn}.m4s`);
  }
  const open = window.partCount % shape.partsPerSegment;
  if (open > 0) {
    text.push(...segmentHead(shape, window.segmentCount), ...partLines(shape, window.segmentCount, open));
  }
  text.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${partUri(shape, window.partCount)}"`);
  const last = window.partCount - 1;
  for (const name of asked.siblings) {
    text.push(
      `#EXT-X-RENDITION-REPORT:URI="../${name}/index.m3u8",` +
        `LAST-MSN=${Math.floor(last / shape.partsPerSegment)},LAST-PART=${last % shape.partsPerSegment}`,
    );
  }
  return lines(text);
}

function skippable(window: LiveWindow, kept: number): number {
  return Math.max(0, window.segmentCount - window.firstMsn - kept);
}

function partLines(shape: LiveShape, msn: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const independent = index === 0 ? ',INDEPENDENT=YES' : '';
    const uri = partUri(shape, msn * shape.partsPerSegment + index);
    return `#EXT-X-PART:DURATION=${(shape.partMs / 1000).toFixed(5)},URI="${uri}"${independent}`;
  });
}

function partUri(shape: LiveShape, part: number): string {
  return `seg-${Math.floor(part / shape.partsPerSegment)}.${part % shape.partsPerSegment}.m4s`;
}

function countOf(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
