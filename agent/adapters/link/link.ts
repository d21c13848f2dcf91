// One connection to one peer: hello, frames in, frames out, last words.
//
//     opening -- both hellos agree --> open --> closed
//
// What is sent while it opens waits, up to a bound. A peer that sends what it may not is told why, counted by the
// owner and cut off; nothing that it sends can throw. The link does not know who else there is: that is links.ts.

import type { TLSSocket } from 'node:tls';
import { decode } from '../../wire/codec.ts';
import type { AgentId } from '../../wire/ids.ts';
import type { Hello, LinkPurpose, Message } from '../../wire/message.ts';
import type { RejectReason } from '../../wire/reject.ts';
import { commonVersion, VERSION_MAX, VERSION_MIN } from '../../wire/version.ts';
import { frameOf, pieceHead } from './frame.ts';
import { FrameReader } from './frame-reader.ts';
import { BULK_QUEUE_BYTES_FULL, BULK_QUEUE_BYTES_MAX, CONTROL_QUEUE_BYTES_MAX } from './limits.ts';

/** `asked`: this side closed it; `refused`: for what the peer sent; `broken`: by the peer or the network. */
export type Closing = 'asked' | 'refused' | 'broken';

export interface LinkOwner {
  /** @returns why the link is not wanted, if it is not */
  opened(link: Link, peer: AgentId): RejectReason | undefined;
  /** @returns why the message is refused, if it is */
  message(link: Link, message: Message): RejectReason | undefined;
  piece(link: Link, id: number, bytes: Uint8Array): RejectReason | undefined;
  /** Bytes have left. */
  drained(link: Link): void;
  refused(link: Link, reason: RejectReason): void;
  /** Once, and last. */
  closed(link: Link, closing: Closing, detail: string): void;
}

export interface LinkOptions {
  readonly owner: LinkOwner;
  readonly dialled: boolean;
  /** What a dialled link is for; an accepted one is told. */
  readonly purpose: LinkPurpose;
  /** `host:port`, as it was dialled, or as it came. */
  readonly address: string;
  readonly openMs: number;
}

export class Link {
  readonly dialled: boolean;
  readonly address: string;
  purpose: LinkPurpose;
  phase: 'opening' | 'open' | 'closed' = 'opening';
  /** Known when the handshake is done. */
  peer: AgentId | undefined = undefined;
  /** When the peer was last heard. */
  heardMs: number = performance.now();
  /** Messages sent since then. */
  unheard = 0;
  /** When bytes last left while others waited. */
  movedMs: number = performance.now();
  readonly #owner: LinkOwner;
  readonly #reader: FrameReader;
  readonly #opening: NodeJS.Timeout;
  #socket: TLSSocket | undefined = undefined;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;

