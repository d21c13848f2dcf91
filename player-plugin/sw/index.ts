// ringcast/player/sw: agents for any player on the page, by a service worker.
//
//     const worker = await registerRingcast({ bootstrap: 'https://edge.example:8080' });
//
// The page serves `ringcast-sw.js` from its own host (a browser takes a worker from nowhere else) and calls this before
// its player starts. Every request for media below an origin that agents serve then goes through them. Where a browser
// has no service workers, or refuses this one, the console says so and the player plays as it always does.

import type { RingcastOptions } from '../options.ts';
import { problemText } from '../problem.ts';
import type { RingcastStats } from '../tally.ts';

export interface RingcastWorkerOptions extends RingcastOptions {
  /** Where the page serves the worker's script. Default `/ringcast-sw.js`; its folder is its scope. */
  script?: string;
  /** Pages below this path; default the script's folder. */
  scope?: string;
}

export interface RingcastWorker {
  /** The worker's counters; they begin anew whenever the browser starts it again. */
  stats(): Promise<RingcastStats>;
  /** Players go on from the origin. */
  unregister(): Promise<void>;
}

const CONTROL_MS_MAX = 5_000;

/** Called again with other options, a new worker takes the old one's place.
 *  @returns once requests of this page go through the worker; undefined where they do not */
export async function registerRingcast(options: RingcastWorkerOptions): Promise<RingcastWorker | undefined> {
  const { script = '/ringcast-sw.js', scope, ...ring } = options;
  if (typeof navigator === 'undefined' || !navigator.serviceWorker) {
    return refused('this page has no service workers: they need https, and are off in some private windows');
  }
  try {
    const url = `${script}?options=${encodeURIComponent(JSON.stringify(ring))}`;
    const where = scope === undefined ? {} : { scope };
    const registration = await navigator.serviceWorker.register(url, where);
    await controlled(new URL(url, location.href).href);
    return {
      stats: () => statsOf(navigator.serviceWorker.controller),
      unregister: async () => void (await registration.unregister()),
    };
  } catch (cause) {
    return refused(`${script} was not taken: ${cause}`);
  }
}

/** Waits until the worker of this URL has the page. */
function controlled(url: string): Promise<void> {
  const { serviceWorker } = navigator;
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new Error(`it did not take the page within ${CONTROL_MS_MAX} ms`));
    const timer = setTimeout(late, CONTROL_MS_MAX);
    const look = (): void => {
      if (serviceWorker.controller?.scriptURL !== url) return;
      clearTimeout(timer);
      serviceWorker.removeEventListener('controllerchange', look);
      resolve();
    };
    serviceWorker.addEventListener('controllerchange', look);
    look();
  });
}

function statsOf(worker: ServiceWorker | null): Promise<RingcastStats> {
  return new Promise((resolve, reject) => {
    if (!worker) {
      reject(new Error('no worker has this page'));
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => {
      port1.close();
      resolve(data as RingcastStats);
    };
    worker.postMessage('ringcast-stats', [port2]);
  });
}

function refused(message: string): undefined {
  console.warn(problemText({ code: 'no-service-worker', message: `${message}; playback goes on without` }));
  return undefined;
}
