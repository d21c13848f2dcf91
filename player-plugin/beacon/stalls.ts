// How often, and for how long, a video stood still once it had begun, as its events tell. A seek is the viewer's
// doing: what it waits for is no stall.

import type { Cancel, World } from '../world.ts';

/** As much of a video as is listened to. */
export interface WatchedMedia extends Pick<EventTarget, 'addEventListener' | 'removeEventListener'> {
  readonly seeking: boolean;
}

export class StallWatch {
  #count = 0;
  #ms = 0;
  #begun = false;
  #sinceMs: number | undefined = undefined;
  readonly #world: Pick<World, 'now'>;

  constructor(world: Pick<World, 'now'>) {
    this.#world = world;
  }

  /** @returns ends the watch */
  watch(media: WatchedMedia): Cancel {
    const waiting = (): void => {
      if (!this.#begun || media.seeking || this.#sinceMs !== undefined) return;
      this.#count += 1;
      this.#sinceMs = this.#world.now();
    };
    const moving = (): void => {
      this.#begun = true;
      this.#settle();
      this.#sinceMs = undefined;
    };
    const over = (): void => {
      this.#settle();
      this.#sinceMs = undefined;
    };
    const heard: readonly [string, () => void][] = [
      ['waiting', waiting],
      ['playing', moving],
      ['seeking', over],
      ['pause', over],
      ['ended', over],
    ];
    for (const [name, run] of heard) media.addEventListener(name, run);
    return () => {
      over();
      for (const [name, run] of heard) media.removeEventListener(name, run);
    };
  }

  /** Sums so far; a stall that lasts counts up to now. */
  total(): { readonly stalls: number; readonly stalledMs: number } {
    this.#settle();
    return { stalls: this.#count, stalledMs: Math.round(this.#ms) };
  }

  #settle(): void {
    if (this.#sinceMs === undefined) return;
    const nowMs = this.#world.now();
    this.#ms += nowMs - this.#sinceMs;
    this.#sinceMs = nowMs;
  }
}
