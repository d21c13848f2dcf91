// The hls.js side of a loader, as far as the loader can tell: what FragmentLoader does with it, and an inner loader
// that a test answers by hand in the manner of hls.js's BaseLoader.
import type Hls from 'hls.js';
import type {
  FragmentLoaderContext,
  HlsConfig,
  Loader,
  LoaderCallbacks,
  LoaderConfiguration,
  LoaderContext,
  LoaderStats,
} from 'hls.js';
import { freshStats } from '../../../player-plugin/load-stats.ts';
import type { FakeWorld } from './fake-world.ts';

export class FakeInner implements Loader<LoaderContext> {
  context: LoaderContext | null = null;
  stats: LoaderStats = freshStats();
  config: LoaderConfiguration | undefined = undefined;
  destroyed = false;
  headers: Record<string, string> = {};
  #callbacks: LoaderCallbacks<LoaderContext> | undefined = undefined;
  readonly #world: FakeWorld;

  constructor(world: FakeWorld) {
    this.#world = world;
  }

  get hasProgress(): boolean {
    return this.#callbacks?.onProgress !== undefined;
  }

  load(context: LoaderContext, config: LoaderConfiguration, callbacks: LoaderCallbacks<LoaderContext>): void {
    if (this.stats.loading.start) throw new Error('Loader can only be used once.');
    this.stats.loading.start = this.#world.now();
    this.context = context;
    this.config = config;
    this.#callbacks = callbacks;
  }

  abort(): void {
    if (this.context) this.#callbacks?.onAbort?.(this.stats, this.context, null);
  }

  destroy(): void {
    this.destroyed = true;
    this.#callbacks = undefined;
    this.stats = null as unknown as LoaderStats;
  }

  getCacheAge(): number | null {
    return this.headers.age === undefined ? null : Number(this.headers.age);
  }

  getResponseHeader(name: string): string | null {
    return this.headers[name.toLowerCase()] ?? null;
  }

  head(): void {
    this.stats.loading.first = this.#world.now();
  }

  progress(loaded: number, total: number): void {
    this.stats.loaded = loaded;
    this.stats.total = total;
  }

  /** A piece, as hls.js's progressive loader hands on. */
  give(data: ArrayBuffer): void {
    if (this.context) this.#callbacks?.onProgress?.(this.stats, this.context, data, null);
  }

  succeed(data: ArrayBuffer | string, details: unknown = null): void {
    const { context } = this;
    if (!context) throw new Error('not loading');
    this.stats.loading.first ||= this.#world.now();
    this.stats.loading.end = this.#world.now();
    this.stats.loaded = this.stats.total = typeof data === 'string' ? data.length : data.byteLength;
    const stats = this.stats;
    this.#callbacks?.onProgress?.(stats, context, data, details as Response);
    this.#callbacks?.onSuccess({ url: context.url, data, code: 200 }, stats, context, details as Response);
  }

  fail(code: number): void {
    if (this.context) this.#callbacks?.onError({ code, text: 'origin says' }, this.context, null, this.stats);
  }

  timeOut(): void {
    if (this.context) this.#callbacks?.onTimeout(this.stats, this.context, null);
  }
}

/** A configuration whose default loader is a FakeInner, and the inner loaders made from it. */
export function fakeConfig(world: FakeWorld): { config: HlsConfig; inners: FakeInner[] } {
  const inners: FakeInner[] = [];
  class Inner extends FakeInner {
    constructor() {
      super(world);
      inners.push(this);
    }
  }
  return { config: { loader: Inner } as unknown as HlsConfig, inners };
}

export interface FakeHls {
  readonly hls: Hls;
  readonly config: Partial<Record<'fLoader' | 'pLoader' | 'loader', unknown>>;
  destroy(): void;
}

/** A player as the plugin sees it. @param userConfig what the page made it with */
export function fakeHls(userConfig: FakeHls['config'] = {}, of: { bufferedS?: number } = {}): FakeHls {
  const config = { ...userConfig };
  const destroying: (() => void)[] = [];
  const hls = {
    config,
    userConfig,
    on() {},
    once: (_event: string, run: () => void) => destroying.push(run),
    mainForwardBufferInfo: of.bufferedS === undefined ? null : { len: of.bufferedS },
  };
  return {
    hls: hls as unknown as Hls,
    config,
    destroy: () => {
      for (const run of destroying) run();
    },
  };
}

