// A real HLS origin in one process, for the demo, tests and benchmarks: real media from memory, a live stream on the wall
// clock, counters, and faults on demand. `node origin-stub/main.ts` runs it; tests start it in their own process.
// It imports nothing of the agent, so that neither can hide the other's mistakes. It signs nothing and speaks no TLS.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Catalogue, type Found } from './catalogue.ts';
import { control, controlPrefix } from './control.ts';
import { type CounterReport, Counters } from './counters.ts';
import { type FaultRule, parseFaultRules } from './fault-rules.ts';
import { type FaultState, Faults, seededRandom } from './faults.ts';
import type { LiveShape } from './live-window.ts';
import { loadLadder, loopSegments, partMs, partsPerSegment, segmentMs } from './media.ts';
import { type Answering, respond, respondPreflight, respondText } from './respond.ts';

export interface OriginStubOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** 127.0.0.1 unless given. */
  readonly host?: string;
  /** Complete segments in a live playlist, from windowSegmentsMin to windowSegmentsMax; 10 unless given. */
  readonly windowSegments?: number;
  /** When the live stream began, in ms since 1970; so long ago that the window is full, unless given. */
  readonly epochMs?: number;
  /** What faults with a probability draw from; 1 unless given. */
  readonly faultSeed?: number;
}

/** Less than 3 target durations of playlist stalls players; 8 also leaves delta updates something to skip. */
export const windowSegmentsMin = 8;
export const windowSegmentsMax = 1000;
export const windowSegmentsDefault = 10;

export interface OriginStub {
  /** http://host:port, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  counters(): CounterReport;
  resetCounters(): void;
  /** Replaces all rules. Throws FaultRuleError for one that makes no sense. */
  setFaults(rules: readonly FaultRule[]): void;
  faults(): FaultState[];
  /** Cuts all connections and stops listening. */
  close(): Promise<void>;
}

/** The address cannot be listened on; the message says why in one sentence. */
export class ListenError extends Error {}

/** Requests that may wait at one time for a playlist or part that does not exist yet. */
const waitingMax = 50_000;

export async function startOriginStub(options: OriginStubOptions = {}): Promise<OriginStub> {
  const origin = new Origin(options);
  const { port = 0, host = '127.0.0.1' } = options;
  const actual = await listen(origin.server, port, host);
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    port: actual,
    counters: () => origin.counters.report(),
    resetCounters: () => origin.counters.reset(),
    setFaults: (rules) => origin.setFaults(parseFaultRules(rules)),
    faults: () => origin.faults.states(),
    close: () => origin.close(),
  };
}

class Origin {
  readonly server: Server;
  readonly counters: Counters = new Counters();
  readonly faults: Faults;
  readonly #catalogue: Catalogue;
  readonly #sockets = new Set<Socket>();
  #waiting = 0;

  constructor(options: OriginStubOptions) {
    const startMs = Date.now();
    const windowSegments = options.windowSegments ?? windowSegmentsDefault;
    if (!(windowSegments >= windowSegmentsMin && windowSegments <= windowSegmentsMax)) {
      throw new RangeError(
        `windowSegments is from ${windowSegmentsMin} to ${windowSegmentsMax}, got ${windowSegments}`,
      );
    }
    const epochMs = options.epochMs ?? startMs - windowSegments * segmentMs;
    const shape: LiveShape = { epochMs, partMs, partsPerSegment, loopSegments, windowSegments };
    const ladder = loadLadder(fileURLToPath(new URL('./media', import.meta.url)));
    this.#catalogue = new Catalogue(ladder, shape, startMs);
    this.faults = new Faults(seededRandom(options.faultSeed ?? 1));
    // Longer than clients keep idle connections, so that they close first and never write into a closing one.
    this.server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
      this.#handle(request, response).catch((error: unknown) => {
        console.error(`origin stub: ${request.method} ${request.url} failed`, error);
        response.destroy();
      });
    });
    this.server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** `spared` is the connection that asked for it. */
  setFaults(rules: readonly FaultRule[], spared?: Socket): void {
    this.faults.set(rules);
    if (!this.faults.isTotalOutage()) return;
    for (const socket of this.#sockets) if (socket !== spared) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '', query = ''] = (request.url ?? '').split('?', 2);
    if (path.startsWith(controlPrefix)) {
      await control(request, response, path, {
        counters: this.counters,
        faultStates: () => this.faults.states(),
        setFaults: (rules) => this.setFaults(rules, request.socket),
      });
      return;
    }
    const counting = this.counters.begin(path);
    const gone = new AbortController();
    response.once('close', () => {
      gone.abort();
      counting.done(response.headersSent ? response.statusCode : 0);
    });
    const effect = this.faults.pick(path);
    if (effect !== undefined) counting.faulted();
    if (effect?.outage) {
      request.socket.resetAndDestroy();
      return;
    }
    const answering: Answering = { request, response, effect, counting };
    try {
      if (effect?.latencyMs !== undefined) await sleep(effect.latencyMs, undefined, { signal: gone.signal });
      await this.#answer(answering, path, query, gone.signal);
    } catch (error) {
      if (!gone.signal.aborted) throw error;
    }
  }

  async #answer(answering: Answering, path: string, query: string, gone: AbortSignal): Promise<void> {
    const { request, response, effect } = answering;
    if (effect?.status !== undefined) {
      await respondText(answering, effect.status, `fault: status ${effect.status}`);
    } else if (request.method === 'OPTIONS') {
      respondPreflight(response);
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      await respondText(answering, 405, `${request.method} is not for objects`, [
        'Allow',
        'GET, HEAD, OPTIONS',
      ]);
    } else {
      const found = await this.#find(path, query, gone);
      if (found === 'busy') {
        await respondText(answering, 503, `more than ${waitingMax} requests wait`, ['Retry-After', '1']);
      } else if (found.is === 'refused') {
        await respondText(answering, found.status, found.reason);
      } else {
        await respond(answering, found.resource);
      }
    }
  }

  // Waits for what is about to exist. The catalogue bounds how far ahead that may be; a timer that fires early asks again.
  async #find(
    path: string,
    query: string,
    gone: AbortSignal,
  ): Promise<Exclude<Found, { is: 'later' }> | 'busy'> {
    while (true) {
      const nowMs = Date.now();
      const found = this.#catalogue.find(path, query, nowMs);
      if (found.is !== 'later') return found;
      if (this.#waiting >= waitingMax) return 'busy';
      this.#waiting += 1;
      try {
        await sleep(found.atMs - nowMs, undefined, { signal: gone });
      } finally {
        this.#waiting -= 1;
      }
    }
  }
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const message =
        cause.code === 'EADDRINUSE'
          ? `port ${port} on ${host} is taken: choose another one, or 0 for any free port`
          : `cannot listen on ${host} port ${port}: ${cause.code ?? cause.message}`;
      reject(new ListenError(message, { cause }));
    });
    server.listen(port, host, 4096, resolve);
  });
  return (server.address() as AddressInfo).port;
}
