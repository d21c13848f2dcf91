// A real agent in front of an origin that is slow, dies, lies and stalls, and behind real clients.

import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ask,
  exchange,
  type Handler,
  type Origin,
  type RunningAgent,
  startAgent,
  startOrigin,
} from './edge-agent.ts';

const LARGE = randomBytes(5 * 1024 * 1024);
const LARGE_SHA256 = createHash('sha256').update(LARGE).digest('hex');
const PIECE = 256 * 1024;
const HOUR = { 'cache-control': 'max-age=3600', etag: '"v1"' };
const LIVE = '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n1.ts\n#EXTINF:1,\n2.ts\n';

const run = promisify(execFile);

/** The large object, a piece every 20 ms: 400 ms in all. */
const slowly: Handler = (_request, response) => {
  response.writeHead(200, { ...HOUR, 'content-length': LARGE.length });
  void (async () => {
    for (let at = 0; at < LARGE.length; at += PIECE) {
      response.write(LARGE.subarray(at, at + PIECE));
      await sleep(20);
    }
    response.end();
  })();
};

/** Half of it, then the connection breaks; afterwards what is asked for. */
const breaking =
  (headers: Record<string, string>): Handler =>
  (request, response, nth) => {
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const body = LARGE.subarray(from, 1024 * 1024);
    const range = from > 0 ? { 'content-range': `bytes ${from}-${1024 * 1024 - 1}/${1024 * 1024}` } : {};
    response.writeHead(from > 0 ? 206 : 200, { ...headers, ...range, 'content-length': body.length });
    if (nth > 0) response.end(body);
    else response.write(body.subarray(0, body.length / 2), () => response.destroy());
  };

const HANDLERS: Record<string, Handler> = {
  '/large.ts': slowly,
  '/large2.ts': slowly,
  '/drained.ts': slowly,
  '/small.ts': (_request, response) =>
    response.writeHead(200, { ...HOUR, 'content-length': 10 }).end('0123456789'),
  '/chunked.ts': (_request, response) => {
    response.writeHead(200, HOUR);
    response.write('01234');
    response.end('56789');
  },
  '/strong.ts': breaking(HOUR),
  '/weak.ts': breaking({ ...HOUR, etag: 'W/"v1"' }),
  '/stalls.ts': () => {},
  '/private.ts': (request, response, nth) => {
    setTimeout(
      () => response.writeHead(200, { 'cache-control': 'private' }).end(`${request.method} ${nth}`),
      50,
    );
  },
  '/live.m3u8': (_request, response) => response.end(LIVE),
  '/echo': (request, response) => {
    response.writeHead(200);
    request.pipe(response);
  },
};

let origin: Origin;
let agent: RunningAgent;

beforeAll(async () => {
  origin = await startOrigin(HANDLERS);
  agent = await startAgent(origin.url, '--origin-head-ms', '500', '--origin-idle-ms', '2000');
});

afterAll(async () => {
  await agent?.stop();
  await origin?.close();
});

describe('fifty viewers of one slow object of 5 MiB', () => {
  test('cost the origin one request, and all get the same bytes', async () => {
    const viewers = Array.from({ length: 50 }, async (_, number) => {
      await sleep(number * 6);
      return await ask(`${agent.url}/large.ts`);
    });
    const answers = await Promise.all(viewers);
    expect(new Set(answers.map((each) => each.sha256))).toEqual(new Set([LARGE_SHA256]));
    expect(answers.map((each) => each.headers['content-length'])).toEqual(Array(50).fill(`${LARGE.length}`));
    expect(origin.count('/large.ts')).toBe(1);
  });

  test('are not held up by one that stands still', async () => {
    let slowDone = false;
    const slow = ask(`${agent.url}/large2.ts`, {}, 3000).then((answer) => {
      slowDone = true;
      return answer;
    });
    const quick = await Promise.all(Array.from({ length: 5 }, () => ask(`${agent.url}/large2.ts`)));
    expect(slowDone).toBe(false);
    expect(new Set(quick.map((each) => each.sha256))).toEqual(new Set([LARGE_SHA256]));
    expect((await slow).sha256).toBe(LARGE_SHA256);
    expect(origin.count('/large2.ts')).toBe(1);
  });
});

