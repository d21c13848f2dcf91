// What the plugin asks of the browser: a clock, timers, fetch, randomness, a place to warn.
//
// Everything else in this folder takes them from here, so that tests run on a clock of their own and importing the
// plugin touches no global: a server that renders the page imports it too.

/** Stops what was started; idempotent. */
export type Cancel = () => void;

export interface World {
  /** Milliseconds on the clock that hls.js stamps its statistics with. */
  now(): number;
  after(delayMs: number, run: () => void): Cancel;
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** In [0, 1). */
  random(): number;
  warn(message: string): void;
}

export function browserWorld(): World {
  return {
    now: () => performance.now(),
    after: (delayMs, run) => {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
    fetch: (url, init) => fetch(url, init),
    random: () => Math.random(),
    warn: (message) => console.warn(message),
  };
}
