// WebTransport by @fails-components/webtransport: HTTP/3 with its quiche part, or HTTP/2 in pure JavaScript.
//
// HTTP/2 mode is for the contract suite: browsers cannot connect to it, its stream credits never come back (hence the
// large first grant), and a stream leaves some 8 kB behind. The quiche part is asked for first and by itself: the main
// package swallows that it is missing and prints a stack trace.

import { randomBytes } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import { RingcastError } from '../ringcast-error.ts';
import type { Carrier, Listener, ListenOptions, Session, SessionRequest, Stream } from './carrier.ts';
import type { WebCertificate } from './certificate.ts';

const PACKAGE: string = '@fails-components/webtransport';
const QUICHE_PACKAGE: string = `${PACKAGE}-transport-http3-quiche`;
/** In HTTP/2 mode stream credits never come back, and the session's window is only topped up when it began as large as
 *  it may get. */
const WINDOWS = {
  initialBidirectionalStreams: 1_000_000,
  initialStreamFlowControlWindow: 1024 * 1024,
  initialSessionFlowControlWindow: 15 * 1024 * 1024,
};

/** @throws where the package or its native part is missing, or does not load */
export async function loadFailsComponents(mode: 'http3' | 'http2' = 'http3'): Promise<Carrier> {
  if (mode === 'http3') await import(QUICHE_PACKAGE);
  const library = (await import(PACKAGE)) as FailsLibrary;
  await library.quicheLoaded;
  return {
    name: mode === 'http3' ? PACKAGE : `${PACKAGE} (HTTP/2)`,
    listen: (options) => listen(library, mode, options),
    dial: (url, hashes) => dial(library, mode, url, hashes),
  };
}

/** The parts of the package that are used. */
interface FailsLibrary {
  readonly quicheLoaded: Promise<unknown>;
  readonly Http3Server: new (options: object) => FailsServer;
  readonly Http2Server: new (options: object) => FailsServer;
  readonly WebTransport: new (url: string, options: object) => FailsSession;
}
interface FailsServer {
  readonly ready: Promise<unknown>;
  startServer(): void;
  stopServer(): void;
  address(): { readonly port: number } | null;
  updateCert(certPem: string, keyPem: string, http2only: boolean): void;
  sessionStream(path: string): ReadableStream<FailsSession>;
  readonly transportInt?: { readonly serverInt?: EventEmitter };
}
interface FailsSession {
  readonly ready: Promise<unknown>;
  readonly closed: Promise<unknown>;
  readonly incomingBidirectionalStreams: ReadableStream<FailsStream>;
  readonly incomingUnidirectionalStreams: ReadableStream<ReadableStream<Uint8Array>>;
  readonly datagrams: {
    readonly readable: ReadableStream<Uint8Array>;
    createWritable(): WritableStream<Uint8Array>;
    readonly maxDatagramSize: number;
  };
  createBidirectionalStream(): Promise<FailsStream>;
  close(info: { readonly closeCode: number; readonly reason: string }): void;
}
interface FailsStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}
type ReadableStream<T> = import('node:stream/web').ReadableStream<T>;
type WritableStream<T> = import('node:stream/web').WritableStream<T>;

async function listen(
  library: FailsLibrary,
  mode: 'http3' | 'http2',
  { host, port, certificate, path }: ListenOptions,
): Promise<Listener> {
  const Server = mode === 'http3' ? library.Http3Server : library.Http2Server;
  const server = new Server({
    host,
    port,
    secret: randomBytes(16).toString('hex'),
    cert: certificate.certPem,
    privKey: certificate.keyPem,
    ...WINDOWS,
  });
  const sessions = server.sessionStream(path).getReader();
  server.startServer();
  try {
    await server.ready;
  } catch (cause) {
    const sentence = `cannot listen on ${host}:${port} for WebTransport: choose a free port of this machine`;
    throw new RingcastError('address-refused', sentence, { cause });
  }
  server.transportInt?.serverInt?.on('connection', (socket) => socket.setNoDelay?.(true));
  return {
    port: server.address()?.port ?? port,
    accept: async () => {
      const { value } = await sessions.read();
      return value === undefined ? undefined : requestOf(value);
    },
    renew: ({ certPem, keyPem }: WebCertificate) => server.updateCert(certPem, keyPem, false),
    close: () => server.stopServer(),
  };
}

