// What the agent asks of a QUIC library: a WebTransport listener, its sessions and their streams.
//
// Small on purpose, so that two libraries with little in common fit behind it: bytes are pulled and pushed one call at
// a time, and a `write` that has not settled is the backpressure. Failures of a session or stream are rejections,
// because libraries give them at any call; who calls treats them all as "the player is gone".
// What the bytes mean, limits and deadlines are the server's (webtransport-server.ts), the same on every library.

import type { WebCertificate } from './certificate.ts';

export interface Carrier {
  /** For log and /health: the package's name. */
  readonly name: string;
  /** @throws RingcastError (as rejection) where the address cannot be had */
  listen(options: ListenOptions): Promise<Listener>;
  /** A session as a player would open it: for the proof that the library works, and for tests. */
  dial(url: string, certificateHashes: readonly string[]): Promise<Session>;
}

export interface ListenOptions {
  readonly host: string;
  /** UDP; 0 takes a free one. */
  readonly port: number;
  readonly certificate: WebCertificate;
  /** The one path that takes sessions. */
  readonly path: string;
}

export interface Listener {
  readonly port: number;
  /** @returns the next player who asks for a session, or undefined once the listener is closed. One call at a time. */
  accept(): Promise<SessionRequest | undefined>;
  /** New sessions get this certificate, on the same port. Absent where a library cannot do that. */
  readonly renew?: (certificate: WebCertificate) => void;
  /** Takes no new sessions; those that are open live on. */
  close(): void;
}

export interface SessionRequest {
  /** Path of the URL; undefined where the library refused other paths by itself. */
  readonly path: string | undefined;
  take(): Promise<Session>;
  refuse(status: number): void;
}

export interface Session {
  /** Resolves, never rejects, when the session is over for whatever reason. */
  readonly closed: Promise<void>;
  /** @returns the next bidirectional stream that the other side opened, undefined when there will be none */
  nextStream(): Promise<Stream | undefined>;
  openStream(): Promise<Stream>;
  /** Best effort. @returns false where it was too large or the session is over */
  sendDatagram(bytes: Uint8Array): boolean;
  /** Cuts every stream. */
  close(code: number, reason: string): void;
}

export interface Stream {
  /** @returns bytes, or undefined when the other side has finished; rejects where it gave the stream up */
  read(): Promise<Uint8Array | undefined>;
  /** Settles when more may be written. `bytes` must not change until then. One call at a time. */
  write(bytes: Uint8Array): Promise<void>;
  /** Nothing more is written. */
  finish(): void;
  /** Gives up both directions. A library may let a `read` or `write` under way go on until the session closes. */
  abandon(): void;
}
