// Changing a ring while players play: on and off, other options, other agents; and what the counters then say.
import { describe, expect, test } from 'vitest';
import { createRingcastIn } from '../../../player-plugin/ringcast.ts';
import { FakeWorld, wholeAnswer } from './fake-world.ts';
import { fakeConfig, fakeHls, loadAsHls } from './hls-side.ts';
import { agentUrl, ORIGIN, serveRing } from './rosters.ts';
import { TOTAL, URL_1, warmRing } from './warm-ring.ts';

describe('switching off and on', () => {
  test('off, a load is the origin’s, no fallback is counted, and no agent hears from the page', async () => {
    const { world, ring, load, inners } = await warmRing(wholeAnswer(TOTAL));
    const asked = world.requests.length;
    ring.enabled = false;
    load();
    await world.advance(120_000);
    expect(inners).toHaveLength(1);
    expect(world.requests).toHaveLength(asked);
    expect(Object.values(ring.stats.fallbacks).every((count) => count === 0)).toBe(true);
    expect(ring.stats.enabled).toBe(false);
  });

  test('on again, agents serve at once with what is known of them', async () => {
    const { world, ring, load, inners } = await warmRing(wholeAnswer(TOTAL));
    ring.enabled = false;
    ring.enabled = true;
    const { names } = load();
    await world.settle();
    expect(names()).toEqual(['success']);
    expect(inners).toHaveLength(0);
    await world.advance(500);
    expect(ring.stats.agents[0]?.state).toBe('warm');
  });

  test('a load that is under way when it goes off is finished by its agent', async () => {
    const { world, ring, load, inners } = await warmRing(wholeAnswer(TOTAL));
    const { names } = load();
    ring.enabled = false;
    await world.advance(10);
    expect(names()).toEqual(['success']);
    expect(inners).toHaveLength(0);
  });

  test('made off, it asks nobody until it is on', async () => {
    const world = new FakeWorld();
    serveRing(world, ['a'], { segment: wholeAnswer(TOTAL) });
    const ring = createRingcastIn(world, { bootstrap: agentUrl('a'), enabled: false });
    const { fLoader } = ring.hlsConfig;
    await world.advance(60_000);
    expect(world.requests).toEqual([]);
    ring.enabled = true;
    await world.advance(200);
    const { names } = loadAsHls(fLoader, fakeConfig(world).config, { url: URL_1 });
    await world.advance(10);
    expect(names()).toEqual(['success']);
  });

  test('after destroy it stays off', async () => {
    const { world, ring, load, inners } = await warmRing(wholeAnswer(TOTAL));
    ring.destroy();
    ring.enabled = true;
    load();
    await world.advance(10);
    expect(ring.enabled).toBe(false);
    expect(inners).toHaveLength(1);
    expect(world.timers).toBe(1);
  });
});

describe('other options', () => {
  test('playlists go to agents from when they are asked for, and back', async () => {
    const { world, ring } = await warmRing(() => new Response('#EXTM3U\n'));
    const { config, inners } = fakeConfig(world);
    const load = async (): Promise<string[]> => {
      const { names } = loadAsHls(ring.hlsConfig.pLoader, config, { url: `${ORIGIN}/v.m3u8`, text: true });
      await world.advance(10);
      return names();
    };
    ring.configure({ playlists: false });
    expect(await load()).toEqual([]);
    expect(inners).toHaveLength(1);
    ring.configure({ playlists: true });
    expect(await load()).toEqual(['success']);
  });

  test('a wrong one is told once, and the others hold', async () => {
    const { world, ring } = await warmRing(wholeAnswer(TOTAL));
    ring.configure({ keys: 'yes' as never });
    ring.configure({ playlists: false });
    expect(world.warnings).toEqual([expect.stringContaining('ringcast [option-invalid] keys')]);
    expect(ring.enabled).toBe(true);
  });

  test('other agents start discovery over, and the old ones are forgotten', async () => {
    const { world, ring, load } = await warmRing(() => new Response(null, { status: 404 }));
    serveRing(world, ['z'], { segment: wholeAnswer(TOTAL) });
    ring.configure({ bootstrap: agentUrl('z') });
    await world.advance(200);
    expect(ring.stats.agents.map(({ url }) => url)).toEqual([agentUrl('z')]);
    const { names } = load();
    await world.advance(10);
    expect(names()).toEqual(['success']);
  });

  test('agents named later reach a player that was attached before there were any', async () => {
    const world = new FakeWorld();
    serveRing(world, ['a'], { segment: wholeAnswer(TOTAL) });
    const ring = createRingcastIn(world, {});
    const { hls, config } = fakeHls();
    ring.attach(hls);
    expect(config).toEqual({});
    ring.configure({ bootstrap: agentUrl('a') });
    await world.advance(200);
    const { names } = loadAsHls(config.fLoader, fakeConfig(world).config, { url: URL_1 });
    await world.advance(10);
    expect(names()).toEqual(['success']);
  });
});

