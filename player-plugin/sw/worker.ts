// The service worker: `ringcast-sw.js`, registered by `registerRingcast` (index.ts) with its options in its URL.
//
// A browser ends a worker that has nothing to do and starts it again for the next request, with nothing left but that
// URL: so the options stand there, and what is known of agents is found anew. With `origin` among the options the first
// request after that still finds an agent.

import type { RingcastOptions } from '../options.ts';
import { Ring } from '../ring.ts';
import { browserWorld } from '../world.ts';
import { mediaRequest, passedHeaders } from './media-request.ts';
import { ringResponse } from './ring-response.ts';

/** As much of a service worker's scope as is used. The DOM's types and a worker's exclude each other. */
interface WorkerScope {
  readonly location: { readonly search: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(name: 'install' | 'activate', run: (event: Extendable) => void): void;
  addEventListener(name: 'fetch', run: (event: FetchHappening) => void): void;
  addEventListener(name: 'message', run: (event: MessageEvent<unknown>) => void): void;
}

interface Extendable {
  waitUntil(done: Promise<unknown>): void;
}

interface FetchHappening {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

const scope = globalThis as unknown as WorkerScope;
const ring = new Ring(browserWorld(), optionsIn(scope.location.search));

scope.addEventListener('install', (event) => event.waitUntil(scope.skipWaiting()));
scope.addEventListener('activate', (event) => {
  ring.use();
  event.waitUntil(scope.clients.claim());
});

scope.addEventListener('fetch', (event) => {
  const { request } = event;
  const media = mediaRequest(request);
  if (!media || !ring.hasAgents) return;
  ring.use();
  const { kind, range } = media;
  const { url } = request;
  const plan = ring.desk.plan(kind, url, range);
  // Off, or not of an origin that agents serve: the browser does it best by itself.
  if (!plan.place || ('reason' in plan && plan.reason === undefined)) return;
  if ('reason' in plan && plan.reason) ring.desk.keptFromAgents(plan.reason, url);
  const askOrigin = (rest: { start: number; end: number } | undefined): Promise<Response> => {
    if (!rest) return fetch(request);
    const headers = new Headers(request.headers);
    headers.set('range', `bytes=${rest.start}-${rest.end - 1}`);
    return fetch(url, { headers, credentials: request.credentials });
  };
  const ask = { kind, url, range, plan, headers: passedHeaders(request), askOrigin };
  event.respondWith(ringResponse(ring.desk, ask));
});

scope.addEventListener('message', (event) => {
  if (event.data === 'ringcast-stats') event.ports[0]?.postMessage(ring.stats);
});

function optionsIn(search: string): RingcastOptions {
  const text = new URLSearchParams(search).get('options') ?? '{}';
  try {
    return JSON.parse(text) as RingcastOptions;
  } catch {
    // Told as any other wrong option is.
    return text as RingcastOptions;
  }
}
