// What the headless viewers report when agents lie, fail, or the origin has nothing: a small origin and one agent,
// both in this process.

import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Audience, type AudienceReport } from '../demo/audience.ts';

type Answer = (path: string, response: ServerResponse) => void;

const MASTER = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\na/index.m3u8\n';
const MEDIA = [
  '#EXTM3U',
  '#EXT-X-TARGETDURATION:1',
  '#EXT-X-MEDIA-SEQUENCE:7',
  '#EXT-X-MAP:URI="init.mp4"',
  ...[7, 8, 9].map((n) => `#EXTINF:1,\nseg-${n}.m4s`),
].join('\n');
/** Three segments, the initialization section and two playlists. */
const OBJECTS = 6;

let origin: Server;
let agent: Server;
let asked: Map<string, number>;
/** What the agent does with a path, the others it answers as the origin would. */
let agentDoes: Record<string, Answer>;
let gone: Set<string>;

beforeEach(async () => {
  asked = new Map();
  agentDoes = {};
  gone = new Set();
  origin = await listening((path, response) => {
    asked.set(path, (asked.get(path) ?? 0) + 1);
    serve(path, response);
  });
  agent = await listening((path, response) => {
    if (path === '/.well-known/ringcast') response.end(roster());
    else (agentDoes[path] ?? serve)(path, response);
  });
});

afterEach(() => {
  for (const server of [origin, agent]) {
    server.closeAllConnections();
    server.close();
  }
});

async function listening(answer: Answer): Promise<Server> {
  const server = createServer((request, response) => answer(request.url ?? '', response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function serve(path: string, response: ServerResponse): void {
  if (gone.has(path)) response.writeHead(404).end();
  else if (path.endsWith('master.m3u8')) response.end(MASTER);
  else if (path.endsWith('.m3u8')) response.end(MEDIA);
  else response.end(`the bytes of ${path}`);
}

function roster(): string {
  const self = {
    id: 'a'.repeat(64),
    region: 'eu',
    ring: '0|eu|aaaaaaaa',
    url: urlOf(agent),
    load: 0,
    weight: 16,
  };
  const origins = [{ id: 'o', base: urlOf(origin) }];
  const rest = { elsewhere: [], origins, ignoredQuery: [], ttlMs: 60_000 };
  return JSON.stringify({ version: 1, agent: self, near: [self], ...rest });
}

/** One viewer watches until `enough`. */
async function watched(enough: () => boolean): Promise<{ audience: Audience; report: AudienceReport }> {
  const audience = new Audience({
    viewers: 1,
    originUrl: urlOf(origin),
    regions: [{ id: 'eu', agents: [urlOf(agent)] }],
  });
  audience.start();
  while (!enough()) await new Promise((resolve) => setTimeout(resolve, 20));
  return { audience, report: await audience.end() };
}

const segment = (n: number): string => `/live/a/seg-${n}.m4s`;
const compared = (): boolean => [7, 8, 9].every((n) => (asked.get(segment(n)) ?? 0) > 0);

test('with a good agent nothing is wrong, and the comparison alone asked the origin', async () => {
  const { audience, report } = await watched(compared);
  expect(report).toMatchObject({
    failedRequests: 0,
    wrongBytes: 0,
    wrongObjects: [],
    unchecked: [],
    originBytes: 0,
  });
  expect(report.requests).toBeGreaterThanOrEqual(OBJECTS);
  expect([...report.agentBytes.keys()]).toEqual([urlOf(agent)]);
  expect(report.regionsOfSegment).toEqual(new Map([7, 8, 9].map((n) => [segment(n), 1])));
  expect(report.ownRequests).toEqual(asked);
  const bytes = [...asked.keys()].reduce((sum, path) => sum + `the bytes of ${path}`.length, 0);
  expect(audience.own()).toEqual({ mediaRequests: 4, playlistRequests: 0, bytes });
});

test('an agent that changes one byte of a segment is found out', async () => {
  agentDoes[segment(8)] = (path, response) => response.end(`the bytes of ${path}`.replace('bytes', 'bytez'));
  const { report } = await watched(compared);
  expect(report.wrongObjects).toEqual([segment(8)]);
  expect(report.wrongBytes).toBe(`the bytes of ${segment(8)}`.length);
});

test('what the agent does not give comes from the origin, and is counted as such', async () => {
  agentDoes[segment(9)] = (_, response) => response.writeHead(502).end();
  const { report } = await watched(() => compared() && (asked.get(segment(9)) ?? 0) > 1);
  expect(report.failedRequests).toBe(0);
  expect(report.originBytes).toBeGreaterThanOrEqual(`the bytes of ${segment(9)}`.length);
});

test('an answer that is cut short is not taken', async () => {
  agentDoes[segment(9)] = (_, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('the by', () => response.destroy());
  };
  const { report } = await watched(() => compared() && (asked.get(segment(9)) ?? 0) > 1);
  expect(report).toMatchObject({ failedRequests: 0, wrongBytes: 0 });
});

test('what nobody gives is a failed request, with where and why', async () => {
  gone.add(segment(8));
  const { report } = await watched(() => (asked.get(segment(8)) ?? 0) > 0);
  expect(report.failedRequests).toBeGreaterThanOrEqual(1);
  expect(report.failures[0]).toBe(`${urlOf(origin)}${segment(8)}: status 404`);
});

test('an object of which the origin has nothing to compare with is named', async () => {
  agentDoes[segment(8)] = (path, response) => response.end(`the bytes of ${path}`);
  gone.add(segment(8));
  const { report } = await watched(compared);
  expect(report.unchecked).toEqual([segment(8)]);
  expect(report.wrongBytes).toBe(0);
});
