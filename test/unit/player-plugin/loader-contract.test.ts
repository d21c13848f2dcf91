// hls.js's loader contract, rule by rule (its sources, version 1.7), on a clock of the test's own.
import { describe, expect, test } from 'vitest';
import { createRingcastIn, type Ringcast } from '../../../player-plugin/ringcast.ts';
import { FakeBody, FakeWorld, type Handler, segmentBytes, wholeAnswer } from './fake-world.ts';
import { type FakeInner, fakeConfig, type HlsAsk, type HlsLoad, loadAsHls } from './hls-side.ts';
import { agentUrl, ORIGIN, serveRing } from './rosters.ts';

const URL_1 = `${ORIGIN}/720p/seg-1.m4s`;
const TOTAL = 100_000;

interface Setting {
  world: FakeWorld;
  ring: Ringcast;
  inners: FakeInner[];
  load(ask?: Partial<HlsAsk>): HlsLoad;
}

/** A ring whose agents are known and measured. */
async function warmRing(segment: Handler, names: readonly string[] = ['a']): Promise<Setting> {
  const world = new FakeWorld();
  serveRing(world, names, { segment });
  const ring = createRingcastIn(world, { bootstrap: agentUrl(names[0] ?? 'a'), playlists: true });
  const { fLoader } = ring.hlsConfig;
  await world.advance(200);
  const { config, inners } = fakeConfig(world);
  return { world, ring, inners, load: (ask) => loadAsHls(fLoader, config, { url: URL_1, ...ask }) };
}

function bodyAfter(world: () => FakeWorld, ms: number, body: FakeBody, total = TOTAL): Handler {
  return async () => {
    await world().pause(ms);
    return body.response({ total, headers: { etag: '"v1"' } });
  };
}

describe('from an agent', () => {
  test('the segment comes whole from an agent, and the origin is not asked', async () => {
    const { world, load, inners, ring } = await warmRing(wholeAnswer(TOTAL));
    const { names, data } = load();
    await world.advance(10);
    expect(names()).toEqual(['success']);
    expect(data()).toEqual(segmentBytes(0, TOTAL));
    expect(inners).toHaveLength(0);
    expect(ring.stats.segments).toEqual({
      agent: { requests: 1, bytes: TOTAL },
      origin: { requests: 0, bytes: 0 },
    });
  });

  test('the answer has status 200, also for a range, and the URL that was asked for', async () => {
    const { world, load } = await warmRing(wholeAnswer(TOTAL));
    const { calls } = load({ range: { start: 100, end: 300 } });
    await world.advance(10);
    expect(calls[0]).toMatchObject({ name: 'success', code: 200, url: URL_1 });
  });

  test('a range is asked for and handed over as it is, its end exclusive', async () => {
    const { world, load } = await warmRing(wholeAnswer(TOTAL));
    const { data } = load({ range: { start: 100, end: 300 } });
    await world.advance(10);
    expect(world.segmentRequests.at(-1)?.headers.get('range')).toBe('bytes=100-299');
    expect(data()).toEqual(segmentBytes(100, 300));
  });

  test('an agent that ignores the range is left for the origin', async () => {
    const { world, load, inners, ring } = await warmRing(() => new Response(segmentBytes(0, TOTAL)));
    load({ range: { start: 100, end: 300 } });
    await world.advance(10);
    expect(inners[0]?.context).toMatchObject({ url: URL_1, rangeStart: 100, rangeEnd: 300 });
    expect(ring.stats.fallbacks.mismatch).toBe(1);
  });

  test('headers are forwarded, cookies and the referrer are not', async () => {
    const { world, load } = await warmRing(wholeAnswer(TOTAL));
    load({ headers: { 'CMCD-Session': 'sid="x"' } });
    await world.advance(10);
    const { headers, init } = world.segmentRequests.at(-1) ?? {};
    expect(headers?.get('cmcd-session')).toBe('sid="x"');
    expect(init).toMatchObject({ credentials: 'omit', referrerPolicy: 'no-referrer' });
  });

  test('progress is told before success, once and with all bytes', async () => {
    const { world, load } = await warmRing(wholeAnswer(TOTAL));
    const { calls, names } = load({ progress: true });
    await world.advance(10);
    expect(names()).toEqual(['progress', 'success']);
    expect(calls[0]).toMatchObject({ bytes: TOTAL });
  });

  test('the buffer handed over may be transferred away without harm to the next load', async () => {
    const { world, load } = await warmRing(wholeAnswer(TOTAL));
    const first = load();
    await world.advance(10);
    structuredClone(first.data().buffer, { transfer: [first.data().buffer] });
    const second = load();
    await world.advance(10);
    expect(second.data()).toEqual(segmentBytes(0, TOTAL));
  });
});

