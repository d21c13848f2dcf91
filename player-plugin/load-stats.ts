// The statistics object of one load, in hls.js's shape. hls.js keeps a reference to it before the load begins, so it
// is made once and only ever written into.

import type { LoaderStats } from 'hls.js';
import type { LoadTiming } from './leg.ts';

export function freshStats(): LoaderStats {
  return {
    aborted: false,
    loaded: 0,
    retry: 0,
    total: 0,
    chunkCount: 0,
    bwEstimate: 0,
    loading: { start: 0, first: 0, end: 0 },
    parsing: { start: 0, end: 0 },
    buffering: { start: 0, first: 0, end: 0 },
  };
}

/** What the loader owns of `from`; retry, chunkCount and what follows loading are hls.js's to write. */
export function copyLoading(from: LoaderStats, to: LoaderStats): void {
  to.loaded = from.loaded;
  to.total = from.total;
  to.loading.start = from.loading.start;
  to.loading.first = from.loading.first === 0 ? 0 : Math.max(from.loading.first, from.loading.start);
  to.loading.end = from.loading.end === 0 ? 0 : Math.max(from.loading.end, to.loading.first);
}

export function writeTiming(timing: LoadTiming, bytes: number, to: LoaderStats): void {
  to.loading.start = timing.startMs;
  to.loading.first = timing.firstMs;
  to.loading.end = timing.endMs;
  to.loaded = to.total = bytes;
}
