// An agent that is not to be relied on: it has a true roster, and does to segments what a test says. It stands for
// agents that real ones never are on purpose; the real ones are in agent-ring.ts.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ROSTER_PATH } from '../../agent/wire/roster.ts';

/** `reset` dies before it answers, `beheaded` right after the head, `cut` in the middle of the body; `stalled` sends half
 *  of a body and no more; `silent` accepts and never answers; `trickle` sends 10 kB/s; `blocked` answers what a page
 *  may not read; `busy` has no room. */
export type Fault = 'reset' | 'beheaded' | 'cut' | 'stalled' | 'silent' | 'trickle' | 'blocked' | 'busy';

export interface FaultyAgent {
  readonly url: string;
  /** Segments that it was asked for. */
  readonly asked: () => number;
  close(): Promise<void>;
}

export async function startFaultyAgent(originUrl: string, fault: Fault): Promise<FaultyAgent> {
  let asked = 0;
  let url = '';
  const server = createServer((request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-expose-headers', 'etag, content-range');
    if (request.url === ROSTER_PATH) return void response.end(roster(url, originUrl));
    asked += 1;
    if (fault === 'blocked') response.removeHeader('access-control-allow-origin');
    void misbehave(request, response, { originUrl, fault }).catch(() => response.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    asked: () => asked,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function misbehave(
  request: IncomingMessage,
  response: ServerResponse,
  { originUrl, fault }: { originUrl: string; fault: Fault },
): Promise<void> {
  if (fault === 'silent') return;
  if (fault === 'reset') return void response.destroy();
  if (fault === 'busy') return void response.writeHead(503).end();
  const range = request.headers.range;
  const answer = await fetch(originUrl + request.url, range === undefined ? {} : { headers: { range } });
  const body = new Uint8Array(await answer.arrayBuffer());
  for (const name of ['etag', 'content-range', 'content-type']) {
    const value = answer.headers.get(name);
    if (value !== null) response.setHeader(name, value);
  }
  response.writeHead(answer.status, { 'content-length': body.length });
  if (fault === 'trickle') {
    let sent = 0;
    const timer = setInterval(() => {
      response.write(body.subarray(sent, sent + 500));
      sent += 500;
      if (sent >= body.length) response.end();
    }, 50);
    response.on('close', () => clearInterval(timer));
    return;
  }
  if (fault === 'blocked') return void response.end(body);
  if (fault === 'beheaded') response.flushHeaders();
  else response.write(body.subarray(0, body.length >> 1));
  // Time for what was sent to arrive.
  if (fault !== 'stalled') setTimeout(() => response.destroy(), 20);
}

function roster(url: string, originUrl: string): string {
  const agent = { id: 'fa'.repeat(32), region: 'local', ring: '0|local|faulty00', url, load: 0, weight: 1 };
  const origins = [{ id: 'main', base: originUrl }];
  return JSON.stringify({
    version: 1,
    agent,
    near: [agent],
    elsewhere: [],
    origins,
    ignoredQuery: [],
    ttlMs: 60_000,
  });
}