async function dial(
  library: FailsLibrary,
  mode: 'http3' | 'http2',
  url: string,
  hashes: readonly string[],
): Promise<Session> {
  const session = new library.WebTransport(url, {
    ...WINDOWS,
    forceReliable: mode === 'http2',
    serverCertificateHashes: hashes.map((hash) => ({
      algorithm: 'sha-256',
      value: new Uint8Array(Buffer.from(hash, 'hex')),
    })),
  });
  // Both reject where there is no session; one of them is enough.
  session.closed.catch(nothing);
  await session.ready;
  return new FailsComponentsSession(session);
}

function requestOf(session: FailsSession): SessionRequest {
  return {
    path: undefined,
    take: async () => {
      await session.ready;
      return new FailsComponentsSession(session);
    },
    refuse: (status) => {
      session.closed.catch(nothing);
      session.close({ closeCode: status, reason: 'refused' });
    },
  };
}

class FailsComponentsSession implements Session {
  readonly closed: Promise<void>;
  readonly #session: FailsSession;
  readonly #streams: import('node:stream/web').ReadableStreamDefaultReader<FailsStream>;
  readonly #datagrams: import('node:stream/web').WritableStreamDefaultWriter<Uint8Array>;

  constructor(session: FailsSession) {
    this.#session = session;
    this.closed = session.closed.then(nothing, nothing);
    this.#streams = session.incomingBidirectionalStreams.getReader();
    this.#datagrams = session.datagrams.createWritable().getWriter();
    this.#datagrams.closed.catch(nothing);
    void drained(session.datagrams.readable, nothing);
    void drained(session.incomingUnidirectionalStreams, (stream) => void stream.cancel().catch(nothing));
  }

  async nextStream(): Promise<Stream | undefined> {
    const { value } = await this.#streams.read();
    return value === undefined ? undefined : new FailsComponentsStream(value);
  }

  async openStream(): Promise<Stream> {
    return new FailsComponentsStream(await this.#session.createBidirectionalStream());
  }

  sendDatagram(bytes: Uint8Array): boolean {
    if (bytes.length > this.#session.datagrams.maxDatagramSize) return false;
    this.#datagrams.write(bytes).catch(nothing);
    return true;
  }

  close(closeCode: number, reason: string): void {
    this.#session.close({ closeCode, reason });
  }
}

class FailsComponentsStream implements Stream {
  readonly #reader: import('node:stream/web').ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: import('node:stream/web').WritableStreamDefaultWriter<Uint8Array>;
  #finished = false;

  constructor({ readable, writable }: FailsStream) {
    this.#reader = readable.getReader();
    this.#writer = writable.getWriter();
    this.#reader.closed.catch(nothing);
    this.#writer.closed.catch(nothing);
  }

  async read(): Promise<Uint8Array | undefined> {
    return (await this.#reader.read()).value;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#writer.ready;
    await this.#writer.write(bytes);
  }

  finish(): void {
    this.#finished = true;
    this.#writer.close().catch(nothing);
  }

  abandon(): void {
    if (!this.#finished) this.#writer.abort().catch(nothing);
    this.#reader.cancel().catch(nothing);
  }
}

/** Reads what nobody wants, so that it does not pile up. */
async function drained<T>(readable: ReadableStream<T>, each: (value: T) => void): Promise<void> {
  try {
    for await (const value of readable) each(value);
  } catch {
    // The session is over.
  }
}

function nothing(): void {}
