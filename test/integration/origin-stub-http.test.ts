// The origin's HTTP, over real sockets: ranges, conditions, CORS, held requests, counters, and every fault as a client
// sees it.
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FaultRule } from '../../origin-stub/fault-rules.ts';
import { type OriginStub, startOriginStub } from '../../origin-stub/origin-stub.ts';
import { syntheticBytes } from '../../origin-stub/synthetic.ts';

interface Answer {
  /** 0: the connection ended before a head came. */
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body came to its announced end. */
  readonly complete: boolean;
  readonly tookMs: number;
}

interface Asking {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** Hangs up after so long. */
  readonly patienceMs?: number;
  /** On a connection of its own. */
  readonly alone?: true;
}

let origin: OriginStub;
/** So that an end of a body is never just the end of a connection. */
const keepAlive = new Agent({ keepAlive: true });

beforeAll(async () => {
  origin = await startOriginStub();
});

afterEach(() => {
  origin.setFaults([]);
});

afterAll(async () => {
  keepAlive.destroy();
  await origin.close();
});

function ask(path: string, asking: Asking = {}): Promise<Answer> {
  const startedAt = performance.now();
  const tookMs = (): number => performance.now() - startedAt;
  return new Promise((resolve) => {
    const { method = 'GET', headers = {}, body, patienceMs, alone } = asking;
    const target = {
      host: '127.0.0.1',
      port: origin.port,
      path,
      method,
      headers,
      agent: alone ? false : keepAlive,
    } as const;
    const outgoing = request(target, (incoming) => {
      const pieces: Buffer[] = [];
      incoming.on('data', (piece: Buffer) => pieces.push(piece));
      incoming.on('error', () => undefined);
      incoming.on('close', () => {
        const { statusCode = 0, headers: got, complete } = incoming;
        resolve({
          status: statusCode,
          headers: got,
          body: Buffer.concat(pieces),
          complete,
          tookMs: tookMs(),
        });
      });
    });
    outgoing.on('error', () => {
      resolve({ status: 0, headers: {}, body: Buffer.alloc(0), complete: false, tookMs: tookMs() });
    });
    if (patienceMs !== undefined) setTimeout(() => outgoing.destroy(), patienceMs);
    outgoing.end(body);
  });
}

