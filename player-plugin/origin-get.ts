// One load from the origin by hls.js's own loader: the fall-back, and all there is without an agent.
//
// A fresh inner loader each time, since they can be used once, with statistics of its own that are copied over while
// bytes arrive: it nulls them when it is destroyed. It is the loader that the page configured, so xhrSetup,
// fetchSetup, retries, time-outs and status codes are hls.js's own in every detail.

import type {
  HlsConfig,
  Loader,
  LoaderCallbacks,
  LoaderConfiguration,
  LoaderContext,
  LoaderStats,
} from 'hls.js';
import type { World } from './world.ts';

export type InnerLoader = new (config: HlsConfig) => Loader<LoaderContext>;

/** hls.js looks at the statistics every 100 ms. */
const MIRROR_MS = 50;

export interface OriginGet {
  readonly context: LoaderContext;
  readonly config: LoaderConfiguration;
  readonly callbacks: LoaderCallbacks<LoaderContext>;
  /** Told of the inner statistics as bytes arrive. */
  mirror(stats: LoaderStats): void;
}

export class OriginLoad {
  readonly #inner: Loader<LoaderContext>;
  readonly #world: World;
  #stopMirror: () => void = () => {};

  constructor(world: World, inner: Loader<LoaderContext>) {
    this.#world = world;
    this.#inner = inner;
  }

  start(get: OriginGet): void {
    const { callbacks } = get;
    const settled =
      <A extends unknown[]>(stats: (...args: A) => LoaderStats, call: (...args: A) => void) =>
      (...args: A): void => {
        this.#stopMirror();
        get.mirror(stats(...args));
        call(...args);
      };
    const inner: LoaderCallbacks<LoaderContext> = {
      onSuccess: settled((_response, stats) => stats, callbacks.onSuccess),
      onError: settled((_error, _context, _details, stats) => stats, callbacks.onError),
      onTimeout: settled((stats) => stats, callbacks.onTimeout),
    };
    if (callbacks.onProgress) inner.onProgress = callbacks.onProgress;
    this.#mirrorLater(get);
    this.#inner.load(get.context, get.config, inner);
  }

  /** Ends it without a callback. */
  stop(): void {
    this.#stopMirror();
    this.#inner.destroy();
  }

  getCacheAge(): number | null {
    return this.#inner.getCacheAge?.() ?? null;
  }

  getResponseHeader(name: string): string | null {
    return this.#inner.getResponseHeader?.(name) ?? null;
  }

  #mirrorLater(get: OriginGet): void {
    this.#stopMirror = this.#world.after(MIRROR_MS, () => {
      get.mirror(this.#inner.stats);
      this.#mirrorLater(get);
    });
  }
}

/** What is left of the time that hls.js gives a load, after `spentMs` of it went to agents. */
export function remainingConfig(config: LoaderConfiguration, spentMs: number): LoaderConfiguration {
  const { loadPolicy } = config;
  const left = (ms: number): number => (Number.isFinite(ms) && ms > 0 ? Math.max(1, ms - spentMs) : ms);
  return {
    ...config,
    timeout: left(config.timeout),
    loadPolicy: {
      ...loadPolicy,
      maxTimeToFirstByteMs: left(loadPolicy.maxTimeToFirstByteMs),
      maxLoadTimeMs: left(loadPolicy.maxLoadTimeMs),
    },
  };
}
