// Every maximum and every time of the link adapter, in one place.
//
// Times are options, so that tests can shorten them; sizes are constants that both ends rely on.

export interface LinkTiming {
  /** From dialling to the peer's hello, and from accepting to it. */
  readonly dialMs: number;
  /** An address that did not answer is left alone for this long, doubling up to the maximum. */
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  /** A peer that answered a fetch and then sends nothing for this long has gone silent. */
  readonly silenceMs: number;
  /** A control link that was written to several times and heard nothing for this long is cut: the peer's host is gone. */
  readonly muteMs: number;
  /** Bytes that the peer's host does not take for this long cut the link. */
  readonly stallMs: number;
  /** A bulk link without transfers is closed by the side that dialled it after this long. */
  readonly idleMs: number;
  /** How often the four times above are looked at. */
  readonly sweepMs: number;
}

export const LINK_TIMING: LinkTiming = {
  dialMs: 2000,
  backoffMs: 100,
  backoffMaxMs: 2000,
  silenceMs: 5000,
  muteMs: 15_000,
  stallMs: 30_000,
  idleMs: 60_000,
  sweepMs: 1000,
};

/** Messages in a row without a word from the peer that make a link mute: fewer may simply need no answer. */
export const MUTE_MESSAGES_MIN: number = 3;
/** Bytes that may wait on a control link, or for a link to open; what comes on top is dropped and reported. */
export const CONTROL_QUEUE_BYTES_MAX: number = 1024 * 1024;
/** Bytes waiting on a bulk link above which no further piece is started: two pieces keep the socket busy. */
export const BULK_QUEUE_BYTES_FULL: number = 128 * 1024;
/** Bytes waiting on a bulk link that cut it. Every transfer may add a piece past full: 64 x 64 KiB, and its head. */
export const BULK_QUEUE_BYTES_MAX: number = 16 * 1024 * 1024;
/** Transfers that one link serves at a time; more are answered `busy`. */
export const TRANSFERS_PER_LINK_MAX: number = 64;
/** Cancelled fetches whose end is awaited; a peer that owes more has lost the thread. */
export const CANCELLED_PER_LINK_MAX: number = 4096;
/** Links that one peer may open: a control and a bulk link, each twice while old ones die, with room. */
export const LINKS_PER_PEER_MAX: number = 8;
/** Connections that are accepted at all. */
export const CONNECTIONS_MAX: number = 4096;
/** Addresses whose failures are remembered. */
export const BACKOFFS_MAX: number = 4096;
/** Verified records that are remembered: 128 members of a ring and contacts, a few versions each. */
export const VERIFIED_RECORDS_MAX: number = 4096;
/** Plain text of one TLS record: what one read can bring. */
export const READ_BYTES: number = 16 * 1024;