describe('statistics', () => {
  test('one statistics object serves the loader for life', async () => {
    const { world, load } = await warmRing(wholeAnswer(TOTAL));
    const { loader, stats } = load();
    await world.advance(10);
    expect(loader.stats).toBe(stats);
    expect(stats).toMatchObject({ loaded: TOTAL, total: TOTAL, aborted: false });
  });

  test('a load of one source is timed as it happened: start <= first <= end', async () => {
    const body = new FakeBody();
    const setting: Setting = await warmRing(bodyAfter(() => setting.world, 30, body));
    const { world, load } = setting;
    const startMs = world.nowMs;
    const { stats } = load();
    await world.advance(40);
    body.send(segmentBytes(0, TOTAL));
    body.end();
    await world.advance(5);
    expect(stats.loading).toEqual({ start: startMs, first: startMs + 30, end: startMs + 40 });
  });

  test('loaded and total follow the bytes while they arrive', async () => {
    const body = new FakeBody();
    const setting: Setting = await warmRing(bodyAfter(() => setting.world, 30, body));
    const { world, load } = setting;
    const { stats } = load();
    await world.advance(30);
    expect(stats).toMatchObject({ loaded: 0, total: TOTAL });
    body.send(segmentBytes(0, 4_000));
    await world.advance(10);
    expect(stats).toMatchObject({ loaded: 4_000, total: TOTAL });
    expect(stats.loading.first).toBeGreaterThan(stats.loading.start);
    expect(stats.loading.end).toBe(0);
  });

  test('waiting on a dead agent is not blended into the rate of the origin', async () => {
    const { world, load, inners } = await warmRing(() => new Promise<Response>(() => {}));
    const { stats } = load();
    await world.advance(600);
    const askedMs = inners[0]?.stats.loading.start ?? 0;
    await world.advance(20);
    inners[0]?.head();
    await world.advance(80);
    inners[0]?.succeed(segmentBytes(0, TOTAL).buffer);
    expect(stats.loading.start).toBe(askedMs);
    expect(stats.loading.end - stats.loading.start).toBe(200);
    expect(stats.loading.first).toBeGreaterThan(stats.loading.start);
  });

  test("the inner loader's progress shows while the origin sends", async () => {
    const { world, load, inners } = await warmRing(() => new Response(null, { status: 404 }));
    const { stats } = load();
    await world.advance(10);
    inners[0]?.head();
    inners[0]?.progress(5_000, TOTAL);
    await world.advance(60);
    expect(stats).toMatchObject({ loaded: 5_000, total: TOTAL });
  });

  test('what hls.js counts itself, retries and chunks, is left alone', async () => {
    const { world, load, inners } = await warmRing(() => new Response(null, { status: 404 }));
    const { stats } = load();
    stats.retry = 3;
    stats.chunkCount = 2;
    await world.advance(10);
    inners[0]?.succeed(segmentBytes(0, 10).buffer);
    expect(stats).toMatchObject({ retry: 3, chunkCount: 2, loaded: 10 });
  });
});

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

