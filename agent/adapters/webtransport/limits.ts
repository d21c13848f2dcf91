// Every maximum and every time of the WebTransport server, in one place.
//
// The port is open to the public, so each number answers "what does one hostile player cost". Times are options, so
// that tests can shorten them.

export interface WebTransportLimits {
  /** Sessions at a time; more are refused with 503. One that idles costs some 100 KB and a QUIC ping. */
  readonly sessionsMax: number;
  /** Exchanges of one session at a time; more are reset with `busy`. Chromium counts streams the same way. */
  readonly streamsMax: number;
  /** Bytes handed to the library and not known to have arrived, of all sessions; above it new requests are `busy`. */
  readonly inFlightBytesMax: number;
  /** New sessions in a burst, and per second after it: a handshake costs about 1 ms of CPU. */
  readonly handshakeBurst: number;
  readonly handshakesPerS: number;
  /** Requests that a session may give up in a burst, and per second after it; more close it (HTTP/2's rapid reset). */
  readonly cancelBurst: number;
  readonly cancelsPerS: number;
  /** From a stream's opening to its whole request. */
  readonly requestMs: number;
  /** Bytes that the player does not take for this long end the session. */
  readonly stallMs: number;
  /** From the last byte of a reply to the player's closing of the stream. */
  readonly closeMs: number;
  /** Longest time for a reply, whatever the player asks for: 64 MiB at 1 Mb/s. */
  readonly replyMsMax: number;
  /** How often the times above are looked at. */
  readonly sweepMs: number;
}

export const WEBTRANSPORT_LIMITS: WebTransportLimits = {
  sessionsMax: 1_000,
  streamsMax: 64,
  inFlightBytesMax: 512 * 1024 * 1024,
  handshakeBurst: 100,
  handshakesPerS: 50,
  cancelBurst: 1_000,
  cancelsPerS: 50,
  requestMs: 5_000,
  stallMs: 30_000,
  closeMs: 30_000,
  replyMsMax: 600_000,
  sweepMs: 1_000,
};

/** Most bytes that a session counts as in flight: what quinn holds unacknowledged for one connection, 8 windows of
 *  1.25 MB. What was handed over before has arrived, or the library would not have taken more. */
export const SESSION_IN_FLIGHT_BYTES_MAX: number = 10 * 1024 * 1024;
/** Body handed to the library in one call: four pieces, so that crossing into it costs little. */
export const WRITE_BYTES_MAX: number = 256 * 1024;
/** A request as a frame: target and header fields, as large as a head over HTTP may be. */
export const REQUEST_BYTES_MAX: number = 16 * 1024;
/** All that a player may send on one stream: a request and a cancel. */
export const STREAM_READ_BYTES_MAX: number = REQUEST_BYTES_MAX + 64;
