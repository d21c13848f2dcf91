// A viewer on loopback that sends exactly the bytes that a test gives it, and an edge that answers as told.

import { connect, type Socket } from 'node:net';
import { afterEach } from 'vitest';
import { PlayerServer, type PlayerServerOptions } from '../../agent/adapters/player-api/player-server.ts';
import { type Counts, newCounts, Timings } from '../../agent/core/counters.ts';
import type { FillId } from '../../agent/core/ports.ts';
import { Fill } from '../../agent/edge/fill.ts';
import type { ResponseHead, ServeViewer, ViewerReply, ViewerRequest } from '../../agent/edge/ports.ts';
import type { AgentId, Region, RingId } from '../../agent/wire/ids.ts';
import type { Roster } from '../../agent/wire/roster.ts';

export interface Stand {
  readonly player: PlayerServer;
  readonly counts: Counts;
  readonly timings: Timings;
  readonly asked: ViewerRequest[];
  /** Cancels that the server called. */
  cancelled: number;
  stop(): Promise<void>;
}

export const ROSTER: Roster = {
  version: 1,
  agent: {
    id: 'a'.repeat(64) as AgentId,
    region: 'eu/de' as Region,
    ring: '0|eu/de|abcdefgh' as RingId,
    url: 'http://127.0.0.1:8080',
    load: 0,
    weight: 100,
  },
  near: [],
  elsewhere: [],
  origins: [{ id: 'o', base: 'http://127.0.0.1:9000' }],
  ignoredQuery: [],
  ttlMs: 5000,
};

type Serve = (request: ViewerRequest, reply: ViewerReply, index: number) => void;

/** @param serve answers; by default 200 with the body `hello` from RAM */
async function stand(serve: Serve = hello, options: Partial<PlayerServerOptions> = {}): Promise<Stand> {
  const asked: ViewerRequest[] = [];
  const [counts, timings] = [newCounts(), new Timings()];
  const serveViewer: ServeViewer = (request, reply) => {
    asked.push(request);
    serve(request, reply, asked.length - 1);
    return () => {
      made.cancelled += 1;
    };
  };
  const ports = { serve: serveViewer, roster: () => ROSTER, counts, timings };
  const player = await PlayerServer.listen({ host: '127.0.0.1', port: 0, ...options }, ports);
  const made: Stand = {
    player,
    counts,
    timings,
    asked,
    cancelled: 0,
    stop: () => new Promise((resolve) => player.close(resolve)),
  };
  return made;
}

/** Stands and viewers of one test file, gone after each test. */
export function stands(): {
  start(...args: Parameters<typeof stand>): Promise<Stand>;
  viewer(made: Stand): RawViewer;
} {
  const open: Stand[] = [];
  const viewers: RawViewer[] = [];
  afterEach(async () => {
    for (const each of viewers.splice(0)) each.socket.destroy();
    for (const each of open.splice(0)) await each.stop();
  });
  return {
    start: async (...args) => {
      const made = await stand(...args);
      open.push(made);
      return made;
    },
    viewer: (made) => {
      const raw = new RawViewer(made.player.port);
      viewers.push(raw);
      return raw;
    },
  };
}

export function hello(_request: ViewerRequest, reply: ViewerReply): void {
  reply.whole({ status: 200, headers: [['etag', '"x"']], source: 'ram' }, Buffer.from('hello'));
}

/** A fill that has begun. */
export function fillOf(head: Partial<ResponseHead> = {}): Fill {
  const fill = new Fill(1 as FillId, (bytes) => new Uint8Array(bytes), 64 * 1024 * 1024);
  fill.begin({ status: 200, headers: [], size: -1, delayMs: 0, ...head });
  return fill;
}

export class RawViewer {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  /** The server broke the connection instead of ending it. */
  reset = false;
  #text = '';
  #look: () => void = () => {};

  constructor(port: number) {
    this.socket = connect({ host: '127.0.0.1', port });
    this.socket.on('error', (error) => {
      this.reset ||= 'code' in error && error.code === 'ECONNRESET';
    });
    this.socket.on('data', (chunk) => {
      this.#text += chunk.toString('latin1');
      this.#look();
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('close', () => {
        this.#look();
        resolve();
      });
    });
  }

  get text(): string {
    return this.#text;
  }

  send(text: string): this {
    this.socket.write(text, 'latin1');
    return this;
  }

  /** @returns all that came, as soon as it matches */
  until(pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#look = () => {
        if (pattern.test(this.#text)) resolve(this.#text);
        else if (this.socket.closed)
          reject(new Error(`closed before ${pattern} came: ${this.#text.slice(0, 400)}`));
      };
      this.#look();
    });
  }

  /** @returns all that came until the server closed the connection */
  async untilClosed(): Promise<string> {
    await this.closed;
    return this.#text;
  }
}
