// Two real agents in one ring: whatever one viewer asks of either, it is the origin's answer, and asked for once.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  ask,
  CLI,
  type Handler,
  type Origin,
  type RunningAgent,
  startAgent,
  startOrigin,
} from './edge-agent.ts';

const NAMES = ['one', 'two'];
const OBJECT_BYTES_MAX = 64 * 1024;
const SEGMENT = randomBytes(40_000);
const TOO_LARGE = randomBytes(OBJECT_BYTES_MAX + 1);
const LIVE = '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nORIGIN/live/1.ts\n';
/** Of each kind so many that either agent is home of some. */
const OF_EACH = 8;

const HOUR = { 'cache-control': 'max-age=3600', etag: '"1"' };

/** Long enough for all who ask at once to be there. */
const soon =
  (answer: (response: ServerResponse, nth: number) => void): Handler =>
  (_request, response, nth) => {
    setTimeout(() => answer(response, nth), 50);
  };

let folder: string;
let origin: Origin;
const agents: RunningAgent[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringcast-edge-'));
  const kinds: Record<string, Handler> = {
    '/s*.ts': (_request, response) => response.writeHead(200, HOUR).end(SEGMENT),
    '/big*.ts': (_request, response) =>
      response.writeHead(200, { ...HOUR, 'content-length': TOO_LARGE.length }).end(TOO_LARGE),
    '/p*.m3u8': soon((response) => response.end(LIVE.replace('ORIGIN', origin.url))),
    '/own*.ts': soon((response, nth) =>
      response.writeHead(200, { 'cache-control': 'private' }).end(`${nth}`),
    ),
    '/down*.ts': soon((response) => response.writeHead(503).end('down')),
  };
  const handlers = Object.entries(kinds).flatMap(([path, handler]) =>
    Array.from({ length: OF_EACH }, (_, number) => [path.replace('*', `${number}`), handler] as const),
  );
  origin = await startOrigin(Object.fromEntries(handlers));
  await promisify(execFile)(process.execPath, [
    CLI,
    'init',
    join(folder, 'cluster'),
    ...NAMES.map((n) => `${n}=eu`),
  ]);
  for (const name of NAMES) {
    const flags = ['--link', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--region', 'eu'];
    flags.push('--identity', join(folder, 'cluster', name), '--object-bytes-max', `${OBJECT_BYTES_MAX}`);
    const seed = agents[0]?.link;
    agents.push(await startAgent(origin.url, ...flags, ...(seed === undefined ? [] : ['--seed', seed])));
  }
  for (const { admin } of agents) {
    while (
      !(await ask(`http://${admin}/metrics`)).body
        .toString()
        .includes('ringcast_ring_members{state="alive"} 2')
    ) {
      await sleep(50);
    }
  }
});

afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.stop()));
  await origin?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Three viewers of each agent ask at once for each object of a kind. */
function everywhere(path: (number: number) => string) {
  const urls = agents.flatMap(({ url }) => Array(3).fill(url) as string[]);
  return Promise.all(
    Array.from({ length: OF_EACH }, async (_, number) => ({
      target: path(number),
      answers: await Promise.all(urls.map((url) => ask(url + path(number)))),
    })),
  );
}

test('a segment costs the origin one request, and is the same everywhere', async () => {
  for (const { target, answers } of await everywhere((number) => `/s${number}.ts`)) {
    for (const each of answers) expect([each.status, each.body.equals(SEGMENT)]).toEqual([200, true]);
    expect(origin.count(target)).toBe(1);
  }
});

test('a playlist costs the origin one request while it is fresh, and leads nobody to the origin', async () => {
  for (const { target, answers } of await everywhere((number) => `/p${number}.m3u8`)) {
    const texts = new Set(answers.map((each) => each.body.toString()));
    expect([...texts]).toEqual([LIVE.replace('ORIGIN', '')]);
    expect(new Set(answers.map((each) => each.headers.etag)).size).toBe(1);
    expect(origin.count(target)).toBe(1);
  }
});

test('an object that is too large for agents is passed to everybody', async () => {
  for (const { answers } of await everywhere((number) => `/big${number}.ts`)) {
    for (const each of answers)
      expect([each.status, each.cut, each.body.equals(TOO_LARGE)]).toEqual([200, false, true]);
  }
});

test('a private answer is one viewer’s, at either agent', async () => {
  for (const { answers } of await everywhere((number) => `/own${number}.ts`)) {
    expect(answers.map((each) => each.status)).toEqual(Array(6).fill(200));
    expect(new Set(answers.map((each) => each.body.toString())).size).toBe(6);
  }
});

test('an error of the origin is handed on as it is, and asked for once by those who ask at once', async () => {
  for (const { target, answers } of await everywhere((number) => `/down${number}.ts`)) {
    expect(answers.map((each) => [each.status, each.body.toString()])).toEqual(Array(6).fill([503, 'down']));
    expect(origin.count(target)).toBeLessThanOrEqual(2);
  }
});
