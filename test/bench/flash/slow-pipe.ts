// A stretch of network in front of one agent's link that can be made slow in the direction away from it.
//
// The agent announces the pipe's address instead of its own, so whoever fetches from it does so through the pipe.
// Bytes are passed on as they are, TLS and all; each connection has the pace to itself.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../servers/server.ts';

const STEP_MS = 20;

export class SlowPipe {
  /** Of the agent's own link: it must listen there. */
  readonly linkPort: number;
  /** Away from the agent; Infinity is as fast as it comes. */
  bytesPerS = Number.POSITIVE_INFINITY;
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  static async open(): Promise<SlowPipe> {
    const pipe = new SlowPipe(await freePort());
    pipe.#server.listen(0, '127.0.0.1');
    await once(pipe.#server, 'listening');
    return pipe;
  }

  private constructor(linkPort: number) {
    this.linkPort = linkPort;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (asker) => this.#join(asker));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(asker: Socket): void {
    const agent = connect({ port: this.linkPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    for (const [socket, other] of [
      [asker, agent],
      [agent, asker],
    ] as const) {
      this.#open.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#open.delete(socket);
        other.destroy();
      });
    }
    asker.pipe(agent);
    void this.#pass(agent, asker);
  }

  async #pass(agent: Socket, asker: Socket): Promise<void> {
    try {
      for await (const chunk of agent as AsyncIterable<Buffer>) await this.#write(asker, chunk);
      asker.end();
    } catch {
      // Either end broke: the other is closed by its listener.
      asker.destroy();
    }
  }

  async #write(asker: Socket, chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      const slow = Number.isFinite(this.bytesPerS);
      const next = slow ? at + Math.max(1, Math.floor((this.bytesPerS * STEP_MS) / 1_000)) : chunk.length;
      if (!asker.write(chunk.subarray(at, next))) await once(asker, 'drain');
      at = next;
      if (slow) await sleep(STEP_MS);
    }
  }
}
