// The operator's listener, apart from the one for viewers: /metrics, /health, /ready.
//
// /health says that the process lives (a supervisor restarts it when this fails); /ready says that viewers may be
// sent here (a load balancer asks it). They differ while the agent starts, joins and drains. The listener has no
// password and no TLS: bind it to an address that only operators reach. It only reads; nothing can be changed here.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RingcastError } from '../ringcast-error.ts';

export interface AdminOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly metrics: MetricsText;
  /** What /health shows besides `status`: version, id, uptimeS, ... Called per request. */
  health(): object;
  /** True only when started, joined or standalone, and not draining; else the reason. Called per request. */
  ready(): Readiness;
}

export interface MetricsText {
  text(): Promise<string>;
  readonly contentType: string;
}

export interface Readiness {
  readonly ready: boolean;
  /** One phrase where it is not ready: `draining`, `joining: no seed answered yet`. */
  readonly reason?: string;
}

export interface AdminListener {
  readonly port: number;
  /** Stops listening, and closes connections once their answers are sent. */
  close(): Promise<void>;
}

/** Scrapers, a balancer and a few people; more than that is a mistake or an attack. */
const CONNECTIONS_MAX = 64;

/** @throws RingcastError `address-in-use`, `address-refused` where the address cannot be had */
export async function listenAdmin(options: AdminOptions): Promise<AdminListener> {
  const server = createServer(
    { headersTimeout: 5_000, requestTimeout: 15_000, connectionsCheckingInterval: 1_000 },
    (request, response) => void answer(options, request, response),
  );
  server.maxConnections = CONNECTIONS_MAX;
  await listening(server, options);
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function listening(server: Server, { host, port }: AdminOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const [code, why] =
        cause.code === 'EADDRINUSE'
          ? ['address-in-use', 'is in use: stop what listens there or choose another']
          : ['address-refused', `cannot be listened on (${cause.code}): choose an address of this machine`];
      reject(new RingcastError(code, `the admin address ${host}:${port} ${why} (--admin)`, { cause }));
    });
    server.listen({ host, port }, resolve);
  });
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

async function answer(
  options: AdminOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, contentType, body } = await route(options, request).catch((error: unknown) =>
    // A reader that throws is a bug of ours; the operator shall see it here and the agent shall live on.
    text(500, `this page could not be made: ${error instanceof Error ? error.message : 'unknown error'}\n`),
  );
  if (status === 405) response.setHeader('allow', 'GET, HEAD');
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function route(options: AdminOptions, request: IncomingMessage): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return text(405, 'the admin listener only reads: use GET or HEAD\n');
  }
  // Compared as sent, never parsed as a URL: only these four paths exist, whatever an odd target would resolve to.
  const path = (request.url ?? '').split('?', 1)[0];
  switch (path) {
    case '/':
      return { status: 200, contentType: 'text/html; charset=utf-8', body: INDEX };
    case '/metrics':
      return { status: 200, contentType: options.metrics.contentType, body: await options.metrics.text() };
    case '/health':
      return json(200, { status: 'ok', ...options.health() });
    case '/ready': {
      const { ready, reason } = options.ready();
      return ready ? json(200, { ready }) : json(503, { ready, reason: reason ?? 'not ready' });
    }
    default:
      return text(404, 'not found: the admin listener has /metrics, /health and /ready\n');
  }
}

const INDEX = `<!doctype html>
<title>Ringcast agent</title>
<h1>Ringcast agent</h1>
<ul>
<li><a href="/metrics">metrics</a>, in Prometheus text
<li><a href="/health">health</a>: does the process live
<li><a href="/ready">ready</a>: does it take viewers
</ul>
`;

function json(status: number, value: object): Answer {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value)}\n` };
}

function text(status: number, body: string): Answer {
  return { status, contentType: 'text/plain; charset=utf-8', body };
}
