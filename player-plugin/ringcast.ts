// `createRingcast`: a ring of agents beside one hls.js player, or several on a page.
//
// Making one costs nothing and touches no global: discovery begins when its configuration is read or a player is
// attached. So a page may make it at module level, rendered on a server or not.
// How loaders get into a player is hls-install.ts's.

import type Hls from 'hls.js';
import type { Listener } from './emitter.ts';
import { isHls, LoaderInstall, type RingcastHlsConfig } from './hls-install.ts';
import type { RingcastOptions } from './options.ts';
import { Ring } from './ring.ts';
import type { RingcastEvents } from './ringcast-events.ts';
import type { RingcastStats } from './tally.ts';
import { browserWorld, type World } from './world.ts';

export interface Ringcast {
  /** For `new Hls({ ...ring.hlsConfig })`. */
  readonly hlsConfig: RingcastHlsConfig;
  /** Are agents asked? Set to false, every load that begins from then on is the origin's and no agent hears from
   *  this page; set to true, they are asked again. */
  enabled: boolean;
  /** A copy of the counters as they are now. */
  readonly stats: RingcastStats;
  /** For a player that exists already, and for any player to tell how much is buffered. Loaders that the page had
   *  configured stay the way to the origin. */
  attach(hls: Hls): void;
  /** Changes options while players play; the ones not named stay, `undefined` sets one back to its default. Other
   *  agents or another origin start discovery over. */
  configure(options: RingcastOptions): void;
  on<K extends keyof RingcastEvents>(name: K, listener: Listener<RingcastEvents[K]>): void;
  off<K extends keyof RingcastEvents>(name: K, listener: Listener<RingcastEvents[K]>): void;
  /** Ends discovery and listeners. Players go on from the origin. */
  destroy(): void;
}

/** @param options wrong ones are told on the console and left out; nothing is thrown */
export function createRingcast(options: RingcastOptions): Ringcast {
  return createRingcastIn(browserWorld(), options);
}

/** `createRingcast` in a world of the caller's. */
export function createRingcastIn(world: World, options: RingcastOptions): Ringcast {
  return new HlsRing(world, options);
}

class HlsRing extends Ring implements Ringcast {
  readonly #install = new LoaderInstall(this.desk);

  constructor(world: World, options: RingcastOptions) {
    super(world, options);
    this.changed = () => {
      if (this.hasAgents) this.#install.fill(this.settings.keys);
    };
  }

  get hlsConfig(): RingcastHlsConfig {
    this.use();
    return this.hasAgents ? this.#install.hlsConfig : {};
  }

  attach(hls: Hls): void {
    if (!isHls(hls)) {
      this.tell({ code: 'not-hls', message: 'attach: expected an Hls instance of hls.js: left out' });
      return;
    }
    this.use();
    this.#install.attach(hls);
    this.changed();
  }

  override destroy(): void {
    super.destroy();
    this.#install.clear();
  }
}