/** What comes over the wire for one plain request, to the end of the connection. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let got = '';
    const socket = connect(origin.port, '127.0.0.1', () => socket.end(text));
    socket.on('data', (bytes) => {
      got += bytes.toString('latin1');
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(got));
  });
}

describe('an object', () => {
  const path = '/vod/180p/seg-3.m4s';

  it('comes whole with all that caches and pages need', async () => {
    const { status, headers, body, complete } = await ask(path);
    expect({ status, complete }).toEqual({ status: 200, complete: true });
    expect(headers).toMatchObject({
      'content-type': 'video/mp4',
      'content-length': String(body.length),
      'cache-control': 'public, max-age=31536000, immutable',
      'accept-ranges': 'bytes',
      'access-control-allow-origin': '*',
      'timing-allow-origin': '*',
      etag: expect.stringMatching(/^"[\w-]{27}"$/),
      'last-modified': expect.stringMatching(/GMT$/),
    });
  });

  it('comes in ranges, which together are the whole', async () => {
    const { body } = await ask(path);
    const half = Math.floor(body.length / 2);
    const [first, rest, tail] = await Promise.all(
      [`bytes=0-${half - 1}`, `bytes=${half}-`, 'bytes=-10'].map((range) =>
        ask(path, { headers: { range } }),
      ),
    );
    expect([first?.status, rest?.status, tail?.status]).toEqual([206, 206, 206]);
    expect(Buffer.concat([first?.body ?? body, rest?.body ?? body]).equals(body)).toBe(true);
    expect(rest?.headers['content-range']).toBe(`bytes ${half}-${body.length - 1}/${body.length}`);
    expect(tail?.body.equals(body.subarray(-10))).toBe(true);
  });

  it('refuses a range past its end with its length, and ignores two of them', async () => {
    const { body } = await ask(path);
    const past = await ask(path, { headers: { range: `bytes=${body.length}-` } });
    expect([past.status, past.headers['content-range'], past.body.length]).toEqual([
      416,
      `bytes */${body.length}`,
      0,
    ]);
    const two = await ask(path, { headers: { range: 'bytes=0-1,5-6' } });
    expect([two.status, two.body.length]).toEqual([200, body.length]);
  });

  it('honours a range only for the version that If-Range names', async () => {
    const { headers } = await ask(path);
    const same = await ask(path, { headers: { range: 'bytes=0-4', 'if-range': headers.etag ?? '' } });
    const other = await ask(path, { headers: { range: 'bytes=0-4', 'if-range': '"other"' } });
    expect([same.status, same.body.length, other.status]).toEqual([206, 5, 200]);
  });

  it('is not sent again to who has it', async () => {
    const { headers } = await ask(path);
    const again = await ask(path, { headers: { 'if-none-match': headers.etag ?? '' } });
    expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, headers.etag]);
    const since = await ask(path, { headers: { 'if-modified-since': headers['last-modified'] ?? '' } });
    expect(since.status).toBe(304);
    expect((await ask(path, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });

  it('shows its head alone, with the length of the body and whatever the range', async () => {
    const { headers } = await ask(path);
    const head = await ask(path, { method: 'HEAD', headers: { range: 'bytes=0-4' } });
    expect([head.status, head.body.length]).toEqual([200, 0]);
    expect(head.headers['content-length']).toBe(headers['content-length']);
  });

  it('may be asked for by any page', async () => {
    const headers = { origin: 'http://page', 'access-control-request-headers': 'range' };
    const preflight = await ask(path, { method: 'OPTIONS', headers });
    expect(preflight.status).toBe(204);
    expect(preflight.headers['access-control-allow-methods']).toContain('HEAD');
    expect(preflight.headers['access-control-allow-headers']).toContain('Range');
  });

  it('takes no other method, and what is absent is not to be cached', async () => {
    const post = await ask(path, { method: 'POST', body: 'x' });
    expect([post.status, post.headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS']);
    const absent = await ask('/vod/180p/seg-99.m4s');
    expect([absent.status, absent.headers['cache-control']]).toEqual([404, 'no-store']);
    expect(absent.body.toString()).toBe('there is nothing at /vod/180p/seg-99.m4s\n');
  });

  it('is as large as asked when synthetic, whole and in ranges', async () => {
    const object = { size: 9_000_000, name: 'big' };
    const all = syntheticBytes(object, 0, object.size);
    const { body, complete } = await ask('/synthetic/9000000/big');
    expect(complete).toBe(true);
    expect(body.equals(all)).toBe(true);
    const range = await ask('/synthetic/9000000/big', { headers: { range: 'bytes=1000001-6000000' } });
    expect(range.body.equals(all.subarray(1_000_001, 6_000_001))).toBe(true);
    const far = await ask('/synthetic/1099511627776/x', { headers: { range: 'bytes=-100' } });
    expect(far.body).toHaveLength(100);
  });
});

describe('low latency', () => {
  const hint = async (): Promise<string> => {
    const text = (await ask('/ll/180p/index.m3u8')).body.toString();
    return /PRELOAD-HINT:TYPE=PART,URI="([^"]*)"/.exec(text)?.[1] ?? '';
  };

  it('holds the request for a hinted part until there is one', async () => {
    const { status, body, tookMs } = await ask(`/ll/180p/${await hint()}`);
    expect(status).toBe(200);
    expect(body.subarray(4, 8).toString()).toBe('moof');
    expect(tookMs).toBeLessThan(1000);
  });

  it('holds a blocking reload until the playlist has what was asked for', async () => {
    const [, msn, part] = /seg-(\d+)\.(\d)/.exec(await hint()) ?? [];
    const path = `/ll/180p/index.m3u8?_HLS_msn=${Number(msn) + 1}&_HLS_part=${part}`;
    const { status, headers, body, tookMs } = await ask(path);
    expect([status, headers['cache-control']]).toEqual([200, 'public, max-age=12']);
    expect(body.toString()).toContain(`URI="seg-${Number(msn) + 1}.${part}.m4s"`);
    expect(tookMs).toBeGreaterThan(1400);
    expect(tookMs).toBeLessThan(4000);
  });

  it('refuses at once what is absurdly far ahead', async () => {
    const { status, body, tookMs } = await ask('/ll/180p/index.m3u8?_HLS_msn=1000000');
    expect([status, tookMs < 1000]).toEqual([400, true]);
    expect(body.toString()).toMatch(/too far ahead/);
  });

  it('forgets a held request whose client hangs up', async () => {
    const [, msn] = /seg-(\d+)/.exec(await hint()) ?? [];
    origin.resetCounters();
    const { status } = await ask(`/ll/180p/index.m3u8?_HLS_msn=${Number(msn) + 1}`, { patienceMs: 50 });
    expect(status).toBe(0);
    await expect.poll(() => origin.counters().concurrent).toBe(0);
    expect(origin.counters().statuses).toEqual({ 0: 1 });
  });
});

describe('the counters', () => {
  it('show what was sent, by path without its query, and start over', async () => {
    await ask('/_stub/counters/reset', { method: 'POST' });
    const { body } = await ask('/vod/180p/seg-1.m4s?token=1');
    await ask('/vod/180p/seg-1.m4s', { headers: { range: 'bytes=0-9' } });
    await ask('/vod/180p/seg-1.m4s', { method: 'HEAD' });
    const report = JSON.parse((await ask('/_stub/counters')).body.toString());
    expect(report).toEqual(JSON.parse(JSON.stringify(origin.counters())));
    expect(report.total).toEqual({ requests: 3, bytes: body.length + 10 });
    expect(report.paths['/vod/180p/seg-1.m4s']).toMatchObject({ requests: 3, bytes: body.length + 10 });
    expect(report.statuses).toEqual({ 200: 2, 206: 1 });
    await ask('/_stub/counters/reset', { method: 'POST' });
    expect(origin.counters().total).toEqual({ requests: 0, bytes: 0 });
  });
});

describe('the control API', () => {
  const post = (body: string): Promise<Answer> => ask('/_stub/faults', { method: 'POST', body });

  it('sets, shows and clears faults', async () => {
    const rule = { match: '/vod/', status: 503 };
    expect((await post(JSON.stringify([rule]))).status).toBe(200);
    await ask('/vod/master.m3u8');
    const shown = JSON.parse((await ask('/_stub/faults')).body.toString());
    expect(shown).toEqual([{ rule, matched: 1, fired: 1 }]);
    expect((await ask('/_stub/faults', { method: 'DELETE' })).body.toString()).toBe('[]\n');
    expect((await ask('/vod/master.m3u8')).status).toBe(200);
  });

  it('refuses what makes no sense with a sentence, and keeps the rules in force', async () => {
    origin.setFaults([{ match: '/vod/', status: 503 }]);
    const unknown = await post('[{"match":"/","latency":5}]');
    expect(unknown.status).toBe(400);
    expect(JSON.parse(unknown.body.toString())).toEqual({ error: "rule 0: unknown field 'latency'" });
    const malformed = await post('[{');
    expect(malformed.status).toBe(400);
    expect(JSON.parse(malformed.body.toString()).error).toMatch(/^the body is not JSON: /);
    expect((await post(`[${' '.repeat(70_000)}]`)).status).toBe(413);
    expect((await ask('/vod/master.m3u8')).status).toBe(503);
  });

  it('knows its paths and methods', async () => {
    expect((await ask('/_stub/nothing')).status).toBe(404);
    const wrong = await ask('/_stub/faults', { method: 'PUT' });
    expect([wrong.status, wrong.headers.allow]).toEqual([405, 'GET, POST, DELETE']);
    expect((await ask('/_stub/counters/reset')).status).toBe(405);
  });
});

describe('a fault', () => {
  const path = '/synthetic/100000/x';
  const set = (rule: Omit<FaultRule, 'match'>): void => origin.setFaults([{ match: path, ...rule }]);
  const all = syntheticBytes({ size: 100_000, name: 'x' }, 0, 100_000);

  it('of latency delays the answer and nothing else', async () => {
    set({ latencyMs: 300 });
    const { status, body, tookMs } = await ask(path);
    expect([status, body.equals(all)]).toEqual([200, true]);
    expect(tookMs).toBeGreaterThan(290);
    expect((await ask('/vod/master.m3u8')).tookMs).toBeLessThan(290);
  });

  it('of latency ends with its client', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    set({ latencyMs: 600_000 });
    const pending = ask(path, { patienceMs: 200 });
    await expect.poll(() => origin.counters().concurrent).toBe(1);
    const waiting = timers();
    await pending;
    await expect.poll(() => timers() < waiting - 1).toBe(true);
  });

  it('of bandwidth paces the body', async () => {
    set({ bandwidthBytesPerS: 200_000 });
    const { body, complete, tookMs } = await ask(path);
    expect([body.equals(all), complete]).toEqual([true, true]);
    expect(tookMs).toBeGreaterThan(450);
    expect(tookMs).toBeLessThan(1500);
  });

  it('of bandwidth paces each of several bodies, none of which waits for another', async () => {
    origin.setFaults([{ match: '/synthetic/2000000/', bandwidthBytesPerS: 2_500_000 }]);
    const paths = [1, 2, 3, 4].map((name) => `/synthetic/2000000/paced-${name}`);
    const took = (await Promise.all(paths.map((each) => ask(each)))).map(({ tookMs }) => tookMs);
    expect(Math.min(...took)).toBeGreaterThan(750);
    // One after the other they take 3.2 s.
    expect(Math.max(...took)).toBeLessThan(2_000);
  });

  it('of status answers that instead, also every other time', async () => {
    set({ status: 503, every: 2 });
    const statuses: number[] = [];
    for (let index = 0; index < 4; index += 1) statuses.push((await ask(path)).status);
    expect(statuses).toEqual([200, 503, 200, 503]);
  });

  it('of stalling sends so much and then nothing, with the connection open', async () => {
    set({ stallAfterBytes: 1234, limit: 1 });
    const { status, body, complete, tookMs } = await ask(path, { patienceMs: 400 });
    expect([status, body.equals(all.subarray(0, 1234)), complete]).toEqual([200, true, false]);
    expect(tookMs).toBeGreaterThan(390);
    expect((await ask(path)).complete).toBe(true);
  });

  it('of truncation sends so much and cuts the connection', async () => {
    set({ truncateAfterBytes: 50_000 });
    const { status, headers, body, complete } = await ask(path);
    expect([status, headers['content-length'], complete]).toEqual([200, '100000', false]);
    expect(body.equals(all.subarray(0, 50_000))).toBe(true);
    set({ truncateAfterBytes: 0 });
    expect(await ask(path)).toMatchObject({ status: 200, body: Buffer.alloc(0), complete: false });
  });

  it('of length claims more than it sends', async () => {
    set({ wrongLengthBytes: 10 });
    const { headers, body, complete, tookMs } = await ask(path);
    expect([headers['content-length'], body.equals(all), complete]).toEqual(['100010', true, false]);
    expect(tookMs).toBeLessThan(5000);
  });

  it('of length claims less than it sends', async () => {
    origin.setFaults([{ match: '/synthetic/20/x', wrongLengthBytes: -5 }]);
    const [head = '', ...body] = (await raw('GET /synthetic/20/x HTTP/1.1\r\nHost: x\r\n\r\n')).split(
      '\r\n\r\n',
    );
    expect(head).toContain('Content-Length: 15');
    expect(body.join('\r\n\r\n')).toBe(syntheticBytes({ size: 20, name: 'x' }, 0, 20).toString('latin1'));
  });

  it('of outage resets connections, those in use too, and leaves the control API', async () => {
    const alone = true;
    const pending = ask('/synthetic/100000000000/endless', { alone });
    await expect.poll(() => origin.counters().concurrent).toBe(1);
    await ask('/_stub/faults', { method: 'POST', body: '[{"match":"/","outage":true}]', alone });
    expect((await pending).complete).toBe(false);
    expect((await ask(path, { alone })).status).toBe(0);
    expect((await ask('/_stub/counters', { alone })).status).toBe(200);
    await ask('/_stub/faults', { method: 'DELETE', alone });
    expect((await ask(path, { alone })).status).toBe(200);
  });

  it('is counted with the requests that it hit', async () => {
    origin.resetCounters();
    set({ outage: true, limit: 1 });
    await ask(path, { alone: true });
    await ask(path, { alone: true });
    await expect.poll(() => origin.counters().statuses).toEqual({ 0: 1, 200: 1 });
    expect(origin.counters()).toMatchObject({ faulted: 1, total: { requests: 2, bytes: 100_000 } });
  });
});

describe('starting', () => {
  it('refuses a window that would stall players', async () => {
    await expect(startOriginStub({ windowSegments: 7 })).rejects.toThrow(
      'windowSegments is from 8 to 1000, got 7',
    );
  });

  it('refuses a taken port', async () => {
    await expect(startOriginStub({ port: origin.port })).rejects.toThrow(/is taken/);
  });
});
