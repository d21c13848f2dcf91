// What players talk to: HTTP/1.1 on node:http, turned into calls of the edge.
//
// It does the connection's share and no more: refuses what could be read two ways, bounds time, size and number,
// answers preflights and the roster, takes beacons, writes answers at the viewer's pace. Caching, methods and targets are the edge's.
// Time-outs lean on Node's: a socket's own timer sees progress of a write in flight, so a viewer that takes bytes
// slowly stays and one that takes none goes.
// Not here: TLS, HTTP/2, viewer tokens, rates per viewer.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Counts, Timings } from '../../core/counters.ts';
import type { ServeViewer } from '../../edge/ports.ts';
import { BEACON_PATH } from '../../wire/beacon.ts';
import type { HeaderField } from '../../wire/message.ts';
import { ROSTER_PATH, type Roster } from '../../wire/roster.ts';
import { admit } from './admission.ts';
import { BeaconIntake } from './beacon-intake.ts';
import { type Connection, Connections } from './connections.ts';
import { listen } from './listen.ts';
import { type Refusal, rawRefusal } from './refusal.ts';
import { PREFLIGHT } from './reply-fields.ts';
import { RosterAnswer } from './roster-answer.ts';
import { ViewerAnswer } from './viewer-answer.ts';

export interface PlayerServerOptions {
  readonly host: string;
  /** 0 takes a free one: see `port`. */
  readonly port: number;
  /** Several processes of one host share the port, and the kernel spreads connections. Default false. */
  readonly reusePort?: boolean;
  /** Connections served; beyond, 503 with Retry-After. Default 10000. */
  readonly connectionsMax?: number;
  /** Milliseconds for a request's head to come. Default 5000. */
  readonly headMs?: number;
  /** Milliseconds for a whole request, body included. Default 15000. */
  readonly requestMs?: number;
  /** How often the two above are looked at, in milliseconds. Default 1000. */
  readonly checkMs?: number;
  /** Milliseconds that an idle connection is kept: longer than the pause between two segments. Default 30000. */
  readonly keepAliveMs?: number;
  /** Milliseconds in which a viewer must take at least one byte of an answer. Default 30000. */
  readonly stallMs?: number;
  /** Milliseconds that answers under way get to finish when draining. Default 10000. */
  readonly drainMs?: number;
}

export interface PlayerServerPorts {
  readonly serve: ServeViewer;
  /** The same object as long as nothing changed. */
  readonly roster: () => Roster;
  readonly counts: Counts;
  readonly timings: Timings;
}

type Settled = Required<PlayerServerOptions>;

const DEFAULTS: Omit<Settled, 'host' | 'port'> = {
  reusePort: false,
  connectionsMax: 10_000,
  headMs: 5000,
  requestMs: 15_000,
  checkMs: 1000,
  keepAliveMs: 30_000,
  stallMs: 30_000,
  drainMs: 10_000,
};

/** Bytes of a request's head. */
const HEAD_BYTES_MAX = 16 * 1024;
/** Bytes handed to a socket in one write, as a view: EDGE.md's 256 KiB per connection. */
const WRITE_BYTES_MAX = 256 * 1024;
/** Connections beyond the cap that are still told so. */
const SURPLUS_MAX = 256;

export class PlayerServer {
  readonly #options: Settled;
  readonly #ports: PlayerServerPorts;
  readonly #server: Server;
  readonly #connections: Connections;
  readonly #roster: RosterAnswer;
  readonly #beacons: BeaconIntake;
  #draining = false;

  private constructor(options: PlayerServerOptions, ports: PlayerServerPorts) {
    this.#options = { ...DEFAULTS, ...options };
    this.#ports = ports;
    this.#connections = new Connections(this.#options.connectionsMax);
    this.#roster = new RosterAnswer(ports.roster);
    this.#beacons = new BeaconIntake(ports.counts);
    this.#server = this.#create();
  }

