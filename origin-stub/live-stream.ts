// The objects of one rendition of the live stream. A looped segment would have the same bytes every 64 s; here each gets
// its own mfhd sequence numbers (they count the fragments since the epoch, as the format asks), so that every live
// object is new to a cache in fact and not only by name, and a mix-up of two loops shows in the digest.
//
// Bytes depend on the media sequence number alone, never on the clock: a restarted origin serves the same bytes under the
// same URL. Whether an object exists yet is live-window's business.
import { type LiveShape, oldestKept, partAtMs, segmentAtMs } from './live-window.ts';
import type { Rendition } from './media.ts';
import { bufferResource, cacheControls, contentTypes, type Resource } from './resource.ts';

export interface LiveObjects {
  readonly segment: Resource;
  readonly parts: readonly Resource[];
}

export class LiveStream {
  readonly #rendition: Rendition;
  readonly #shape: LiveShape;
  /** At most the window, what is kept after it, and the segment being made. */
  readonly #made = new Map<number, LiveObjects>();

  constructor(rendition: Rendition, shape: LiveShape) {
    this.#rendition = rendition;
    this.#shape = shape;
  }

  /** The objects of one segment, made at the first call. The caller has checked that it exists. */
  objects(msn: number, nowMs: number): LiveObjects {
    const made = this.#made.get(msn);
    if (made !== undefined) return made;
    const oldest = oldestKept(this.#shape, nowMs);
    for (const old of this.#made.keys()) if (old < oldest) this.#made.delete(old);
    const fresh = this.#make(msn);
    this.#made.set(msn, fresh);
    return fresh;
  }

  #make(msn: number): LiveObjects {
    const looped = this.#rendition.segments[msn % this.#shape.loopSegments];
    if (looped === undefined) throw new Error(`${this.#rendition.name} has no segment for ${msn}`);
    const bytes = Buffer.from(looped.bytes);
    const head = { contentType: contentTypes.fmp4, cacheControl: cacheControls.media };
    let at = 0;
    const parts = looped.parts.map((part, index) => {
      const position = msn * this.#shape.partsPerSegment + index;
      bytes.writeUInt32BE((position + 1) % 2 ** 32, at + part.sequenceNumberAt);
      const own = bytes.subarray(at, at + part.bytes.length);
      at += part.bytes.length;
      return bufferResource(own, { ...head, modifiedMs: partAtMs(this.#shape, position) });
    });
    return { segment: bufferResource(bytes, { ...head, modifiedMs: segmentAtMs(this.#shape, msn) }), parts };
  }
}
