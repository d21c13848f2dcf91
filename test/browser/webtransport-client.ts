// The player's side of WebTransport: one session with one agent, a request on a stream of its own, answers as they come.
//
// Written to move into the player plugin: it needs the page's WebTransport and agent/wire, and nothing of Node. A
// session ends with `closed`; nothing is opened again here. Whoever asks sets the deadline and may cancel.

import { frameOf, MessageReader } from '../../agent/wire/frames.ts';
import type { HeaderField, Message, PlayerMethod, ResetReason } from '../../agent/wire/message.ts';
import type { RosterWebTransport } from '../../agent/wire/roster.ts';

/** Chromium refuses more, even where it was asked to wait. */
const STREAMS_MAX = 64;

export interface Ask {
  readonly method?: PlayerMethod;
  readonly target: string;
  readonly headers?: readonly HeaderField[];
  /** Milliseconds for the whole; 0 leaves it to the agent. */
  readonly deadlineMs?: number;
}

/** Calls: head, bytes*, then end or fail, once; nothing after a cancel. */
export interface AskSink {
  head(status: number, size: number, headers: readonly HeaderField[]): void;
  bytes(chunk: Uint8Array): void;
  end(): void;
  fail(reason: ResetReason | 'cut' | 'deadline' | 'protocol'): void;
}

export class AgentSession {
  readonly #transport: WebTransport;
  #streams = 0;
  readonly #waiting: (() => void)[] = [];

  /** @throws what the browser says (as rejection) where there is no session */
  static async open({ url, certificateHashes }: RosterWebTransport): Promise<AgentSession> {
    const transport = new WebTransport(url, {
      serverCertificateHashes: certificateHashes.map((hash) => ({
        algorithm: 'sha-256',
        value: bytesOf(hash),
      })),
      congestionControl: 'throughput',
    });
    transport.closed.catch(nothing);
    await transport.ready;
    return new AgentSession(transport);
  }

  private constructor(transport: WebTransport) {
    this.#transport = transport;
  }

  /** Resolves with the close code, or undefined where the connection was lost. */
  get closed(): Promise<number | undefined> {
    return this.#transport.closed.then(({ closeCode }) => closeCode, nothing);
  }

  close(): void {
    this.#transport.close();
  }

  /** @returns a cancel */
  ask(ask: Ask, sink: AskSink): () => void {
    const exchange = new Exchange(ask, sink);
    void this.#run(exchange);
    return () => exchange.cancel();
  }

  async #run(exchange: Exchange): Promise<void> {
    while (this.#streams >= STREAMS_MAX) await new Promise<void>((go) => this.#waiting.push(go));
    this.#streams += 1;
    try {
      await exchange.run(this.#transport);
    } finally {
      this.#streams -= 1;
      this.#waiting.shift()?.();
    }
  }
}

class Exchange {
  readonly #ask: Ask;
  readonly #sink: AskSink;
  #open = true;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;

  constructor(ask: Ask, sink: AskSink) {
    this.#ask = ask;
    this.#sink = sink;
  }

  cancel(): void {
    if (this.#close()) this.#abandon();
  }

  async run(transport: WebTransport): Promise<void> {
    if (!this.#open) return;
    const { method = 'GET', target, headers = [], deadlineMs = 0 } = this.#ask;
    const frame = frameOf({ kind: 'get', method, target, headers, deadlineMs });
    if (frame === undefined) return this.#fail('protocol');
    const timer = deadlineMs > 0 ? setTimeout(() => this.#fail('deadline'), deadlineMs) : undefined;
    try {
      await this.#exchange(transport, frame);
    } catch {
      this.#fail('cut');
    } finally {
      clearTimeout(timer);
    }
  }

  async #exchange(transport: WebTransport, frame: Uint8Array): Promise<void> {
    const stream = await transport.createBidirectionalStream();
    this.#writer = stream.writable.getWriter();
    this.#reader = stream.readable.getReader();
    this.#writer.closed.catch(nothing);
    this.#reader.closed.catch(nothing);
    if (!this.#open) return this.#abandon();
    this.#writer.write(frame).catch(nothing);
    const messages = new MessageReader({
      message: (message) => this.#message(message),
      refuse: () => this.#fail('protocol'),
    });
    while (this.#open) {
      const { value, done } = await this.#reader.read();
      if (done) return this.#fail('cut');
      messages.push(value);
    }
  }

  #message(message: Message): void {
    if (!this.#open) return;
    switch (message.kind) {
      case 'answer':
        this.#sink.head(message.status, message.size, message.headers);
        break;
      case 'piece':
        this.#sink.bytes(message.bytes);
        break;
      case 'end':
        this.#close();
        // Closing says that the reply has arrived; not awaited, for that costs a round trip. What is left to read is
        // the end of the stream.
        this.#writer?.close().catch(nothing);
        this.#reader?.cancel().catch(nothing);
        this.#sink.end();
        break;
      case 'reset':
        this.#fail(message.reason);
        break;
      default:
        this.#fail('protocol');
    }
  }

  #fail(reason: Parameters<AskSink['fail']>[0]): void {
    if (!this.#close()) return;
    this.#abandon();
    this.#sink.fail(reason);
  }

  #close(): boolean {
    const was = this.#open;
    this.#open = false;
    return was;
  }

  #abandon(): void {
    this.#writer?.abort().catch(nothing);
    this.#reader?.cancel().catch(nothing);
  }
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function nothing(): undefined {
  return undefined;
}
