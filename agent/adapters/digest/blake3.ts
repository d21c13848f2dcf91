// BLAKE3 by the native library, where it loads: it is an optional package with a binary for each platform.

import { createRequire } from 'node:module';

export type Blake3 = (bytes: Uint8Array) => Uint8Array;

/** @returns undefined on a platform that the library has no binary for */
export function loadBlake3(
  load: (name: string) => unknown = createRequire(import.meta.url),
): Blake3 | undefined {
  try {
    const library = load('@napi-rs/blake-hash') as { readonly blake3?: Blake3 };
    return library.blake3;
  } catch {
    // Not installed, or the wrong libc: agents without it hash blocks with SHA-256. Decision record: 0007.
    return undefined;
  }
}
