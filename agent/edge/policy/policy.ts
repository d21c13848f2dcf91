// What the operator decides about caching where the RFCs leave a choice, and three sets of such choices.
//
// GENERIC is a plain reverse proxy that follows RFC 9111 to the letter. MEDIA is for delivering streams to viewers
// who do not trust each other: nobody can bust the cache, no cookie and no error that a viewer may have brought about
// is stored, and the origin's clock is not compared with ours. SEGMENT adds a lifetime for segments of an origin that
// says nothing about them.

export interface CachePolicy {
  /** Share of the time since Last-Modified that a response without explicit freshness is fresh; 0 switches it off. */
  readonly heuristicShare: number;
  /** Longest such guess. RFC 7234 wanted a warning past a day. */
  readonly heuristicMaxMs: number;
  /** Lifetime of a successful response that says nothing and gives no ground for a guess; 0 for none. */
  readonly defaultLifetimeMs: number;
  /** The same for 404 and 410: a short one keeps a missing segment from becoming a flood at the origin. */
  readonly negativeLifetimeMs: number;
  /** Used where the response neither sets nor forbids it; past its lifetime. */
  readonly staleWhileRevalidateMs: number;
  /** Used where the response neither sets nor forbids it; RFC 9111, 4.2.4 allows stale responses when disconnected. */
  readonly staleIfErrorMs: number;
  /**
   * `explicit` stores a response with Set-Cookie if it says itself that it may be shared or how long it is fresh
   * (RFC 9111, 7.3); `refuse` never does, like nginx and Varnish, because origins get it wrong and the price is one
   * viewer's session in another's hands.
   */
  readonly setCookie: 'explicit' | 'refuse';
  /** Store errors that a viewer's header fields may have brought about (400, 405, 431 ...) where the RFC allows it. */
  readonly clientErrors: boolean;
  /** Obey a viewer's Cache-Control and Pragma. */
  readonly honourRequest: boolean;
  /** Fields of RFC 9213 that address this cache, the first valid one counts. */
  readonly targetedFields: readonly string[];
  /**
   * Count the time since Date as age (RFC 9111, 4.2.3). Without it a clock that is five minutes ahead of the origin's
   * does not make every live playlist stale on arrival; with it a response that a cache in between held without
   * saying so is seen through.
   */
  readonly trustOriginClock: boolean;
  /** Request fields that the agent sets itself towards the origin; responses do not vary by the viewer's. */
  readonly fixedRequestFields: ReadonlySet<string>;
}

const DAY_MS = 24 * 3600 * 1000;

export const GENERIC: CachePolicy = {
  heuristicShare: 0.1,
  heuristicMaxMs: DAY_MS,
  defaultLifetimeMs: 0,
  negativeLifetimeMs: 0,
  staleWhileRevalidateMs: 0,
  staleIfErrorMs: 60_000,
  setCookie: 'explicit',
  clientErrors: true,
  honourRequest: true,
  targetedFields: ['cdn-cache-control'],
  trustOriginClock: true,
  fixedRequestFields: new Set<string>(),
};

export const MEDIA: CachePolicy = {
  ...GENERIC,
  negativeLifetimeMs: 1000,
  setCookie: 'refuse',
  clientErrors: false,
  honourRequest: false,
  trustOriginClock: false,
  fixedRequestFields: new Set(['accept-encoding']),
};

/** For what is named like a segment: segments do not change under their name. */
export const SEGMENT: CachePolicy = {
  ...MEDIA,
  // A tenth of the time since Last-Modified makes a live segment stale in a fraction of a second.
  heuristicShare: 0,
  // Longer than any live window, shorter than a working day: a replaced segment of the same name shows within it.
  defaultLifetimeMs: 3600_000,
};
