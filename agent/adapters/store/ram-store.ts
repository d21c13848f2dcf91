// The store in memory: least recently used objects leave when a budget of bytes is full.
//
// Expiry is no business of the LRU: an entry carries its own birth and lifetime, and a stale object stays useful for
// revalidation until the room is needed (lru-cache with ttl does 1.2-2.4 million gets a second, without 4-10).
// It keeps references to bodies, not copies: whoever stores a body hands it over for good.
// Not here: a disk tier, admission by frequency, purge by tag.

import { LRUCache } from 'lru-cache';
import type { Counts } from '../../core/counters.ts';
import type { StoredResponse, StorePort } from '../../edge/ports.ts';

/** Bytes that an entry costs besides its body and texts: the objects, the LRU's links and its key's slot. */
export const ENTRY_BYTES: number = 512;
/** Smallest average object for which room is kept in the LRU's index; fewer bytes per object leave room unused. */
const ENTRY_BYTES_EXPECTED = 4096;
const ENTRIES_MIN = 1024;
const ENTRIES_MAX = 262_144;

export interface RamStoreOptions {
  /** Bytes that all entries together may hold, bookkeeping included. */
  readonly bytesMax: number;
  /** Bytes of the largest entry taken: one object shall not sweep out all others. At most bytesMax. */
  readonly entryBytesMax: number;
}

export class RamStore implements StorePort {
  readonly #lru: LRUCache<string, StoredResponse>;
  readonly #entryBytesMax: number;
  readonly #counts: Counts;

  constructor(options: RamStoreOptions, counts: Counts) {
    this.#entryBytesMax = Math.min(options.entryBytesMax, options.bytesMax);
    this.#counts = counts;
    this.#lru = new LRUCache({
      max: Math.min(ENTRIES_MAX, Math.max(ENTRIES_MIN, Math.ceil(options.bytesMax / ENTRY_BYTES_EXPECTED))),
      maxSize: options.bytesMax,
      dispose: (_response, _key, reason) => {
        if (reason === 'evict') counts['store.evicted'] += 1;
      },
    });
  }

  get bytes(): number {
    return this.#lru.calculatedSize;
  }

  get count(): number {
    return this.#lru.size;
  }

  get(key: string): StoredResponse | undefined {
    return this.#lru.get(key);
  }

  set(key: string, response: StoredResponse): boolean {
    const size = entryBytes(key, response);
    if (size > this.#entryBytesMax) {
      // What was there under this key is out of date all the same.
      this.#lru.delete(key);
      this.#counts['store.refused'] += 1;
      return false;
    }
    this.#lru.set(key, response, { size });
    this.#counts['store.admitted'] += 1;
    return true;
  }

  delete(key: string): void {
    this.#lru.delete(key);
  }
}

/** @returns bytes that an entry takes from the budget; texts count one byte a character, as the engine keeps Latin-1 */
export function entryBytes(key: string, response: StoredResponse): number {
  let size = ENTRY_BYTES + key.length + response.name.length + response.body.length;
  // Its encoded body, and the digests and texts read from it.
  size += 2 * (response.descriptor?.proof.body.length ?? 0);
  for (const [name, value] of response.headers) size += name.length + value.length + 32;
  for (const [name, value] of response.vary) size += name.length + value.length + 32;
  return size;
}
