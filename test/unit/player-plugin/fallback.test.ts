// Leaving an agent: what it costs, who is next, and how the pieces are joined.
import { describe, expect, test } from 'vitest';
import { createRingcastIn } from '../../../player-plugin/ringcast.ts';
import { FakeBody, FakeWorld, type Handler, segmentBytes, wholeAnswer } from './fake-world.ts';
import { fakeConfig, loadAsHls } from './hls-side.ts';
import { agentUrl, ORIGIN, serveRing } from './rosters.ts';
import { bodyAfter, type Setting, TOTAL, URL_1, warmRing } from './warm-ring.ts';

describe('falling back', () => {
  test("an agent that answers 404 costs one request, and the origin's own status is reported", async () => {
    const { world, load, inners, ring } = await warmRing(() => new Response(null, { status: 404 }));
    const { calls } = load();
    await world.advance(10);
    inners[0]?.fail(403);
    expect(calls).toEqual([{ name: 'error', code: 403 }]);
    expect(ring.stats.fallbacks.refused).toBe(1);
    expect(ring.stats.agents[0]?.state).toBe('warm');
  });

  test.each([
    ['never answers', () => new Promise<Response>(() => {}), 'slow-start'],
    ['refuses the connection', () => Promise.reject(new TypeError('refused')), 'unreachable'],
    ['is overloaded', () => new Response(null, { status: 503 }), 'busy'],
  ] as const)('an agent that %s costs at most 500 ms, once', async (_what, handler, reason) => {
    const { world, load, inners, ring } = await warmRing(handler);
    load();
    await world.advance(500);
    expect(inners).toHaveLength(1);
    expect(ring.stats.fallbacks[reason]).toBe(1);
    load({ url: `${ORIGIN}/720p/seg-2.m4s` });
    expect(inners).toHaveLength(2);
    expect(ring.stats.fallbacks['no-agent']).toBe(1);
  });

  test('two dead agents cost at most 500 ms together', async () => {
    const { world, load, inners, ring } = await warmRing(() => new Promise<Response>(() => {}), ['a', 'b']);
    load();
    await world.advance(499);
    expect(inners).toHaveLength(0);
    await world.advance(1);
    expect(inners).toHaveLength(1);
    expect(ring.stats.fallbacks['slow-start']).toBe(2);
    expect(world.segmentRequests.every((request) => request.signal.aborted)).toBe(true);
  });

  test('a second agent serves when the first does not answer', async () => {
    let asked = 0;
    const { world, load, inners } = await warmRing(
      (request) => {
        asked += 1;
        return asked === 1 ? new Promise<Response>(() => {}) : wholeAnswer(TOTAL)(request);
      },
      ['a', 'b'],
    );
    const { names, data } = load();
    await world.advance(400);
    expect(names()).toEqual(['success']);
    expect(data()).toEqual(segmentBytes(0, TOTAL));
    expect(inners).toHaveLength(0);
  });

  test('an agent that is late is raced by the next, and serves when it is first after all', async () => {
    let asked = 0;
    const setting: Setting = await warmRing(
      async (request) => {
        asked += 1;
        if (asked > 1) return new Promise<Response>(() => {});
        await setting.world.pause(400);
        return wholeAnswer(TOTAL)(request);
      },
      ['a', 'b'],
    );
    const { world, load, ring, inners } = setting;
    const startMs = world.nowMs;
    const { names, stats } = load();
    await world.advance(450);
    expect(names()).toEqual(['success']);
    expect(asked).toBe(2);
    expect(world.segmentRequests.at(-1)?.signal.aborted).toBe(true);
    expect(stats.loading).toMatchObject({ start: startMs, first: startMs + 400 });
    expect(ring.stats.fallbacks['slow-start']).toBe(0);
    expect(inners).toHaveLength(0);
  });

  test('an agent that refuses while another is being waited for leaves the race to it', async () => {
    let asked = 0;
    const setting: Setting = await warmRing(
      async (request) => {
        asked += 1;
        if (asked > 1) throw new TypeError('refused');
        await setting.world.pause(400);
        return wholeAnswer(TOTAL)(request);
      },
      ['a', 'b'],
    );
    const { world, load, ring, inners } = setting;
    const { names } = load();
    await world.advance(450);
    expect(names()).toEqual(['success']);
    expect(ring.stats.fallbacks.unreachable).toBe(1);
    expect(inners).toHaveLength(0);
  });

  test('the inner loader is a fresh one, told what is left of the time, and destroyed in the end', async () => {
    const { world, load, inners } = await warmRing(() => new Promise<Response>(() => {}));
    const { names } = load({ firstByteMs: 2_000, loadMs: 8_000 });
    await world.advance(500);
    expect(inners[0]?.config?.loadPolicy).toMatchObject({
      maxTimeToFirstByteMs: 1_500,
      maxLoadTimeMs: 7_500,
    });
    inners[0]?.succeed(segmentBytes(0, 10).buffer);
    expect(names()).toEqual(['success']);
    expect(inners[0]?.destroyed).toBe(true);
  });

  test('agents use at most half of a short time-out, so that the origin has its chance', async () => {
    const { world, load, inners } = await warmRing(() => new Promise<Response>(() => {}));
    const { names } = load({ firstByteMs: 300, loadMs: 600 });
    await world.advance(150);
    expect(inners).toHaveLength(1);
    inners[0]?.timeOut();
    expect(names()).toEqual(['timeout']);
  });

  test('an endless trickle is left at half the load time', async () => {
    const body = new FakeBody();
    const setting: Setting = await warmRing(bodyAfter(() => setting.world, 5, body));
    const { world, load, inners, ring } = setting;
    load({ loadMs: 4_000, durationS: 10_000 });
    for (let ms = 0; ms < 2_100; ms += 100) {
      await world.advance(100);
      if (inners.length === 0) body.send(segmentBytes(0, 10));
    }
    expect(inners).toHaveLength(1);
    expect(ring.stats.fallbacks['out-of-time']).toBe(1);
  });

  test('a URL under no known origin goes to the origin at once', async () => {
    const { load, inners, ring } = await warmRing(wholeAnswer(TOTAL));
    load({ url: 'http://other.test/seg-1.m4s' });
    expect(inners[0]?.context?.url).toBe('http://other.test/seg-1.m4s');
    expect(ring.stats.fallbacks['unknown-origin']).toBe(1);
  });

  test('a URL of an agent falls back to the origin, not to the agent that failed', async () => {
    const { world, load, inners } = await warmRing(() => new Response(null, { status: 502 }));
    load({ url: `${agentUrl('a')}/720p/seg-1.m4s?v=2` });
    await world.advance(10);
    expect(inners[0]?.context?.url).toBe(`${URL_1}?v=2`);
  });

  test('before any roster is here the first segment goes straight to the origin', async () => {
    const world = new FakeWorld();
    serveRing(world, ['a'], { segment: wholeAnswer(TOTAL) });
    const ring = createRingcastIn(world, { bootstrap: agentUrl('a') });
    const { config, inners } = fakeConfig(world);
    loadAsHls(ring.hlsConfig.fLoader, config, { url: URL_1 });
    expect(inners).toHaveLength(1);
  });

  test('with the origin named, the very first segment comes from a given agent', async () => {
    const world = new FakeWorld();
    serveRing(world, ['a'], { segment: wholeAnswer(TOTAL) });
    const ring = createRingcastIn(world, { agents: [agentUrl('a')], origin: ORIGIN });
    const { config, inners } = fakeConfig(world);
    const { names } = loadAsHls(ring.hlsConfig.fLoader, config, { url: URL_1 });
    await world.settle();
    expect(names()).toEqual(['success']);
    expect(inners).toHaveLength(0);
  });
});

