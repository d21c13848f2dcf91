// The bytes that an object of the origin stub must have, kept while they are asked for.

import { syntheticBytes } from '../../../origin-stub/synthetic.ts';

const BYTES_MAX = 256 * 1024 * 1024;

export class Expected {
  readonly #objects = new Map<string, Buffer>();
  #bytes = 0;

  /** @returns the whole object; made at the first call, 1 ms per MB */
  of(path: string): Buffer {
    const known = this.#objects.get(path);
    if (known !== undefined) return known;
    const { size, name } = nameOf(path);
    const bytes = syntheticBytes({ size, name }, 0, size);
    if (this.#bytes + size > BYTES_MAX) {
      this.#objects.clear();
      this.#bytes = 0;
    }
    this.#objects.set(path, bytes);
    this.#bytes += size;
    return bytes;
  }

  lastByteOf(path: string): Buffer {
    const { size, name } = nameOf(path);
    return syntheticBytes({ size, name }, size - 1, size);
  }
}

/** @param path `/synthetic/SIZE/NAME` */
export function nameOf(path: string): { size: number; name: string } {
  const match = /^\/synthetic\/(\d+)\/(.+)$/.exec(path);
  if (match === null) throw new RangeError(`expected /synthetic/SIZE/NAME, got ${path}`);
  return { size: Number(match[1]), name: match[2] ?? '' };
}
