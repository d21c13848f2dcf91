// The origin over HTTP/1.1, by undici's dispatch: of the clients for Node the fastest with strict parsing.
//
// The origin is one fixed base; a target is a path below it and can name no other host. Redirects are answers like
// any other. A fill absorbs bytes as they come, for it is bounded; a passed body is paused at its viewer's pace.
// Not here: caching, coalescing, retries on other sources, a breaker, byte counts: those are the edge's.

import { buildConnector, type Dispatcher, Pool } from 'undici';
import type {
  Cancel,
  FillSink,
  OriginPort,
  OriginRequest,
  PassSink,
  PassTransfer,
} from '../../edge/ports.ts';
import { RingcastError } from '../ringcast-error.ts';
import { Exchange, type ExchangePlan } from './exchange.ts';
import { sentFields } from './header-fields.ts';
import { Lane } from './lane.ts';

export interface UndiciOriginOptions {
  /** `http(s)://host[:port][/prefix]`; targets are appended to it. */
  readonly base: string;
  /** Milliseconds to open a connection. Default 3000. */
  readonly connectMs?: number;
  /** Milliseconds from asking to the response head, waiting for a connection included. Default 10000. */
  readonly headMs?: number;
  /** Milliseconds without a byte of body. Default 10000. */
  readonly bodyIdleMs?: number;
  /** Connections open at one time; further requests wait. Default 128. */
  readonly connectionsMax?: number;
  /** Requests under way or waiting; further ones fail at once. Default 1024. */
  readonly requestsMax?: number;
  /** Bytes of a response head. Default 16384. */
  readonly headBytesMax?: number;
  /** Milliseconds that an idle connection is kept, unless the origin says less. Default 4000. */
  readonly keepAliveMs?: number;
  /** PEM of the authority that signed the origin's certificate, where it is no public one. */
  readonly ca?: string;
}

type Settled = Required<Omit<UndiciOriginOptions, 'ca'>>;

const DEFAULTS: Omit<Settled, 'base'> = {
  connectMs: 3000,
  headMs: 10_000,
  bodyIdleMs: 10_000,
  connectionsMax: 128,
  requestsMax: 1024,
  headBytesMax: 16_384,
  keepAliveMs: 4000,
};

/** Safe to send twice: asked, not told (RFC 9110, 9.2.1). */
const RETRIABLE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export class UndiciOrigin implements OriginPort {
  readonly #options: Settled;
  readonly #base: { readonly origin: string; readonly prefix: string };
  readonly #pool: Pool;
  #underWay = 0;

  /** @throws RingcastError `bad-origin` where the base is no http(s) URL of host, port and path */
  constructor(options: UndiciOriginOptions) {
    this.#options = { ...DEFAULTS, ...options };
    this.#base = splitBase(options.base);
    const { connectMs, connectionsMax, headBytesMax, keepAliveMs } = this.#options;
    const dial = buildConnector({
      timeout: connectMs,
      allowH2: false,
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    });
    this.#pool = new Pool(this.#base.origin, {
      connections: connectionsMax,
      factory: (origin) =>
        new Lane(
          origin,
          // The head's time-out is the exchange's own: it covers the wait for a connection as well.
          { headersTimeout: 0, maxHeaderSize: headBytesMax, keepAliveTimeout: keepAliveMs, pipelining: 1 },
          dial,
        ),
    });
  }

  fetch(request: OriginRequest, sink: FillSink): Cancel {
    const absorbing: PassSink = {
      head: (head) => sink.head(head),
      write: (chunk) => {
        sink.bytes(chunk);
        return true;
      },
      end: () => sink.end(),
      fail: (reason, detail) => sink.fail(reason, detail),
    };
    return this.pass(request, absorbing).cancel;
  }

  pass(request: OriginRequest, sink: PassSink): PassTransfer {
    const refusal = this.#refusal(request);
    if (refusal !== undefined) return refuse(sink, refusal);
    this.#underWay += 1;
    const exchange = new Exchange(this.#pool, this.#plan(request), sink, () => {
      this.#underWay -= 1;
    });
    exchange.start();
    return { cancel: () => exchange.cancel(), resume: () => exchange.resume() };
  }

  /** Breaks off what is under way (its sinks are told) and closes every connection. */
  close(done: () => void): void {
    this.#pool.destroy(new Error('the agent is closing'), () => done());
  }

  #refusal({ method, target }: OriginRequest): string | undefined {
    if (!target.startsWith('/')) return 'expected a target that begins with a slash';
    if (method === 'CONNECT') return 'CONNECT is not forwarded';
    const { requestsMax } = this.#options;
    if (this.#underWay < requestsMax) return undefined;
    return `${this.#underWay} requests to ${this.#base.origin} are under way, limit ${requestsMax}`;
  }

  #plan({ method, target, headers, body }: OriginRequest): ExchangePlan {
    const { headMs, bodyIdleMs } = this.#options;
    const options: Dispatcher.DispatchOptions = {
      method,
      path: this.#base.prefix + target,
      headers: sentFields(headers, body !== undefined),
      bodyTimeout: bodyIdleMs,
      // undici takes any async iterable; its types name only Node's own.
      ...(body === undefined
        ? {}
        : { body: body as unknown as NonNullable<Dispatcher.DispatchOptions['body']> }),
    };
    const retriable = body === undefined && RETRIABLE.has(method);
    return { options, origin: this.#base.origin, headMs, bodyIdleMs, retriable };
  }
}

function refuse(sink: PassSink, detail: string): PassTransfer {
  let over = false;
  queueMicrotask(() => {
    if (!over) sink.fail('origin-unreachable', detail);
  });
  const cancel = () => {
    over = true;
  };
  return { cancel, resume: () => {} };
}

function splitBase(base: string): { origin: string; prefix: string } {
  const url = URL.canParse(base) ? new URL(base) : undefined;
  const plain =
    url !== undefined && url.search === '' && url.hash === '' && url.username === '' && url.password === '';
  if (!plain || !['http:', 'https:'].includes(url.protocol)) {
    throw new RingcastError(
      'bad-origin',
      `expected an origin such as https://media.example/vod, got ${base}`,
    );
  }
  return { origin: url.origin, prefix: url.pathname.replace(/\/+$/, '') };
}
