// The service worker's part that needs no worker: which requests it takes, and the response that it makes of them.
import { describe, expect, test } from 'vitest';
import { Ring } from '../../../player-plugin/ring.ts';
import { mediaRequest, passedHeaders } from '../../../player-plugin/sw/media-request.ts';
import { ringResponse } from '../../../player-plugin/sw/ring-response.ts';
import { FakeBody, FakeWorld, type Handler, segmentBytes, wholeAnswer } from './fake-world.ts';
import { agentUrl, serveRing } from './rosters.ts';
import { TOTAL, URL_1 } from './warm-ring.ts';

const get = (url: string, init: RequestInit = {}): Request => new Request(url, init);

describe('a request', () => {
  test.each([
    ['http://o.test/a/seg-1.m4s?token=x', 'segment'],
    ['http://o.test/a/SEG.TS', 'segment'],
    ['http://o.test/live.m3u8', 'playlist'],
  ])('for %s is a %s', (url, kind) => {
    expect(mediaRequest(get(url))).toEqual({ kind, range: undefined });
  });

  test('with a closed range is for that range', () => {
    const request = get('http://o.test/all.mp4', { headers: { range: 'bytes=10-19' } });
    expect(mediaRequest(request)).toEqual({ kind: 'segment', range: { start: 10, end: 20 } });
  });

  test.each([
    ['a page', get('http://o.test/watch')],
    ['a key', get('http://o.test/key.bin')],
    ['a script that ends alike', get('http://o.test/mp4.js')],
    ['what is sent', get('http://o.test/seg.m4s', { method: 'POST' })],
    ['what carries cookies', get('http://o.test/seg.m4s', { credentials: 'include' })],
    ['an open range', get('http://o.test/film.mp4', { headers: { range: 'bytes=0-' } })],
    ['several ranges', get('http://o.test/film.mp4', { headers: { range: 'bytes=0-1,4-5' } })],
  ])('for %s is left to the browser', (_what, request) => {
    expect(mediaRequest(request)).toBeUndefined();
  });

  test('tells an agent CMCD and a token, and nothing else of the page', () => {
    const headers = { 'CMCD-Object': 'br=1', authorization: 'Bearer x', 'x-page': 'secret', accept: '*/*' };
    expect(passedHeaders(get(URL_1, { headers }))).toEqual({
      'cmcd-object': 'br=1',
      authorization: 'Bearer x',
    });
  });
});

describe('a response', () => {
  async function responding(
    segment: Handler,
    of: { names?: string[]; origin?: Handler; range?: { start: number; end: number } } = {},
  ) {
    const world = new FakeWorld();
    const { names = ['a'], range } = of;
    serveRing(world, names, { segment });
    const ring = new Ring(world, { bootstrap: agentUrl(names[0] ?? '') });
    ring.use();
    await world.advance(200);
    const asked: unknown[] = [];
    const plan = ring.desk.plan('segment', URL_1, range);
    const response = ringResponse(ring.desk, {
      kind: 'segment',
      url: URL_1,
      range,
      plan,
      headers: {},
      askOrigin: async (rest) => {
        asked.push(rest ?? 'whole');
        const headers = new Headers(rest ? { range: `bytes=${rest.start}-${rest.end - 1}` } : {});
        const signal = new AbortController().signal;
        return await (of.origin ?? wholeAnswer(TOTAL))({
          url: URL_1,
          method: 'GET',
          headers,
          init: {},
          signal,
        });
      },
    });
    return { world, ring, response, asked };
  }

  const bytesOf = async (response: Promise<Response>): Promise<Uint8Array> =>
    new Uint8Array(await (await response).arrayBuffer());

  test('streams an agent’s bytes as they arrive', async () => {
    const body = new FakeBody();
    const { world, response, ring } = await responding(() => body.response({ total: TOTAL }));
    await world.settle();
    const reader = (await response).body?.getReader();
    body.send(segmentBytes(0, 10));
    expect((await reader?.read())?.value).toEqual(segmentBytes(0, 10));
    body.send(segmentBytes(10, TOTAL));
    body.end();
    expect((await reader?.read())?.value).toHaveLength(TOTAL - 10);
    expect((await reader?.read())?.done).toBe(true);
    expect(ring.stats.segments.agent).toEqual({ requests: 1, bytes: TOTAL });
  });

  test('keeps status and headers, of a range too', async () => {
    const { response } = await responding(wholeAnswer(TOTAL, { 'content-type': 'video/mp4' }), {
      range: { start: 5, end: 15 },
    });
    const { status, headers } = await response;
    expect(status).toBe(206);
    expect(headers.get('content-range')).toBe(`bytes 5-14/${TOTAL}`);
    expect(headers.get('content-type')).toBe('video/mp4');
  });

  test('of a silent agent is the origin’s within half a second, its status as it is', async () => {
    const { world, response, asked, ring } = await responding(() => new Promise<Response>(() => {}), {
      origin: () => new Response('no', { status: 403 }),
    });
    await world.advance(499);
    expect(asked).toEqual([]);
    await world.advance(1);
    expect((await response).status).toBe(403);
    expect(asked).toEqual(['whole']);
    expect(ring.stats.fallbacks['slow-start']).toBe(1);
  });

  /** Gives so many bytes once and breaks off. */
  function breaking(given: number, headers: Record<string, string>): Handler {
    let first = true;
    return (request) => {
      if (!first) return wholeAnswer(TOTAL)(request);
      first = false;
      const body = new FakeBody();
      setImmediate(() => {
        body.send(segmentBytes(0, given));
        setImmediate(() => body.breakOff());
      });
      return body.response({ total: TOTAL, headers });
    };
  }

  test.each([
    ['the next agent', ['a', 'b'], []],
    ['the origin', ['a'], [{ start: 600, end: TOTAL }]],
  ])('that an agent breaks off has its rest from %s', async (_whom, names, origin) => {
    const { world, response, asked, ring } = await responding(breaking(600, { etag: '"v1"' }), { names });
    const bytes = bytesOf(response);
    await world.advance(300);
    expect(await bytes).toEqual(segmentBytes(0, TOTAL));
    expect(asked).toEqual(origin);
    expect(ring.stats).toMatchObject({ resumed: 1, fallbacks: { cut: 1 } });
  });

  test.each([
    ['there is no strong ETag to hold the rest to', {}, undefined],
    ['the rest is of another version', { etag: '"v1"' }, wholeAnswer(TOTAL, { etag: '"v2"' })],
  ])('breaks off where %s: versions are never joined', async (_why, headers, origin) => {
    const { world, response, ring } = await responding(breaking(600, headers), origin ? { origin } : {});
    const bytes = bytesOf(response);
    bytes.catch(() => {});
    await world.advance(300);
    await expect(bytes).rejects.toThrow();
    expect(ring.stats.wastedBytes).toBe(600);
  });

  test('that the page gives up ends at the agent too', async () => {
    const body = new FakeBody();
    const { world, response, ring } = await responding(() => body.response({ total: TOTAL }));
    await world.settle();
    await (await response).body?.cancel();
    expect(world.segmentRequests.at(-1)?.signal.aborted).toBe(true);
    expect(ring.stats.aborted).toBe(1);
  });

  test('fails as the origin does where nobody can be reached', async () => {
    const { world, response } = await responding(() => new Response(null, { status: 404 }), {
      origin: () => {
        throw new TypeError('offline');
      },
    });
    response.catch(() => {});
    await world.advance(10);
    await expect(response).rejects.toThrow('offline');
  });
});
