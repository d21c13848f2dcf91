// The committed media ladder, read into memory once: every rendition as an initialization section and 32 segments of
// 2 s, each fMP4 segment as four parts of 0.5 s. A part is one moof with its mdat and a segment is the concatenation of
// its parts, so parts need no files of their own. What media/make-media.sh promises is checked here, at start: a ladder
// made wrongly is refused with a sentence instead of playing with gaps.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Box, boxesIn, findBox, requireBox, trackRuns } from './box.ts';

export const segmentMs = 2000;
export const partMs = 500;
export const partsPerSegment: number = segmentMs / partMs;
export const loopSegments = 32;
export const framesPerSecond = 30;

export interface Part {
  readonly bytes: Buffer;
  /** It starts with a key frame. */
  readonly independent: boolean;
  /** Where in the part its mfhd.sequence_number stands (4 bytes). */
  readonly sequenceNumberAt: number;
}

export interface Segment {
  readonly bytes: Buffer;
  /** Empty for MPEG-TS. */
  readonly parts: readonly Part[];
}

export interface Rendition {
  readonly name: string;
  readonly container: 'fmp4' | 'ts';
  readonly codecs: string;
  readonly width: number;
  readonly height: number;
  /** Only fMP4 has one. */
  readonly init: Buffer | undefined;
  readonly segments: readonly Segment[];
  readonly peakBitsPerS: number;
  readonly averageBitsPerS: number;
  readonly modifiedMs: number;
}

export interface Ladder {
  /** Best first. */
  readonly fmp4: readonly Rendition[];
  readonly ts: Rendition;
}

export class MediaError extends Error {}

/** Reads the ladder from a folder as make-media.sh leaves it. Costs some 9 MB of memory; a few milliseconds. */
export function loadLadder(folder: string): Ladder {
  const fmp4 = ['360p', '270p', '180p'].map((name) => loadFragmented(join(folder, `${name}.mp4`), name));
  const twin = fmp4.find((rendition) => rendition.name === '180p');
  if (twin === undefined) throw new MediaError('the ladder has no 180p rendition');
  return { fmp4, ts: loadTransportStream(join(folder, '180p-ts'), twin) };
}

/** Cuts one fragmented MP4 file; exported for tests. */
export function cutFragmented(
  bytes: Buffer,
  name: string,
  modifiedMs: number,
): Rendition & { readonly init: Buffer } {
  const boxes = boxesIn(bytes);
  const moov = boxes.find((box) => box.type === 'moov');
  if (moov === undefined) throw new MediaError(`${name}: expected a fragmented MP4, found no moov`);
  const video = videoTrack(bytes, moov, name);
  const segments: Segment[] = [];
  let open: { part: Part; start: number; end: number }[] = [];
  boxes.forEach((moof, index) => {
    if (moof.type !== 'moof') return;
    const mdat = boxes[index + 1];
    if (mdat?.type !== 'mdat') throw new MediaError(`${name}: a moof at ${moof.start} has no mdat after it`);
    const position = segments.length * partsPerSegment + open.length;
    const independent = checkTiming(bytes, moof, video, position, name);
    if (independent !== (open.length === 0)) {
      throw new MediaError(`${name}: fragment ${position} ${independent ? 'has' : 'lacks'} a key frame`);
    }
    const mfhd = requireBox(bytes, ['mfhd'], moof);
    const part: Part = {
      bytes: bytes.subarray(moof.start, mdat.end),
      independent,
      sequenceNumberAt: mfhd.payload + 4 - moof.start,
    };
    open.push({ part, start: moof.start, end: mdat.end });
    if (open.length < partsPerSegment) return;
    segments.push({
      bytes: bytes.subarray(open[0]?.start, mdat.end),
      parts: open.map((entry) => entry.part),
    });
    open = [];
  });
  if (segments.length !== loopSegments || open.length > 0) {
    throw new MediaError(`${name}: expected ${loopSegments} segments, found ${segments.length} whole ones`);
  }
  const { codecs, width, height } = video;
  const init = bytes.subarray(0, moov.end);
  return {
    name,
    container: 'fmp4',
    codecs,
    width,
    height,
    init,
    segments,
    ...bitRates(segments),
    modifiedMs,
  };
}

function loadFragmented(file: string, name: string): Rendition {
  return cutFragmented(readFileSync(file), name, statSync(file).mtimeMs);
}

function loadTransportStream(folder: string, twin: Rendition): Rendition {
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  if (files.length !== loopSegments) {
    throw new MediaError(`${folder}: expected ${loopSegments} segments, found ${files.length}`);
  }
  const segments = files.sort().map((name) => ({ bytes: readFileSync(join(folder, name)), parts: [] }));
  return { ...twin, container: 'ts', init: undefined, segments, ...bitRates(segments) };
}

interface VideoTrack {
  readonly trackId: number;
  readonly timescale: number;
  readonly codecs: string;
  readonly width: number;
  readonly height: number;
}

function videoTrack(bytes: Buffer, moov: Box, name: string): VideoTrack {
  for (const trak of boxesIn(bytes, moov.payload, moov.end)) {
    if (trak.type !== 'trak') continue;
    const stsd = requireBox(bytes, ['mdia', 'minf', 'stbl', 'stsd'], trak);
    const avc1 = findBox(bytes, ['avc1'], { payload: stsd.payload + 8, end: stsd.end });
    if (avc1 === undefined) continue;
    // A visual sample entry has 78 bytes of fields before its boxes; width and height stand at 24.
    const avcC = requireBox(bytes, ['avcC'], { payload: avc1.payload + 78, end: avc1.end });
    const tkhd = requireBox(bytes, ['tkhd'], trak);
    const mdhd = requireBox(bytes, ['mdia', 'mdhd'], trak);
    const wide = (box: Box): boolean => bytes.readUInt8(box.payload) === 1;
    return {
      trackId: bytes.readUInt32BE(tkhd.payload + (wide(tkhd) ? 20 : 12)),
      timescale: bytes.readUInt32BE(mdhd.payload + (wide(mdhd) ? 20 : 12)),
      // Profile, constraints and level (RFC 6381); the sound of the whole ladder is AAC-LC.
      codecs: `avc1.${bytes.toString('hex', avcC.payload + 1, avcC.payload + 4)},mp4a.40.2`,
      width: bytes.readUInt16BE(avc1.payload + 24),
      height: bytes.readUInt16BE(avc1.payload + 26),
    };
  }
  throw new MediaError(`${name}: expected an H.264 track, found none`);
}

// Returns whether the fragment starts with a key frame.
function checkTiming(bytes: Buffer, moof: Box, video: VideoTrack, position: number, name: string): boolean {
  const run = trackRuns(bytes, moof).find((candidate) => candidate.trackId === video.trackId);
  if (run === undefined) throw new MediaError(`${name}: fragment ${position} has no video`);
  const expected = (position * partMs * video.timescale) / 1000;
  if (run.baseDecodeTime !== expected) {
    throw new MediaError(
      `${name}: fragment ${position} starts at ${run.baseDecodeTime}, expected ${expected} (1/${video.timescale} s)`,
    );
  }
  return run.startsWithSync;
}

function bitRates(segments: readonly Segment[]): { peakBitsPerS: number; averageBitsPerS: number } {
  const bits = segments.map((segment) => (segment.bytes.length * 8000) / segmentMs);
  const sum = bits.reduce((total, one) => total + one, 0);
  return { peakBitsPerS: Math.ceil(Math.max(...bits)), averageBitsPerS: Math.ceil(sum / bits.length) };
}
