// A passed playlist, gathered so that it can be rewritten: the one body of one viewer that is held back.
//
// Live playlists are often `no-store` or `private`. They are each viewer's own, but a player that got one unchanged
// would leave the agent for the origin's absolute URIs. What grows beyond any playlist is handed on as it is.

import { PLAYLIST_CHARS_MAX } from './playlist.ts';

export class GatheredPlaylist {
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;

  /** @param chunk copied: its owner reuses it
   *  @returns false where the body is larger than a playlist can be; `take` what is there and go on without */
  add(chunk: Uint8Array): boolean {
    this.#chunks.push(new Uint8Array(chunk));
    this.#bytes += chunk.length;
    return this.#bytes <= PLAYLIST_CHARS_MAX;
  }

  take(): Uint8Array {
    const body = new Uint8Array(this.#bytes);
    let at = 0;
    for (const chunk of this.#chunks) {
      body.set(chunk, at);
      at += chunk.length;
    }
    return body;
  }
}
