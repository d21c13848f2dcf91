// Serves the demo's page, its status, and the buttons that kill and start agents. On 127.0.0.1 only.
//
//     GET /  /assets/...             the built page
//     GET /api/status                status.ts; 503 until the demo is up
//     POST /api/agents/N/kill|start
//
// A page elsewhere cannot press the buttons: a request that names another origin, or another host, is refused.

import { createReadStream, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { PlainError } from '../processes/plain-error.ts';
import type { Status } from './status.ts';

export interface PageServerOptions {
  readonly port: number;
  /** Of the built page. */
  readonly directory: string;
}

/** What the page may see and do; present from the moment that the demo is up. */
export interface PageDesk {
  status(): Status;
  kill(agent: number): void;
  /** @throws PlainError where it does not start */
  start(agent: number): Promise<void>;
}

export class PageServer {
  /** `http://localhost:8080`. */
  readonly url: string;
  desk: PageDesk | undefined = undefined;
  readonly #server: Server;
  readonly #directory: string;

  /** @throws PlainError where the port is taken or may not be used */
  static async listen(options: PageServerOptions): Promise<PageServer> {
    const server = createServer();
    const { port } = options;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => reject(new PlainError(refusal(port, error))));
      server.listen(port, '127.0.0.1', resolve);
    });
    return new PageServer(server, options.directory);
  }

  private constructor(server: Server, directory: string) {
    this.#server = server;
    this.#directory = directory;
    this.url = `http://localhost:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => {
      void this.#answer(request, response).catch((error: unknown) => {
        const sentence = error instanceof PlainError ? error.message : 'the demo failed to answer';
        if (!(error instanceof PlainError)) console.error(error);
        send(response, 500, { error: sentence });
      });
    });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').replace(/[?#].*$/, '');
    if (!isOwn(request)) return send(response, 403, { error: 'only the page of this demo may ask' });
    const button = /^\/api\/agents\/(\d{1,2})\/(kill|start)$/.exec(path);
    if (request.method === 'POST' && button !== null) {
      return await this.#press(Number(button[1]), button[2] === 'kill', response);
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return send(response, 405, { error: `${request.method} is not for ${path}` });
    }
    if (path === '/api/status') {
      if (this.desk === undefined) return send(response, 503, { error: 'the demo is starting' });
      return send(response, 200, this.desk.status());
    }
    this.#file(path === '/' ? '/index.html' : path, response);
  }

  async #press(agent: number, kill: boolean, response: ServerResponse): Promise<void> {
    const { desk } = this;
    if (desk === undefined) return send(response, 503, { error: 'the demo is starting' });
    if (desk.status().agents[agent] === undefined)
      return send(response, 404, { error: `there is no agent ${agent}` });
    if (kill) desk.kill(agent);
    else await desk.start(agent);
    send(response, 200, desk.status());
  }

  #file(path: string, response: ServerResponse): void {
    const type = TYPES[extname(path)];
    const file = join(this.#directory, path);
    const allowed = /^(\/[\w-][\w.-]*)+$/.test(path);
    const size = allowed ? statSync(file, { throwIfNoEntry: false })?.size : undefined;
    if (type === undefined || size === undefined) {
      send(response, 404, { error: 'no such page' });
      return;
    }
    response.writeHead(200, { 'content-type': type, 'content-length': size, 'cache-control': 'no-cache' });
    createReadStream(file).pipe(response);
  }
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

function isOwn(request: IncomingMessage): boolean {
  const { host, origin } = request.headers;
  return (
    /^(localhost|127\.0\.0\.1)(:\d+)?$/.test(host ?? '') &&
    (origin === undefined || origin === `http://${host}`)
  );
}

function send(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(body);
}

function refusal(port: number, error: NodeJS.ErrnoException): string {
  const other = 'choose another port with `npm start -- --port N`';
  if (error.code === 'EADDRINUSE')
    return `port ${port} is taken by another program: stop that one, or ${other}`;
  return `cannot listen on port ${port} (${error.code}): ${other}`;
}
