// By how much the event loop runs late: the delay that every viewer and every probe of this agent waits besides.
//
// Node's monitor sets a timer every RESOLUTION_MS and records the time between two firings, so an idle loop reads
// as the resolution itself; that is taken off. Reading starts a new window: with two scrapers each sees what
// happened since the other looked, which is why the agent has one gauge of it and not a histogram.

import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Fine enough to see a stall of one probe's patience (tens of ms), 100 timer firings a second. */
const RESOLUTION_MS = 10;

export class EventLoopLag {
  readonly #monitor = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.#monitor.enable();
  }

  /** @returns seconds, 99th percentile since the last call; 0 where nothing was recorded yet */
  take(): number {
    const betweenMs = this.#monitor.count > 0 ? this.#monitor.percentile(99) / 1e6 : 0;
    this.#monitor.reset();
    return Math.max(0, betweenMs - RESOLUTION_MS) / 1000;
  }

  stop(): void {
    this.#monitor.disable();
  }
}