  /** @throws RingcastError (as rejection) where the port cannot be had */
  static async listen(options: PlayerServerOptions, ports: PlayerServerPorts): Promise<PlayerServer> {
    const player = new PlayerServer(options, ports);
    const { host, port, reusePort } = player.#options;
    await listen(player.#server, { host, port, reusePort, backlog: 1024 });
    return player;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections open now. */
  get connections(): number {
    return this.#connections.count;
  }

  /** Takes no more connections, finishes what is under way for at most `drainMs`, and calls `done` when all is closed. */
  drain(done: () => void): void {
    this.#draining = true;
    const deadline = setTimeout(() => this.#server.closeAllConnections(), this.#options.drainMs);
    this.#server.close(() => {
      clearTimeout(deadline);
      this.#connections.closed();
      done();
    });
    this.#connections.windDown();
  }

  /** Breaks off everything. */
  close(done: () => void): void {
    this.#draining = true;
    this.#server.close(() => {
      this.#connections.closed();
      done();
    });
    this.#server.closeAllConnections();
  }

  #create(): Server {
    const { connectionsMax, headMs, requestMs, checkMs, keepAliveMs, stallMs } = this.#options;
    const server = createServer({
      connectionsCheckingInterval: checkMs,
      headersTimeout: headMs,
      requestTimeout: requestMs,
      keepAliveTimeout: keepAliveMs,
      maxHeaderSize: HEAD_BYTES_MAX,
      noDelay: true,
      // Missing and doubled Hosts are refused here, in the words of all other refusals.
      requireHostHeader: false,
    });
    server.maxConnections = connectionsMax + SURPLUS_MAX;
    server.setTimeout(stallMs, (socket) => this.#onSilence(socket));
    server.on('connection', (socket) => this.#connections.add(socket));
    server.on('request', (request, response) => this.#onRequest(request, response));
    server.on('checkContinue', (request, response) => this.#refuseExpectation(request, response));
    server.on('checkExpectation', (request, response) => this.#refuseExpectation(request, response));
    server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
      this.#refuseRaw(socket as Socket, {
        status: 501,
        code: 'method-not-allowed',
        sentence: 'CONNECT is not served',
      });
    });
    server.on('clientError', (error, socket) => this.#onClientError(error, socket as Socket));
    return server;
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const { method = '', url: target = '', rawHeaders: rawFields, httpVersion: version } = request;
    const connection = this.#connections.of(request.socket);
    if (connection === undefined || connection.refused) return;
    const answer = this.#begin(request, response, connection);
    if (answer === undefined) return;
    const admission = connection.surplus ? BUSY : admit({ method, target, version, rawFields });
    if (!admission.ok) {
      this.#refuse(answer, connection, admission);
      return;
    }
    const { fields, hasBody } = admission;
    if (method === 'OPTIONS' && (target === '*' || isPreflight(fields))) {
      response.writeHead(204, [...PREFLIGHT]).end();
    } else if (target === ROSTER_PATH || target.startsWith(`${ROSTER_PATH}?`)) {
      this.#roster.write(method, response);
    } else if (target === BEACON_PATH) {
      this.#beacons.take(request, response);
    } else {
      // The iterator must not destroy the request when it is left early: its socket has an answer to carry.
      const body = hasBody
        ? (request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>)
        : undefined;
      answer.cancelBy(this.#ports.serve({ method, target, headers: fields, body }, answer));
    }
  }

  /** @returns undefined where too many requests wait on the connection: it is closed */
  #begin(
    request: IncomingMessage,
    response: ServerResponse,
    connection: Connection,
  ): ViewerAnswer | undefined {
    const { counts, timings } = this.#ports;
    const answer = new ViewerAnswer(response, {
      isHead: request.method === 'HEAD',
      askedMs: performance.now(),
      writeBytesMax: WRITE_BYTES_MAX,
      counts,
      timings,
    });
    if (!connection.begin(answer)) {
      connection.refused = true;
      counts['rejected.http'] += 1;
      connection.socket.destroy();
      return undefined;
    }
    if (this.#draining) answer.last();
    response.once('close', () => {
      connection.end(answer);
      if (this.#draining && connection.idle) connection.socket.destroySoon();
    });
    response.once('error', () => answer.gone());
    return answer;
  }

  #refuseExpectation(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#connections.of(request.socket);
    if (connection === undefined || connection.refused) return;
    const answer = this.#begin(request, response, connection);
    if (answer !== undefined) this.#refuse(answer, connection, EXPECTATION);
  }

  /** What was refused unread may be followed by what should not be read: the connection ends. */
  #refuse(answer: ViewerAnswer, connection: Connection, refusal: Refusal): void {
    connection.refused = true;
    this.#ports.counts['rejected.http'] += 1;
    answer.last();
    answer.refuseWith(refusal);
  }

  #refuseRaw(socket: Socket, refusal: Refusal): void {
    const connection = this.#connections.of(socket);
    if (connection?.refused) return;
    if (connection === undefined || !connection.idle || !socket.writable) {
      // In the middle of another answer these bytes would be taken for a part of it.
      socket.destroy();
      return;
    }
    connection.refused = true;
    this.#ports.counts['rejected.http'] += 1;
    socket.write(rawRefusal(refusal));
    socket.destroySoon();
  }

  #onClientError(error: Error, socket: Socket): void {
    const code = 'code' in error ? error.code : undefined;
    if (code === 'ECONNRESET' || code === 'EPIPE') socket.destroy();
    else this.#refuseRaw(socket, CLIENT_ERRORS.get(code) ?? MALFORMED);
  }

  /** Nothing moved on this socket for `stallMs`, or for `keepAliveMs` between requests. */
  #onSilence(socket: Socket): void {
    const connection = this.#connections.of(socket);
    const waitsForUs = connection !== undefined && !connection.idle && socket.writableLength === 0;
    if (!waitsForUs) socket.destroy();
  }
}

/** A preflight of an unsafe method is the origin's to answer, as is any OPTIONS that is no preflight. */
function isPreflight(fields: readonly HeaderField[]): boolean {
  const asked = fields.find(([name]) => name === 'access-control-request-method');
  return asked !== undefined && (asked[1] === 'GET' || asked[1] === 'HEAD');
}

const BUSY: Refusal & { readonly ok: false } = {
  ok: false,
  status: 503,
  code: 'busy',
  sentence: 'this agent has as many connections as it serves: ask another one',
};
const EXPECTATION: Refusal = { status: 417, code: 'expectation-failed', sentence: 'Expect is not served' };
const MALFORMED: Refusal = { status: 400, code: 'bad-request', sentence: 'expected an HTTP/1.1 request' };
const CLIENT_ERRORS: ReadonlyMap<unknown, Refusal> = new Map<unknown, Refusal>([
  [
    'HPE_HEADER_OVERFLOW',
    {
      status: 431,
      code: 'bad-header',
      sentence: `expected a request head of at most ${HEAD_BYTES_MAX} bytes`,
    },
  ],
  [
    'HPE_CHUNK_EXTENSIONS_OVERFLOW',
    { status: 413, code: 'bad-request', sentence: 'expected chunks without long extensions' },
  ],
  [
    'ERR_HTTP_REQUEST_TIMEOUT',
    { status: 408, code: 'request-timeout', sentence: 'the request did not come whole in time' },
  ],
]);