export type HlsCall =
  | {
      readonly name: 'success';
      readonly data: ArrayBuffer | string;
      readonly code: number;
      readonly url: string;
    }
  | { readonly name: 'error'; readonly code: number }
  | { readonly name: 'timeout' | 'abort' }
  | { readonly name: 'progress'; readonly bytes: number };

export interface HlsLoad {
  readonly calls: HlsCall[];
  readonly stats: LoaderStats;
  readonly loader: Loader<FragmentLoaderContext>;
  readonly names: () => string[];
  /** The whole segment handed over. */
  readonly data: () => Uint8Array;
}

export interface HlsAsk {
  readonly url: string;
  readonly range?: { start: number; end: number };
  readonly headers?: Record<string, string>;
  readonly durationS?: number;
  readonly firstByteMs?: number;
  readonly loadMs?: number;
  readonly progress?: boolean;
  readonly text?: boolean;
  /** Members of the context besides, or in place of others. */
  readonly context?: object;
  /** Run within onProgress, where hls.js may abort the loader. */
  readonly onProgress?: (loader: Loader<FragmentLoaderContext>) => void;
  /** Run within onSuccess, where hls.js destroys the loader. */
  readonly onSuccess?: (loader: Loader<FragmentLoaderContext>) => void;
}

/** Does what hls.js's FragmentLoader does: aliases the statistics, loads, destroys within the final callback. */
export function loadAsHls(LoaderClass: unknown, config: HlsConfig, ask: HlsAsk): HlsLoad {
  const loader = new (LoaderClass as new (config: HlsConfig) => Loader<FragmentLoaderContext>)(config);
  const { stats } = loader;
  const calls: HlsCall[] = [];
  const context = {
    type: 'media-fragment',
    frag: { duration: ask.durationS ?? 2 },
    part: null,
    responseType: ask.text ? 'text' : 'arraybuffer',
    url: ask.url,
    headers: ask.headers ?? {},
    rangeStart: ask.range?.start ?? 0,
    rangeEnd: ask.range?.end ?? 0,
    ...ask.context,
  } as unknown as FragmentLoaderContext;
  const callbacks: LoaderCallbacks<FragmentLoaderContext> = {
    onSuccess: (response, ...rest) => {
      const data = response.data as ArrayBuffer | string;
      calls.push({ name: 'success', data, code: response.code ?? 0, url: response.url });
      sameLoad(rest[0], rest[1]);
      if (ask.onSuccess) ask.onSuccess(loader);
      else loader.destroy();
    },
    onError: (error, its, _details, stats) => {
      calls.push({ name: 'error', code: error.code });
      sameLoad(stats, its);
      loader.destroy();
    },
    onTimeout: (stats, its) => {
      calls.push({ name: 'timeout' });
      sameLoad(stats, its);
      loader.destroy();
    },
    onAbort: (stats, its) => {
      calls.push({ name: 'abort' });
      sameLoad(stats, its);
      loader.destroy();
    },
  };
  if (ask.progress) {
    callbacks.onProgress = (_stats, _context, data) => {
      calls.push({ name: 'progress', bytes: typeof data === 'string' ? data.length : data.byteLength });
      ask.onProgress?.(loader);
    };
  }
  const sameLoad = (its: LoaderStats, own: FragmentLoaderContext): void => {
    if (its !== stats || own !== context) throw new Error('a callback with another load');
  };
  loader.load(context, policy(ask.firstByteMs ?? 10_000, ask.loadMs ?? 120_000), callbacks);
  return {
    calls,
    stats,
    loader,
    names: () => calls.map((call) => call.name),
    data: () => {
      const last = calls.find((call) => call.name === 'success');
      return new Uint8Array(last?.name === 'success' ? (last.data as ArrayBuffer) : new ArrayBuffer(0));
    },
  };
}

function policy(maxTimeToFirstByteMs: number, maxLoadTimeMs: number): LoaderConfiguration {
  return {
    loadPolicy: { maxTimeToFirstByteMs, maxLoadTimeMs, timeoutRetry: null, errorRetry: null },
    timeout: maxLoadTimeMs,
    maxRetry: 0,
    retryDelay: 0,
    maxRetryDelay: 0,
  };
}
