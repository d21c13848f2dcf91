// The viewers' connections: how many there are, and which answers each one still waits for.
//
// A pipelined answer whose turn has not come hears nothing from Node when its socket closes, so each connection tells
// its own. Beyond the cap a connection is taken and told 503 on its first request, for a player can act on that; far
// beyond it Node closes at once.

import type { Socket } from 'node:net';
import type { ViewerAnswer } from './viewer-answer.ts';

/** Requests that one connection may have sent ahead of their answers. */
const PIPELINED_MAX = 16;

export class Connection {
  readonly socket: Socket;
  /** It came when all places were taken. */
  readonly surplus: boolean;
  /** A refusal is its last answer: what follows on it is not to be trusted, and not read. */
  refused = false;
  readonly #answers: Set<ViewerAnswer> = new Set();

  constructor(socket: Socket, surplus: boolean) {
    this.socket = socket;
    this.surplus = surplus;
  }

  get idle(): boolean {
    return this.#answers.size === 0;
  }

  /** @returns false where too many are waiting */
  begin(answer: ViewerAnswer): boolean {
    this.#answers.add(answer);
    return this.#answers.size <= PIPELINED_MAX;
  }

  end(answer: ViewerAnswer): void {
    this.#answers.delete(answer);
    answer.gone();
  }

  /** The last answer that it waits for says goodbye. */
  windDown(): void {
    [...this.#answers].at(-1)?.last();
  }

  closed(): void {
    for (const answer of this.#answers) answer.gone();
    this.#answers.clear();
  }
}

export class Connections {
  readonly #open: Map<Socket, Connection> = new Map();
  readonly #countMax: number;

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  get count(): number {
    return this.#open.size;
  }

  add(socket: Socket): void {
    const connection = new Connection(socket, this.#open.size >= this.#countMax);
    this.#open.set(socket, connection);
    socket.once('close', () => {
      this.#open.delete(socket);
      connection.closed();
    });
  }

  of(socket: Socket): Connection | undefined {
    return this.#open.get(socket);
  }

  /** All sockets are closed: tells the answers of those whose event is still to come. */
  closed(): void {
    for (const connection of this.#open.values()) connection.closed();
    this.#open.clear();
  }

  /** Closes those who have not asked for anything yet, and the others after what they asked for. */
  windDown(): void {
    for (const connection of this.#open.values()) {
      if (connection.idle && connection.socket.bytesRead === 0) connection.socket.destroy();
      else connection.windDown();
    }
  }
}