describe('several', () => {
  test('players: the one that has least buffered decides how long an agent may take', async () => {
    const world = new FakeWorld();
    serveRing(world, ['a'], { segment: () => new Promise<Response>(() => {}) });
    const ring = createRingcastIn(world, { bootstrap: agentUrl('a') });
    const [rich, poor] = [fakeHls({}, { bufferedS: 30 }), fakeHls({}, { bufferedS: 1 })];
    ring.attach(rich.hls);
    ring.attach(poor.hls);
    await world.advance(500);
    const { config, inners } = fakeConfig(world);
    loadAsHls(rich.config.fLoader, config, { url: URL_1 });
    await world.advance(250);
    expect(inners).toHaveLength(1);
    await world.advance(60_000);
    poor.destroy();
    ring.configure({ bootstrap: agentUrl('a'), origin: ORIGIN });
    await world.advance(500);
    loadAsHls(rich.config.fLoader, config, { url: URL_1 });
    await world.advance(499);
    expect(inners).toHaveLength(1);
  });

  test('origins: a ring for each, on one player, and each serves what is its own', async () => {
    const world = new FakeWorld();
    serveRing(world, ['a'], { segment: wholeAnswer(TOTAL) });
    serveRing(world, ['b'], { segment: wholeAnswer(TOTAL), origin: 'http://ads.test' });
    const rings = [agentUrl('a'), agentUrl('b')].map((bootstrap) => createRingcastIn(world, { bootstrap }));
    const { hls, config } = fakeHls();
    for (const ring of rings) ring.attach(hls);
    await world.advance(500);
    const { config: own, inners } = fakeConfig(world);
    for (const url of [URL_1, 'http://ads.test/ad-1.m4s']) {
      const { names } = loadAsHls(config.fLoader, own, { url });
      await world.advance(10);
      expect(names()).toEqual(['success']);
    }
    expect(world.segmentRequests.map((request) => new URL(request.url).origin)).toEqual(
      ['a', 'b'].map(agentUrl),
    );
    expect(inners).toHaveLength(0);
    loadAsHls(config.fLoader, own, { url: 'http://third.test/x.m4s' });
    expect(inners).toHaveLength(1);
  });
});

describe('the counters', () => {
  test('name each agent’s share, hedges, loads given up, and the rate of the origin', async () => {
    let silent = false;
    const { world, ring, load, inners } = await warmRing(
      (request) => (silent ? new Promise<Response>(() => {}) : wholeAnswer(TOTAL)(request)),
      ['a', 'b'],
    );
    load();
    await world.advance(10);
    silent = true;
    load().loader.abort();
    load();
    await world.advance(600);
    inners[0]?.head();
    await world.advance(100);
    inners[0]?.succeed(new ArrayBuffer(TOTAL));
    const { agents, ...stats } = ring.stats;
    expect(stats).toMatchObject({ enabled: true, hedges: 1, aborted: 1, mirrored: 0, resumed: 0 });
    expect(stats.originBitsPerSecond).toBe((TOTAL / 100) * 8000);
    expect(agents.map(({ requests, bytes }) => [requests, bytes]).sort()).toEqual([
      [0, 0],
      [1, TOTAL],
    ]);
  });

  test('are a copy: what a page does to one changes nothing', async () => {
    const { ring } = await warmRing(wholeAnswer(TOTAL));
    (ring.stats.segments.agent as { bytes: number }).bytes = 7;
    expect(ring.stats.segments.agent.bytes).toBe(0);
  });
});
