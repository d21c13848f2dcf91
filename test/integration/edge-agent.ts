// One agent as a process of its own, in front of an origin that a test scripts, request by request.

import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer,
  get,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const CLI: string = fileURLToPath(new URL('../../agent/cli/main.ts', import.meta.url));

export interface Origin {
  readonly url: string;
  /** Targets in the order in which they came. */
  readonly asked: string[];
  count(target: string): number;
  /** Refuses connections from now on, and breaks those that are open. */
  close(): Promise<void>;
}

export type Handler = (request: IncomingMessage, response: ServerResponse, nth: number) => void;

/** @param handlers by path; `nth` counts the requests of a path from 0 */
export async function startOrigin(handlers: Readonly<Record<string, Handler>>): Promise<Origin> {
  const asked: string[] = [];
  const count = (target: string): number => asked.filter((each) => each === target).length;
  const server = createServer((request, response) => {
    const target = request.url ?? '';
    const nth = count(target);
    asked.push(target);
    const handler = handlers[target.split('?', 1)[0] ?? ''];
    if (handler === undefined) response.writeHead(404).end();
    else handler(request, response, nth);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    count,
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

export interface RunningAgent {
  readonly url: string;
  readonly port: number;
  /** Where other agents reach it, and where it is watched: `host:port`, empty for nowhere. */
  readonly link: string;
  readonly admin: string;
  readonly process: ChildProcess;
  /** @returns the exit code */
  stop(): Promise<number | null>;
}

/** What an agent says of itself when it is ready. */
interface Ready {
  readonly public: string;
  readonly link: string;
  readonly admin: string;
}

export async function startAgent(origin: string, ...flags: string[]): Promise<RunningAgent> {
  const args = [CLI, 'agent', '--origin', origin, '--listen', '127.0.0.1:0', ...flags];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ready = await new Promise<Ready>((resolve, reject) => {
    const said: string[] = [];
    child.once('exit', () => reject(new Error(`the agent ended: ${said.join('\n')}`)));
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line);
      if (line.includes('"agent.ready"')) resolve(JSON.parse(line) as Ready);
    });
  });
  return {
    url: ready.public,
    port: Number(new URL(ready.public).port),
    link: ready.link,
    admin: ready.admin,
    process: child,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      return (await exited)[0] as number | null;
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly sha256: string;
  /** The connection ended before the body did. */
  readonly cut: boolean;
}

/** @param pauseMs stands still for this long after the first bytes, like a viewer whose buffer is full */
export async function ask(url: string, headers: Record<string, string> = {}, pauseMs = 0): Promise<Answer> {
  const request = get(url, { headers, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  if (pauseMs > 0) {
    response.once('data', () => {
      response.pause();
      setTimeout(() => response.resume(), pauseMs);
    });
  }
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  response.on('error', () => {});
  await new Promise((resolve) => response.once('close', resolve));
  const body = Buffer.concat(chunks);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body,
    sha256: createHash('sha256').update(body).digest('hex'),
    cut: !response.complete,
  };
}

/** @returns everything that comes back for these bytes, until the agent closes */
export async function exchange(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(text);
  let said = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    said += chunk;
  });
  await once(socket, 'close');
  return said;
}