describe('ending', () => {
  test('abort tells hls.js once, marks the statistics, and nothing follows', async () => {
    const body = new FakeBody();
    const setting: Setting = await warmRing(bodyAfter(() => setting.world, 5, body));
    const { world, load } = setting;
    const { loader, names, stats } = load();
    await world.advance(10);
    loader.abort();
    loader.abort();
    body.send(segmentBytes(0, TOTAL));
    await world.advance(1_000);
    expect(names()).toEqual(['abort']);
    expect(stats.aborted).toBe(true);
    expect(world.segmentRequests.at(-1)?.signal.aborted).toBe(true);
  });

  test('abort reaches the origin too', async () => {
    const { world, load, inners } = await warmRing(() => new Response(null, { status: 404 }));
    const { loader, names } = load();
    await world.advance(10);
    loader.abort();
    expect(inners[0]?.destroyed).toBe(true);
    expect(names()).toEqual(['abort']);
  });

  test('destroy is silent and leaves no timer and no request behind', async () => {
    const { world, load } = await warmRing(() => new Promise<Response>(() => {}));
    const timers = world.timers;
    const { loader, names } = load();
    await world.settle();
    loader.destroy();
    expect(names()).toEqual([]);
    expect(world.timers).toBe(timers);
    expect(world.segmentRequests.at(-1)?.signal.aborted).toBe(true);
  });

  test('destroy from within success leaves the statistics to hls.js, which still reads them', async () => {
    const { world, load } = await warmRing(wholeAnswer(TOTAL));
    const { loader, stats } = load();
    await world.advance(10);
    expect(loader.context).toBeNull();
    expect(stats).toMatchObject({ loaded: TOTAL, aborted: false });
  });

  test('abort after success says nothing more', async () => {
    const { world, load } = await warmRing(wholeAnswer(TOTAL));
    const { loader, names, stats } = load({ onSuccess: (own) => own.abort() });
    await world.advance(10);
    loader.abort();
    expect(names()).toEqual(['success']);
    expect(stats.aborted).toBe(false);
  });

  test('abort from within progress is the last word: success does not follow', async () => {
    const { world, load } = await warmRing(wholeAnswer(TOTAL));
    const { names, stats } = load({ progress: true, onProgress: (own) => own.abort() });
    await world.advance(10);
    expect(names()).toEqual(['progress', 'abort']);
    expect(stats.aborted).toBe(true);
  });

  test('a loader loads once', async () => {
    const { load } = await warmRing(wholeAnswer(TOTAL));
    const { loader } = load();
    expect(() => loader.load({} as never, {} as never, {} as never)).toThrow('only be used once');
  });
});

describe('playlists', () => {
  test("come from agents as text, with the age of the agent's copy, where asked for", async () => {
    const { world, ring } = await warmRing(() => new Response('#EXTM3U\n', { headers: { age: '3' } }));
    const { config } = fakeConfig(world);
    const { calls, loader } = loadAsHls(ring.hlsConfig.pLoader, config, {
      url: `${ORIGIN}/live.m3u8`,
      text: true,
      onSuccess: () => {},
    });
    await world.advance(10);
    expect(calls[0]).toMatchObject({ name: 'success', data: '#EXTM3U\n', url: `${ORIGIN}/live.m3u8` });
    expect(loader.getCacheAge?.()).toBe(3);
    expect(loader.getResponseHeader?.('age')).toBe('3');
    expect(ring.stats.playlists.agent.requests).toBe(1);
  });

  test("from the origin keep the origin's age", async () => {
    const { world, ring } = await warmRing(() => new Response(null, { status: 502 }));
    const { config, inners } = fakeConfig(world);
    const load = loadAsHls(ring.hlsConfig.pLoader, config, {
      url: `${ORIGIN}/live.m3u8`,
      text: true,
      onSuccess: () => {},
    });
    await world.advance(10);
    const [inner] = inners;
    if (inner) inner.headers = { age: '7' };
    inner?.succeed('#EXTM3U\n');
    expect(load.loader.getCacheAge?.()).toBe(7);
  });

  test('a blocking reload is waited for: its slowness is no fault of the agent', async () => {
    const setting: Setting = await warmRing(async () => {
      await setting.world.pause(1_500);
      return new Response('#EXTM3U\n');
    });
    const { world, ring } = setting;
    const { config, inners } = fakeConfig(world);
    const url = `${ORIGIN}/live.m3u8?_HLS_msn=7`;
    const { names } = loadAsHls(ring.hlsConfig.pLoader, config, { url, text: true });
    await world.advance(1_600);
    expect(names()).toEqual(['success']);
    expect(inners).toHaveLength(0);
  });
});
