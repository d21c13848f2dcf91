// Reads ISO base media boxes (ISO/IEC 14496-12): a length, a four-letter type, a payload that may hold boxes again.
// Only what the origin needs to cut a fragmented MP4 into an initialization section, segments and parts: it looks at
// moov and moof, never at the coded media itself, and it writes nothing.

/** One box in a larger buffer; all offsets count from the start of that buffer. */
export interface Box {
  readonly type: string;
  readonly start: number;
  /** Where the payload begins: after the header of 8 bytes, or 16 for a 64-bit length. */
  readonly payload: number;
  readonly end: number;
}

/** What a fragment says about one track. */
export interface TrackRun {
  readonly trackId: number;
  readonly baseDecodeTime: number;
  readonly sampleCount: number;
  /** The first sample can be decoded on its own (sample_is_non_sync_sample is not set). */
  readonly startsWithSync: boolean;
}

export class BoxError extends Error {}

/** The boxes in bytes[start, end), in order. Refuses a box that does not fit. */
export function boxesIn(bytes: Buffer, start = 0, end: number = bytes.length): Box[] {
  const boxes: Box[] = [];
  let at = start;
  while (at < end) {
    const box = boxAt(bytes, at, end);
    boxes.push(box);
    at = box.end;
  }
  return boxes;
}

/** The first box at a path of types, e.g. ['moov', 'trak', 'mdia'], below bytes[start, end). */
export function findBox(
  bytes: Buffer,
  path: readonly string[],
  within: { payload: number; end: number } = { payload: 0, end: bytes.length },
): Box | undefined {
  const [type, ...rest] = path;
  for (const box of boxesIn(bytes, within.payload, within.end)) {
    if (box.type !== type) continue;
    if (rest.length === 0) return box;
    const found = findBox(bytes, rest, box);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Like findBox, but a missing box is an error that names the path. */
export function requireBox(
  bytes: Buffer,
  path: readonly string[],
  within: { payload: number; end: number } = { payload: 0, end: bytes.length },
): Box {
  const found = findBox(bytes, path, within);
  if (found === undefined) throw new BoxError(`expected a box ${path.join('/')}, found none`);
  return found;
}

/** The track runs of one moof, in order. */
export function trackRuns(bytes: Buffer, moof: Box): TrackRun[] {
  return boxesIn(bytes, moof.payload, moof.end)
    .filter((box) => box.type === 'traf')
    .map((traf) => trackRun(bytes, traf));
}

function trackRun(bytes: Buffer, traf: Box): TrackRun {
  const tfhd = requireBox(bytes, ['tfhd'], traf);
  const tfdt = requireBox(bytes, ['tfdt'], traf);
  const trun = requireBox(bytes, ['trun'], traf);
  const wide = bytes.readUInt8(tfdt.payload) === 1;
  return {
    trackId: bytes.readUInt32BE(tfhd.payload + 4),
    baseDecodeTime: wide
      ? Number(bytes.readBigUInt64BE(tfdt.payload + 4))
      : bytes.readUInt32BE(tfdt.payload + 4),
    sampleCount: bytes.readUInt32BE(trun.payload + 4),
    startsWithSync: (firstSampleFlags(bytes, tfhd, trun) & 0x01_00_00) === 0,
  };
}

// 14496-12, 8.8.7 and 8.8.8: the run's first-sample-flags win, then flags of the sample itself, then the track's default.
function firstSampleFlags(bytes: Buffer, tfhd: Box, trun: Box): number {
  const runFlags = bytes.readUInt32BE(trun.payload) & 0xff_ff_ff;
  const samples = trun.payload + 8 + (runFlags & 0x1 ? 4 : 0);
  if (runFlags & 0x4) return bytes.readUInt32BE(samples);
  if (runFlags & 0x400) {
    return bytes.readUInt32BE(samples + (runFlags & 0x100 ? 4 : 0) + (runFlags & 0x200 ? 4 : 0));
  }
  const headFlags = bytes.readUInt32BE(tfhd.payload) & 0xff_ff_ff;
  if ((headFlags & 0x20) === 0) return 0;
  const skipped = [0x1, 0x2, 0x8, 0x10].reduce(
    (sum, flag) => sum + (headFlags & flag ? (flag === 0x1 ? 8 : 4) : 0),
    0,
  );
  return bytes.readUInt32BE(tfhd.payload + 8 + skipped);
}

function boxAt(bytes: Buffer, at: number, end: number): Box {
  if (end > bytes.length || at + 8 > end) {
    throw new BoxError(`a box at ${at} needs a header of 8 bytes, ${Math.max(0, end - at)} are left`);
  }
  let size = bytes.readUInt32BE(at);
  let header = 8;
  if (size === 1) {
    if (at + 16 > end) throw new BoxError(`a box at ${at} has a 64-bit length that is cut off`);
    size = Number(bytes.readBigUInt64BE(at + 8));
    header = 16;
  } else if (size === 0) {
    size = end - at;
  }
  if (size < header || at + size > end) {
    throw new BoxError(`a box at ${at} claims ${size} bytes, ${end - at} are left`);
  }
  return { type: bytes.toString('latin1', at + 4, at + 8), start: at, payload: at + header, end: at + size };
}
