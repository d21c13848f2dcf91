// A peer that speaks TLS and then says whatever a test wants: the hostile end of a link.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type ConnectionOptions, connect, createServer, type Server, type TLSSocket } from 'node:tls';
import type { Identity } from '../../agent/adapters/identity/identity.ts';
import { decode, encode } from '../../agent/wire/codec.ts';
import type { LinkPurpose, Message } from '../../agent/wire/message.ts';

export function framed(content: Uint8Array): Buffer {
  const frame = Buffer.alloc(4 + content.length);
  frame.writeUInt32BE(content.length);
  frame.set(content, 4);
  return frame;
}
export const frameOf = (message: Message): Buffer => framed(encode(message));
export const hello = (purpose: LinkPurpose, version = 1): Message => ({
  kind: 'hello',
  versionMin: version,
  versionMax: version,
  purpose,
});

export class RawLink {
  readonly socket: TLSSocket;
  /** What the other side said, as far as it decodes. */
  readonly heard: Message[] = [];
  over = false;
  #bytes: Buffer = Buffer.alloc(0);
  readonly #waiting: Set<() => void> = new Set();

  constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => this.#receive(bytes));
    socket.on('close', () => {
      this.over = true;
      this.#look();
    });
  }

  /** Dials an agent; resolves when the handshake is done or has failed. */
  static async dial(port: number, options: ConnectionOptions): Promise<RawLink> {
    const raw = new RawLink(
      connect({
        host: '127.0.0.1',
        port,
        ALPNProtocols: ['ringcast/1'],
        checkServerIdentity: () => undefined,
        ...options,
      }),
    );
    await Promise.race([once(raw.socket, 'secureConnect'), raw.closed()]).catch(() => undefined);
    return raw;
  }

  send(...parts: readonly (Message | Uint8Array)[]): void {
    for (const part of parts) this.socket.write(part instanceof Uint8Array ? part : frameOf(part));
  }

  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  closed(): Promise<void> {
    return this.until(() => this.over);
  }

  get lastWords(): string | undefined {
    const last = this.heard.at(-1);
    return last?.kind === 'goodbye' ? last.reason : undefined;
  }

  #receive(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    while (this.#bytes.length >= 4 && this.#bytes.length >= 4 + this.#bytes.readUInt32BE()) {
      const end = 4 + this.#bytes.readUInt32BE();
      const decoded = decode(this.#bytes.subarray(4, end));
      if (decoded.ok) this.heard.push(decoded.value);
      this.#bytes = this.#bytes.subarray(end);
    }
    this.#look();
  }

  #look(): void {
    for (const look of [...this.#waiting]) look();
  }
}

/** A listener with an agent's identity; every link that it accepts is handed out raw. */
export class RawServer {
  readonly links: RawLink[] = [];
  readonly #server: Server;

  private constructor(identity: Identity, accepted: (link: RawLink) => void) {
    const { key, cert, ca } = identity;
    this.#server = createServer(
      { key, cert, ca, requestCert: true, ALPNProtocols: ['ringcast/1'] },
      (socket) => {
        const link = new RawLink(socket);
        this.links.push(link);
        accepted(link);
      },
    );
    this.#server.on('tlsClientError', () => undefined);
  }

  static async listen(identity: Identity, accepted: (link: RawLink) => void): Promise<RawServer> {
    const server = new RawServer(identity, accepted);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    for (const { socket } of this.links) socket.destroy();
    this.#server.close();
  }
}
