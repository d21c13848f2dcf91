// hls.js's loader contract, rule by rule (its sources, version 1.7), on a clock of the test's own.
import { describe, expect, test } from 'vitest';
import { FakeBody, segmentBytes, wholeAnswer } from './fake-world.ts';
import { fakeConfig, loadAsHls } from './hls-side.ts';
import { ORIGIN } from './rosters.ts';
import { bodyAfter, type Setting, TOTAL, URL_1, warmRing } from './warm-ring.ts';

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