describe('a transfer that breaks off', () => {
  /** The first answer gives `given` bytes and then breaks off or falls silent; later ones are as `rest` says. */
  async function broken(
    rest: Handler,
    of: { given: number; silent?: boolean; names?: string[]; etag?: string },
  ) {
    const body = new FakeBody();
    let asked = 0;
    const setting = await warmRing((request) => {
      asked += 1;
      if (asked > 1) return rest(request);
      return body.response({ total: TOTAL, headers: { etag: of.etag ?? '"v1"' } });
    }, of.names ?? ['a', 'b']);
    const load = setting.load();
    await setting.world.settle();
    body.send(segmentBytes(0, of.given));
    await setting.world.settle();
    if (!of.silent) body.breakOff();
    await setting.world.advance(of.silent ? 800 : 50);
    return { ...setting, ...load };
  }

  test('the rest comes from the next agent by byte range', async () => {
    const { world, data, ring, inners } = await broken(wholeAnswer(TOTAL), { given: 60_000 });
    expect(world.segmentRequests.at(-1)?.headers.get('range')).toBe('bytes=60000-99999');
    expect(data()).toEqual(segmentBytes(0, TOTAL));
    expect(ring.stats).toMatchObject({ resumed: 1, fallbacks: { cut: 1 }, wastedBytes: 0 });
    expect(ring.stats.segments.agent).toEqual({ requests: 2, bytes: TOTAL });
    expect(inners).toHaveLength(0);
  });

  test('a body that falls silent is left after half a second', async () => {
    const { data, ring } = await broken(wholeAnswer(TOTAL), { given: 60_000, silent: true });
    expect(data()).toEqual(segmentBytes(0, TOTAL));
    expect(ring.stats.fallbacks.stalled).toBe(1);
  });

  test('another version of the segment is never joined on: it starts again', async () => {
    const { data, ring, inners, names } = await broken(wholeAnswer(TOTAL, { etag: '"v2"' }), {
      given: 60_000,
    });
    expect(names()).toEqual([]);
    expect(ring.stats.fallbacks.mismatch).toBe(1);
    inners[0]?.succeed(segmentBytes(60_000, TOTAL).buffer, rangeResponse('"v2"'));
    inners[1]?.succeed(segmentBytes(0, TOTAL).buffer);
    expect(data()).toEqual(segmentBytes(0, TOTAL));
  });

  test('without a strong ETag it starts again', async () => {
    const { world, data, ring } = await broken(wholeAnswer(TOTAL), { given: 60_000, etag: 'W/"v1"' });
    expect(world.segmentRequests.at(-1)?.headers.has('range')).toBe(false);
    expect(data()).toEqual(segmentBytes(0, TOTAL));
    expect(ring.stats).toMatchObject({ resumed: 0, wastedBytes: 60_000 });
  });

  test('the rest comes from the origin through the inner loader, ETag checked', async () => {
    const { data, inners, ring } = await broken(wholeAnswer(TOTAL), { given: 60_000, names: ['a'] });
    expect(inners[0]?.context).toMatchObject({ rangeStart: 60_000, rangeEnd: TOTAL });
    inners[0]?.succeed(segmentBytes(60_000, TOTAL).buffer, rangeResponse('"v1"'));
    expect(data()).toEqual(segmentBytes(0, TOTAL));
    expect(ring.stats.segments).toEqual({
      agent: { requests: 1, bytes: 60_000 },
      origin: { requests: 1, bytes: 40_000 },
    });
  });

  test('an origin that hides its ETag gives the whole instead, and is not asked for a rest again', async () => {
    const { data, inners, ring, load } = await broken(wholeAnswer(TOTAL), { given: 60_000, names: ['a'] });
    inners[0]?.succeed(segmentBytes(60_000, TOTAL).buffer, rangeResponse(undefined));
    expect(inners[1]?.context).toMatchObject({ rangeStart: 0, rangeEnd: 0 });
    inners[1]?.succeed(segmentBytes(0, TOTAL).buffer);
    expect(data()).toEqual(segmentBytes(0, TOTAL));
    expect(ring.stats.resumed).toBe(0);
    load();
    expect(inners[2]?.context?.rangeEnd).toBe(0);
  });

  test('the agent that brought most of it speaks for the rate of the whole', async () => {
    const { stats, inners, world } = await broken(wholeAnswer(TOTAL), { given: 60_000, names: ['a'] });
    await world.advance(3_000);
    inners[0]?.succeed(segmentBytes(60_000, TOTAL).buffer, rangeResponse('"v1"'));
    expect(stats.loading.end - stats.loading.start).toBeLessThan(100);
    expect(stats.loading.start).toBeLessThanOrEqual(stats.loading.first);
    expect(stats.loaded).toBe(TOTAL);
  });

  function rangeResponse(etag: string | undefined): Response {
    const headers = new Headers({ 'content-range': `bytes 60000-99999/${TOTAL}`, 'content-length': '40000' });
    if (etag !== undefined) headers.set('etag', etag);
    return new Response(null, { status: 206, headers });
  }
});

describe('a slow agent', () => {
  test('is left when the rest would come after the buffer is used up, and cools down', async () => {
    const body = new FakeBody();
    const setting: Setting = await warmRing(bodyAfter(() => setting.world, 5, body));
    const { world, load, inners, ring } = setting;
    load({ durationS: 2 });
    for (let i = 0; i < 6; i += 1) {
      await world.advance(100);
      if (inners.length === 0) body.send(segmentBytes(i * 1_000, i * 1_000 + 1_000));
    }
    expect(inners).toHaveLength(1);
    expect(ring.stats.fallbacks['too-slow']).toBe(1);
    expect(ring.stats.agents[0]?.state).toBe('cooling');
  });
});
