// The bytes of one load as they come in, from one source or, resumed, from several.
//
// hls.js may transfer the buffer that it gets to its worker, after which it is empty here: what leaves through
// `take` is a buffer of its own that nobody else holds. Chunks are joined once at the end and not written into a
// buffer of the announced size, so that a false Content-Length allocates nothing.

/** More than any segment; a body past it is refused. */
export const SEGMENT_BYTES_MAX: number = 512 * 1024 * 1024;

/** What a first answer said of the whole, so that a second source can be asked for the rest. */
export interface Validator {
  /** Strong ETag, quotes included. */
  readonly etag: string;
  /** Bytes of what was asked for. */
  readonly total: number;
}

export class Gathered {
  #chunks: Uint8Array<ArrayBuffer>[] = [];
  #length = 0;
  validator: Validator | undefined = undefined;

  get length(): number {
    return this.#length;
  }

  /** Can the rest be asked for elsewhere without risk of joining two versions? */
  get resumable(): boolean {
    return this.validator !== undefined && this.#length > 0 && this.#length < this.validator.total;
  }

  add(chunk: Uint8Array<ArrayBuffer>): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  clear(): void {
    this.#chunks = [];
    this.#length = 0;
    this.validator = undefined;
  }

  /** @returns [length] the caller's own; nothing is left here */
  take(): ArrayBuffer {
    const whole = new Uint8Array(this.#length);
    let offset = 0;
    for (const chunk of this.#chunks) {
      whole.set(chunk, offset);
      offset += chunk.length;
    }
    this.clear();
    return whole.buffer;
  }
}
