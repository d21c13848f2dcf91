// Finds the stored response that answers a request: by name, then by the request fields that Vary names.
//
// A response that varies is kept under a prefix and a suffix of the fields that select it; under the bare name stands
// a marker that says which fields those are, and the prefix. One get for what does not vary, two for what does.
// A prefix is never used twice: variants of a name that was dropped stay out of reach when it comes back.

import type { SegmentName } from '../wire/ids.ts';
import type { Headers } from './policy/fields.ts';
import { keySuffix, suffixFor } from './policy/vary.ts';
import type { StoredResponse, StorePort } from './ports.ts';

export class Lookup {
  readonly #store: StorePort;
  #prefixes = 0;

  constructor(store: StorePort) {
    this.#store = store;
  }

  find(name: SegmentName, request: Headers): StoredResponse | undefined {
    const found = this.#store.get(name);
    if (found === undefined || found.vary.length === 0) return found;
    return this.#store.get(found.name + suffixFor(found.vary, request));
  }

  /** Is there a response of this name for some other request? Asked after `find` found none. */
  varies(name: SegmentName): boolean {
    return this.#store.get(name) !== undefined;
  }

  put(response: StoredResponse): void {
    const { name, vary } = response;
    if (vary.length === 0) {
      this.#store.set(name, response);
      return;
    }
    const prefix = this.#prefixOf(name);
    this.#store.set(name, { ...response, name: prefix, body: EMPTY });
    this.#store.set(prefix + keySuffix(vary), response);
  }

  /** Forgets a name. Variants of it are unreachable without the marker, and age out of the store. */
  drop(name: SegmentName): void {
    this.#store.delete(name);
  }

  #prefixOf(name: SegmentName): SegmentName {
    const marker = this.#store.get(name);
    if (marker !== undefined && marker.vary.length > 0) return marker.name;
    this.#prefixes += 1;
    return `${name}\n${this.#prefixes}` as SegmentName;
  }
}

const EMPTY = new Uint8Array(0);
