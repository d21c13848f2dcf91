// How a ring's loaders get into hls.js: its configuration for a player to be made, or the configuration of one that
// exists.
//
// Segments go through `fLoader`, playlists through `pLoader`; both are there whatever the options say, since those
// may change while a player plays, and pass on to the origin what agents are not asked for. Keys have no loader of
// their own: where they are asked for, an attached player's `loader` is wrapped, and everything else that hls.js
// loads with it (steering manifests, certificates) passes through.
// Loaders that the page, or hls.js for CMCD, had configured stay the way to the origin.

import type Hls from 'hls.js';
import type {
  Events,
  FragmentLoaderConstructor,
  HlsConfig,
  LoaderContext,
  PlaylistLoaderConstructor,
} from 'hls.js';
import type { LoadKind } from './desk.ts';
import type { InnerLoader } from './origin-get.ts';
import type { RingDesk } from './ring-desk.ts';
import { RingLoader } from './ring-loader.ts';

/** What a ring adds to hls.js's configuration: nothing at all where no agent was named. */
export type RingcastHlsConfig = Partial<Pick<HlsConfig, 'fLoader' | 'pLoader'>>;

type KindOf = (context: LoaderContext) => LoadKind | undefined;

export class LoaderInstall {
  readonly hlsConfig: Required<RingcastHlsConfig>;
  readonly #desk: RingDesk;
  readonly #players = new Set<Hls>();
  /** Players with a wrapped `loader`. */
  readonly #keyed = new WeakSet<Hls>();

  constructor(desk: RingDesk) {
    this.#desk = desk;
    this.hlsConfig = {
      fLoader: this.#loaderClass(() => 'segment') as FragmentLoaderConstructor,
      pLoader: this.#loaderClass(() => 'playlist') as PlaylistLoaderConstructor,
    };
    desk.bufferSeconds = () => this.#bufferSeconds();
  }

  /** The loaders are put into it by `fill`. */
  attach(hls: Hls): void {
    if (this.#players.has(hls)) return;
    this.#players.add(hls);
    hls.once('hlsDestroying' as Events.DESTROYING, () => void this.#players.delete(hls));
  }

  /** Gives every attached player the loaders that it lacks. */
  fill(keys: boolean): void {
    const { fLoader, pLoader } = this.hlsConfig;
    for (const hls of this.#players) {
      const { config, userConfig } = hls;
      // A player made with our configuration has these already, perhaps wrapped by hls.js for CMCD.
      if (userConfig.fLoader !== fLoader && !isOurs(config.fLoader, this.#desk)) {
        config.fLoader = this.#loaderClass(() => 'segment', config.fLoader) as FragmentLoaderConstructor;
      }
      if (userConfig.pLoader !== pLoader && !isOurs(config.pLoader, this.#desk)) {
        config.pLoader = this.#loaderClass(() => 'playlist', config.pLoader) as PlaylistLoaderConstructor;
      }
      if (!keys || this.#keyed.has(hls)) continue;
      this.#keyed.add(hls);
      config.loader = this.#loaderClass(keyOnly, config.loader) as HlsConfig['loader'];
    }
  }

  clear(): void {
    this.#players.clear();
  }

  /** Of the player that has least. */
  #bufferSeconds(): number | undefined {
    const lengths = [...this.#players].map((hls) => hls.mainForwardBufferInfo?.len);
    const known = lengths.filter((length) => length !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  }

  /** @param inner the way to the origin; undefined: the `loader` of the configuration that hls.js passes */
  #loaderClass(kind: KindOf, inner?: unknown): unknown {
    const desk = this.#desk;
    return class extends RingLoader<never> {
      static readonly desk: RingDesk = desk;
      constructor(config: HlsConfig) {
        super({ kind, desk, Inner: (inner ?? config.loader) as InnerLoader, config });
      }
    };
  }
}

export function isHls(value: unknown): value is Hls {
  const hls = value as Partial<Hls> | null | undefined;
  return typeof hls?.config === 'object' && typeof hls.on === 'function';
}

function isOurs(loader: unknown, desk: RingDesk): boolean {
  return (loader as { desk?: unknown } | undefined)?.desk === desk;
}

function keyOnly(context: LoaderContext): LoadKind | undefined {
  return 'keyInfo' in context ? 'key' : undefined;
}