describe('clients of other kinds', () => {
  test('curl gets its range, on a miss and on a hit', async () => {
    for (let time = 0; time < 2; time += 1) {
      const { stdout } = await run('curl', ['-sS', '-i', '-r', '2-4', `${agent.url}/small.ts`]);
      expect(stdout).toContain('HTTP/1.1 206 Partial Content');
      expect(stdout.toLowerCase()).toContain('content-range: bytes 2-4/10');
      expect(stdout.endsWith('\r\n\r\n234')).toBe(true);
    }
    expect(origin.count('/small.ts')).toBe(1);
  });

  test('curl gets a body that it sent', async () => {
    const { stdout } = await run('curl', ['-sS', '--data-binary', 'abc', `${agent.url}/echo`]);
    expect(stdout).toBe('abc');
  });

  test('curl gets its range also where the origin tells no length', async () => {
    const { stdout } = await run('curl', ['-sS', '-i', '-r', '-3', `${agent.url}/chunked.ts?curl`]);
    expect(stdout).toContain('HTTP/1.1 206 Partial Content');
    expect(stdout.endsWith('\r\n\r\n789')).toBe(true);
  });

  test('HTTP/1.0 gets a body without chunks that ends with the connection', async () => {
    const said = await exchange(agent.port, 'GET /chunked.ts HTTP/1.0\r\n\r\n');
    expect(said).toMatch(/^HTTP\/1\.[01] 200 OK\r\n/);
    expect(said.toLowerCase()).not.toContain('transfer-encoding');
    expect(said.endsWith('\r\n\r\n0123456789')).toBe(true);
  });

  test('pipelined requests are answered in their order, miss and hit and refusal', async () => {
    const request = (target: string, more = '') => `GET ${target} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
    const said = await exchange(
      agent.port,
      request('/chunked.ts?1') +
        request('/small.ts') +
        request('//evil/') +
        request('/none', 'Connection: close\r\n'),
    );
    expect(said.match(/HTTP\/1\.1 \d+/g)).toEqual([
      'HTTP/1.1 200',
      'HTTP/1.1 200',
      'HTTP/1.1 400',
      'HTTP/1.1 404',
    ]);
  });
});

describe('an object that breaks off', () => {
  const expected = createHash('sha256')
    .update(LARGE.subarray(0, 1024 * 1024))
    .digest('hex');

  test('goes on where it broke, without the viewers seeing it', async () => {
    const answers = await Promise.all([ask(`${agent.url}/strong.ts`), ask(`${agent.url}/strong.ts`)]);
    expect(answers.map((each) => [each.status, each.cut, each.sha256])).toEqual([
      [200, false, expected],
      [200, false, expected],
    ]);
    expect(origin.count('/strong.ts')).toBe(2);
  });

  test('is cut where it cannot go on, and not stored: the next viewer gets all of it', async () => {
    const first = await ask(`${agent.url}/weak.ts`);
    expect([first.status, first.cut]).toEqual([200, true]);
    const second = await ask(`${agent.url}/weak.ts`);
    expect([second.cut, second.sha256]).toEqual([false, expected]);
    expect(origin.count('/weak.ts')).toBe(2);
  });
});

test('a private response is nobody else’s, also of those who waited for it', async () => {
  const answers = await Promise.all(Array.from({ length: 4 }, () => ask(`${agent.url}/private.ts`)));
  expect(new Set(answers.map((each) => each.body.toString())).size).toBe(4);
});

test('an origin that stalls is 504 with a code, in time', async () => {
  const answer = await ask(`${agent.url}/stalls.ts`);
  expect([answer.status, answer.headers['ringcast-error']]).toEqual([504, 'origin-timeout']);
});

describe('while the origin is gone', () => {
  let lost: Origin;
  let alone: RunningAgent;

  beforeAll(async () => {
    lost = await startOrigin(HANDLERS);
    alone = await startAgent(lost.url);
    await ask(`${alone.url}/small.ts`);
    await ask(`${alone.url}/live.m3u8`);
    await lost.close();
  });

  afterAll(async () => {
    await alone?.stop();
    await lost?.close();
  });

  test('what is fresh is served, what is missing is 502 with a code', async () => {
    expect((await ask(`${alone.url}/small.ts`)).body.toString()).toBe('0123456789');
    const missing = await ask(`${alone.url}/other.ts`);
    expect([missing.status, missing.headers['ringcast-error']]).toEqual([502, 'origin-unreachable']);
  });

  test('the last good playlist is served for as long as it has something to play, and not longer', async () => {
    await sleep(400);
    const stale = await ask(`${alone.url}/live.m3u8`);
    expect([stale.status, stale.body.toString()]).toEqual([200, LIVE]);
    await sleep(2500);
    expect((await ask(`${alone.url}/live.m3u8`)).status).toBe(502);
  });
});

test('an answer in flight is finished after SIGTERM, and the agent ends well', async () => {
  const own = await startAgent(origin.url);
  const answer = ask(`${own.url}/drained.ts`);
  while (origin.count('/drained.ts') === 0) await sleep(10);
  await sleep(50);
  const code = own.stop();
  const { sha256, cut } = await answer;
  expect([cut, sha256, await code]).toEqual([false, LARGE_SHA256, 0]);
});