  constructor(options: LinkOptions) {
    this.#owner = options.owner;
    this.dialled = options.dialled;
    this.address = options.address;
    this.purpose = options.purpose;
    const pieces = options.dialled && options.purpose === 'bulk';
    this.#reader = new FrameReader(
      {
        frame: (content) => this.#frame(content),
        piece: (id, bytes) => this.#piece(id, bytes),
        refuse: (reason) => this.refuse(reason),
      },
      pieces,
    );
    this.#opening = setTimeout(() => this.cut(`not open in ${options.openMs} ms`), options.openMs);
  }

  /** Gives the link its socket; on an accepted one the handshake is done, on a dialled one it is to come. */
  attach(socket: TLSSocket): void {
    this.#socket = socket;
    socket.on('error', (error) => this.#over('broken', error.message));
    socket.on('end', () => this.#over('broken', 'the peer closed the connection'));
    socket.on('close', () => this.#over('broken', 'the connection closed'));
  }

  /** The handshake is done and the peer known. */
  secured(peer: AgentId): void {
    this.peer = peer;
    if (this.dialled) this.#write(frameOf(helloFor(this.purpose)));
  }

  /** Bytes as they were read; the buffer is free again afterwards. */
  receive(chunk: Uint8Array): void {
    if (this.phase === 'closed') return;
    this.heardMs = performance.now();
    this.unheard = 0;
    this.#reader.push(chunk);
  }

  get queuedBytes(): number {
    return this.#waitingBytes + (this.#socket?.writableLength ?? 0);
  }

  /** Enough waits to keep the socket busy. */
  get full(): boolean {
    return this.queuedBytes >= BULK_QUEUE_BYTES_FULL;
  }

  /** @returns false where the message is dropped: the link is closed or its queue full, or the peer would refuse it */
  send(message: Message): boolean {
    const frame = this.phase === 'closed' ? undefined : frameOf(message);
    if (frame === undefined || this.#overflows(frame.length)) return false;
    this.unheard += 1;
    if (this.phase === 'open') {
      this.#write(frame);
    } else {
      this.#waiting.push(frame);
      this.#waitingBytes += frame.length;
    }
    return true;
  }

  /** @param bytes kept until they are written: they must not change */
  piece(id: number, bytes: Uint8Array): void {
    if (this.phase !== 'open' || this.#overflows(bytes.length)) return;
    this.#socket?.cork();
    this.#write(pieceHead(id, bytes.length));
    this.#write(bytes);
    this.#socket?.uncork();
  }

  /** Tells the peer what was wrong with what it sent, and closes. */
  refuse(reason: RejectReason): void {
    if (this.phase === 'closed') return;
    this.#owner.refused(this, reason);
    this.#write(frameOf({ kind: 'goodbye', reason }));
    this.#over('refused', `refused: ${reason}`);
  }

  /** Closes after what waits has been written. */
  close(): void {
    this.#over('asked', 'closed');
  }

  /** Closes at once: the peer is not believed to hear anything. */
  cut(detail: string): void {
    this.#over('broken', detail);
    this.#socket?.destroy();
  }

  #overflows(bytes: number): boolean {
    if (this.purpose === 'control') return this.queuedBytes + bytes > CONTROL_QUEUE_BYTES_MAX;
    if (this.queuedBytes + bytes <= BULK_QUEUE_BYTES_MAX) return false;
    // Only the answering side is at the peer's mercy: the asking one bounds itself.
    if (!this.dialled) this.cut('the peer asks for more than it takes');
    return true;
  }

  #write(bytes: Uint8Array | undefined): void {
    if (bytes === undefined || this.#socket === undefined || !this.#socket.writable) return;
    if (this.#socket.writableLength === 0) this.movedMs = performance.now();
    this.#socket.write(bytes, this.#wrote);
  }

  readonly #wrote = (): void => {
    this.movedMs = performance.now();
    if (this.phase === 'open') this.#owner.drained(this);
  };

  #frame(content: Uint8Array): void {
    const decoded = decode(content);
    const reason = decoded.ok ? this.#message(decoded.value) : decoded.reason;
    if (reason !== undefined) this.refuse(reason);
  }

  #message(message: Message): RejectReason | undefined {
    if (message.kind === 'goodbye') {
      this.#over('broken', `the peer said goodbye: ${message.reason}`);
      return undefined;
    }
    if (this.phase === 'opening') return message.kind === 'hello' ? this.#hello(message) : 'unexpected';
    return this.#owner.message(this, message);
  }

  #piece(id: number, bytes: Uint8Array): void {
    const reason = this.phase === 'open' ? this.#owner.piece(this, id, bytes) : 'unexpected';
    if (reason !== undefined) this.refuse(reason);
  }

  #hello(hello: Hello): RejectReason | undefined {
    if (this.peer === undefined) return 'unexpected';
    if (commonVersion({ min: hello.versionMin, max: hello.versionMax }) === undefined) return 'bad-version';
    if (this.dialled && hello.purpose !== this.purpose) return 'unexpected';
    this.purpose = hello.purpose;
    const unwanted = this.#owner.opened(this, this.peer);
    if (unwanted !== undefined) return unwanted;
    clearTimeout(this.#opening);
    this.phase = 'open';
    if (!this.dialled) this.#write(frameOf(helloFor(this.purpose)));
    for (const frame of this.#waiting) this.#write(frame);
    this.#waiting = [];
    this.#waitingBytes = 0;
    return undefined;
  }

  #over(closing: Closing, detail: string): void {
    if (this.phase === 'closed') return;
    this.phase = 'closed';
    clearTimeout(this.#opening);
    this.#reader.stop();
    this.#waiting = [];
    this.#waitingBytes = 0;
    const socket = this.#socket;
    socket?.end();
    // Last words get their time; a socket that does not close by then is dropped with what it still holds.
    const grace = setTimeout(() => socket?.destroy(), GRACE_MS);
    socket?.once('close', () => clearTimeout(grace));
    this.#owner.closed(this, closing, detail);
  }
}

const GRACE_MS = 500;

function helloFor(purpose: LinkPurpose): Hello {
  return { kind: 'hello', versionMin: VERSION_MIN, versionMax: VERSION_MAX, purpose };
}
