// WebTransport by quinn, through the native part of @moq/web-transport.
//
// The package itself exports TypeScript, which Node does not read below node_modules, and carries the binaries of all
// systems; so its platform package is loaded directly. What is known of it:
// - it cannot change a certificate, and a closed listener's port is free only when its sessions are gone and collected
//   as garbage: rotation takes another port;
// - a stream's `stop` or `reset` waits for its `read` or `write` under way;
// - `close` of a listener blocks the whole process while it accepts;
// - uni streams that nobody accepts hold what was sent on them.

import { createRequire } from 'node:module';
import { RingcastError } from '../ringcast-error.ts';
import type { Carrier, Listener, ListenOptions, Session, SessionRequest, Stream } from './carrier.ts';
import { freeUdpPort } from './free-port.ts';

const READ_BYTES = 64 * 1024;
/** Error code of streams that are given up. */
const GIVEN_UP = 0;

/** Name of the package for this machine; there is none for some. */
export function quinnPackage(platform: string = process.platform, arch: string = process.arch): string {
  const libc = platform === 'linux' ? '-gnu' : platform === 'win32' ? '-msvc' : '';
  return `@moq/web-transport-${platform}-${arch}${libc}`;
}

/** @throws where the package is not there, or its native part does not fit this system */
export function loadQuinn(): Carrier {
  return quinn(createRequire(import.meta.url)(quinnPackage()) as QuinnAddon);
}

export function quinn(addon: QuinnAddon): Carrier {
  return {
    name: '@moq/web-transport',
    listen: (options) => listen(addon, options),
    dial: async (url, hashes) => {
      const client = addon.NapiClient.withCertificateHashes(hashes.map((hash) => Buffer.from(hash, 'hex')));
      return new QuinnSession(await client.connect(url));
    },
  };
}

/** The parts of the addon that are used. */
export interface QuinnAddon {
  readonly NapiServer: { bind(address: string, certPem: Buffer, keyPem: Buffer): NapiServer };
  readonly NapiClient: {
    withCertificateHashes(hashes: Buffer[]): { connect(url: string): Promise<NapiSession> };
  };
}
interface NapiServer {
  accept(): Promise<NapiRequest | null>;
  close(): void;
}
interface NapiRequest {
  readonly url: Promise<string>;
  ok(): Promise<NapiSession>;
  reject(status: number): Promise<void>;
}
interface NapiSession {
  acceptUni(): Promise<NapiReceive>;
  acceptBi(): Promise<NapiBoth>;
  openBi(): Promise<NapiBoth>;
  sendDatagram(bytes: Buffer): void;
  close(code: number, reason: string): void;
  closed(): Promise<unknown>;
}
interface NapiBoth {
  takeSend(): NapiSend;
  takeRecv(): NapiReceive;
}
interface NapiReceive {
  read(bytesMax: number): Promise<Buffer | null>;
  stop(code: number): Promise<void>;
}
interface NapiSend {
  write(bytes: Buffer): Promise<void>;
  finish(): Promise<void>;
  reset(code: number): Promise<void>;
}

async function listen(addon: QuinnAddon, { host, port, certificate }: ListenOptions): Promise<Listener> {
  const taken = port === 0 ? await freeUdpPort(host) : port;
  const address = host.includes(':') ? `[${host}]:${taken}` : `${host}:${taken}`;
  const { certPem, keyPem } = certificate;
  let server: NapiServer;
  try {
    server = addon.NapiServer.bind(address, Buffer.from(certPem), Buffer.from(keyPem));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const sentence = `cannot listen on UDP ${address} for WebTransport (${why}): choose a free port of this machine`;
    throw new RingcastError('address-refused', sentence, { cause });
  }
  return new QuinnListener(server, taken, async () => {
    const client = addon.NapiClient.withCertificateHashes([Buffer.from(certificate.hash, 'hex')]);
    const session = await client.connect(`https://${knockable(address)}/`);
    session.close(GIVEN_UP, '');
  });
}

/** An address of this machine for a listener on all of them. */
function knockable(address: string): string {
  return address.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:');
}

/** The library's `close` waits for a lock that its `accept` holds, and blocks the whole process meanwhile. So the
 *  listener is closed between two calls of `accept`; one that waits is woken by a session of the listener's own. */
class QuinnListener implements Listener {
  readonly port: number;
  readonly #server: NapiServer;
  readonly #knock: () => Promise<void>;
  #accepting = false;
  #closing = false;

  constructor(server: NapiServer, port: number, knock: () => Promise<void>) {
    this.#server = server;
    this.port = port;
    this.#knock = knock;
  }

  async accept(): Promise<SessionRequest | undefined> {
    if (this.#closing) return undefined;
    this.#accepting = true;
    const request = await this.#server.accept().finally(() => {
      this.#accepting = false;
      if (this.#closing) this.#server.close();
    });
    if (request === null) return undefined;
    if (!this.#closing) return await requestOf(request);
    void request.reject(503).catch(nothing);
    return undefined;
  }

  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    if (this.#accepting) void this.#knock().catch(nothing);
    else this.#server.close();
  }
}

async function requestOf(request: NapiRequest): Promise<SessionRequest> {
  const url = await request.url;
  return {
    path: URL.canParse(url) ? new URL(url).pathname : '',
    take: async () => new QuinnSession(await request.ok()),
    refuse: (status) => void request.reject(status).catch(nothing),
  };
}

class QuinnSession implements Session {
  readonly closed: Promise<void>;
  readonly #session: NapiSession;

  constructor(session: NapiSession) {
    this.#session = session;
    this.closed = session.closed().then(nothing, nothing);
    void this.#refuseUni();
  }

  async nextStream(): Promise<Stream | undefined> {
    return new QuinnStream(await this.#session.acceptBi());
  }

  async openStream(): Promise<Stream> {
    return new QuinnStream(await this.#session.openBi());
  }

  sendDatagram(bytes: Uint8Array): boolean {
    try {
      this.#session.sendDatagram(Buffer.from(bytes));
      return true;
    } catch {
      return false;
    }
  }

  close(code: number, reason: string): void {
    this.#session.close(code, reason);
  }

  async #refuseUni(): Promise<void> {
    try {
      for (;;) void (await this.#session.acceptUni()).stop(GIVEN_UP).catch(nothing);
    } catch {
      // The session is over.
    }
  }
}

class QuinnStream implements Stream {
  readonly #send: NapiSend;
  readonly #receive: NapiReceive;
  #finished = false;

  constructor(both: NapiBoth) {
    this.#send = both.takeSend();
    this.#receive = both.takeRecv();
  }

  async read(): Promise<Uint8Array | undefined> {
    return (await this.#receive.read(READ_BYTES)) ?? undefined;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#send.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  }

  finish(): void {
    this.#finished = true;
    void this.#send.finish().catch(nothing);
  }

  abandon(): void {
    // What was finished still goes out.
    if (!this.#finished) void this.#send.reset(GIVEN_UP).catch(nothing);
    void this.#receive.stop(GIVEN_UP).catch(nothing);
  }
}

function nothing(): void {}
