// Finds the stored response that answers a request: by name, then by the request fields that Vary names.
//
// A response that varies is kept under name + suffix; under the bare name stands a marker that says which fields
// select. One get for what does not vary, two for what does.

import type { SegmentName } from '../wire/ids.ts';
import type { Headers } from './fields.ts';
import type { StoredResponse, StorePort } from './ports.ts';
import { keySuffix, suffixFor } from './vary.ts';

export class Lookup {
  readonly #store: StorePort;

  constructor(store: StorePort) {
    this.#store = store;
  }

  find(name: SegmentName, request: Headers): StoredResponse | undefined {
    const found = this.#store.get(name);
    if (found === undefined || found.vary.length === 0) return found;
    return this.#store.get(name + suffixFor(found.vary, request));
  }

  put(response: StoredResponse): void {
    const { name, vary } = response;
    if (vary.length === 0) {
      this.#store.set(name, response);
      return;
    }
    this.#store.set(name, { ...response, body: EMPTY });
    this.#store.set(name + keySuffix(vary), response);
  }

  /** Forgets a name. Variants of it are unreachable without the marker, and age out of the store. */
  drop(name: SegmentName): void {
    this.#store.delete(name);
  }
}

const EMPTY = new Uint8Array(0);
