// A ring as a page sees it: importing, discovery, attaching, events, the end.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type Hls from 'hls.js';
import { describe, expect, test } from 'vitest';
import { createRingcastIn } from '../../../player-plugin/ringcast.ts';
import type { FallbackEvent, LoadEvent } from '../../../player-plugin/ringcast-events.ts';
import { type FakeRequest, FakeWorld, wholeAnswer } from './fake-world.ts';
import { fakeConfig, fakeHls, loadAsHls } from './hls-side.ts';
import { agentRecord, agentUrl, ORIGIN, rosterOf, serveRing } from './rosters.ts';

const URL_1 = `${ORIGIN}/720p/seg-1.m4s`;

function warm(world: FakeWorld) {
  const ring = createRingcastIn(world, { bootstrap: agentUrl('a') });
  const { fLoader } = ring.hlsConfig;
  const { config, inners } = fakeConfig(world);
  return { ring, inners, load: () => loadAsHls(fLoader, config, { url: URL_1 }) };
}

describe('on a server', () => {
  test('importing and making a ring needs no browser global', () => {
    const index = fileURLToPath(new URL('../../../player-plugin/index.ts', import.meta.url));
    const script = `
      for (const name of ['fetch', 'performance', 'Headers', 'Response', 'navigator']) delete globalThis[name];
      const { createRingcast } = await import(${JSON.stringify(index)});
      console.log(typeof createRingcast({ bootstrap: 'http://edge.test' }).on);`;
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(out.trim()).toBe('function');
  });

  test('a ring that nobody reads the configuration of asks nothing and starts no timer', async () => {
    const world = new FakeWorld();
    createRingcastIn(world, { bootstrap: agentUrl('a') });
    await world.advance(10_000);
    expect(world.requests).toEqual([]);
    expect(world.timers).toBe(0);
  });
});

describe('without a usable agent', () => {
  test('hls.js gets nothing from us, and the console says why', () => {
    const world = new FakeWorld();
    const ring = createRingcastIn(world, { agents: ['nonsense'] });
    expect(ring.hlsConfig).toEqual({});
    expect(world.warnings).toEqual([
      expect.stringContaining('ringcast [option-invalid] agents[0]'),
      expect.stringContaining('ringcast [no-agents-given]'),
    ]);
  });

  test('unreachable agents are told once, asked again ever more seldom, and found when they come', async () => {
    const world = new FakeWorld();
    const ring = createRingcastIn(world, { bootstrap: agentUrl('a') });
    expect(Object.keys(ring.hlsConfig)).toEqual(['fLoader', 'pLoader']);
    await world.advance(60_000);
    expect(world.warnings).toEqual([expect.stringContaining('ringcast [agents-unreachable]')]);
    expect(world.requests.length).toBeLessThan(10);
    serveRing(world, ['a'], { segment: wholeAnswer(1_000) });
    await world.advance(70_000);
    expect(ring.stats.agents[0]?.state).toBe('warm');
  });

  test.each([
    ['is no JSON', () => new Response('<html>')],
    ['is of another version', () => Response.json({ version: 2 })],
    ['is endless', () => new Response('x'.repeat(300_000))],
    ['is a 404', () => new Response(null, { status: 404 })],
  ])('a roster that %s is refused with the reason', async (_what, handler) => {
    const world = new FakeWorld();
    world.serve(agentUrl('a'), handler);
    const ring = createRingcastIn(world, { bootstrap: agentUrl('a') });
    expect(ring.hlsConfig.fLoader).toBeDefined();
    await world.advance(100);
    expect(world.warnings[0]).toMatch(
      /agents-unreachable.*a\.test:8080: (not a roster|more than|status 404)/,
    );
  });
});

describe('discovery', () => {
  test('keeps the three nearest of a ring warm, measured by round trip', async () => {
    const world = new FakeWorld();
    const rtt: Record<string, number> = { a: 40, b: 12, c: 14, d: 16, e: 38 };
    serveRing(world, Object.keys(rtt), { rttMs: (name) => rtt[name] ?? 0 });
    const ring = createRingcastIn(world, { bootstrap: agentUrl('a') });
    ring.hlsConfig;
    await world.advance(500);
    const warm = ring.stats.agents.filter((agent) => agent.state === 'warm');
    expect(warm.map((agent) => agent.url).sort()).toEqual(['b', 'c', 'd'].map(agentUrl));
    expect(warm.map((agent) => agent.rttMs).sort()).toEqual([12, 14, 16]);
  });

  test('descends into the ring of a nearer agent elsewhere', async () => {
    const world = new FakeWorld();
    const far = agentRecord('far', { region: 'us/nyc' });
    const near = agentRecord('near');
    const nearer = agentRecord('nearer');
    const serve = (agent: typeof far, rttMs: number, roster: object): void =>
      world.serve(agent.url, async ({ method }) => {
        await world.pause(rttMs);
        return method === 'HEAD' ? new Response(null) : Response.json(roster);
      });
    serve(far, 100, rosterOf(far, [far], { elsewhere: [near] }));
    serve(near, 20, rosterOf(near, [near, nearer]));
    serve(nearer, 10, rosterOf(nearer, [near, nearer]));
    const ring = createRingcastIn(world, { bootstrap: far.url });
    ring.hlsConfig;
    await world.advance(1_000);
    const warm = ring.stats.agents.filter((agent) => agent.state === 'warm').map((agent) => agent.url);
    expect(warm).toContain(nearer.url);
    expect(warm).not.toContain(far.url);
  });

  test("asks again when the roster's time is up, and drops who left", async () => {
    const world = new FakeWorld();
    serveRing(world, ['a', 'b'], { ttlMs: 10_000 });
    const ring = createRingcastIn(world, { bootstrap: agentUrl('a') });
    ring.hlsConfig;
    await world.advance(1_000);
    expect(ring.stats.agents).toHaveLength(2);
    serveRing(world, ['a'], { ttlMs: 10_000 });
    await world.advance(40_000);
    expect(ring.stats.agents.map((agent) => agent.url)).toEqual([agentUrl('a')]);
  });

  test('an agent that failed is measured again after its pause, and serves only once it answers that', async () => {
    const world = new FakeWorld();
    let down = true;
    serveRing(world, ['a'], {
      segment: (request) => {
        if (down) throw new TypeError('refused');
        return wholeAnswer(1_000)(request);
      },
    });
    const ring = createRingcastIn(world, { bootstrap: agentUrl('a') });
    const { fLoader } = ring.hlsConfig;
    await world.advance(100);
    const { config, inners } = fakeConfig(world);
    loadAsHls(fLoader, config, { url: URL_1 });
    await world.advance(100);
    expect(ring.stats.agents[0]?.state).toBe('cooling');
    down = false;
    await world.advance(2_500);
    expect(ring.stats.agents[0]?.state).toBe('warm');
    const { names } = loadAsHls(fLoader, config, { url: URL_1 });
    await world.advance(10);
    expect(names()).toEqual(['success']);
    expect(inners).toHaveLength(1);
  });

  test('an agent that was slow to begin is left until a round trip shows that it lives', async () => {
    const world = new FakeWorld();
    let slow = true;
    const segment = (request: FakeRequest): Response | Promise<Response> =>
      slow ? new Promise<Response>(() => {}) : wholeAnswer(1_000)(request);
    serveRing(world, ['a'], { segment });
    const { ring, load, inners } = warm(world);
    await world.advance(100);
    load();
    await world.advance(500);
    expect(ring.stats.agents[0]?.state).toBe('cooling');
    await world.advance(50);
    expect(ring.stats.agents[0]?.state).toBe('warm');
    slow = false;
    const { names } = load();
    await world.advance(10);
    expect(names()).toEqual(['success']);
    expect(inners).toHaveLength(1);
  });

  test('slow to begin twice in a row, it cools down though it lives; the second time costs half', async () => {
    const world = new FakeWorld();
    serveRing(world, ['a'], { segment: () => new Promise<Response>(() => {}) });
    const { ring, load, inners } = warm(world);
    await world.advance(100);
    load();
    await world.advance(600);
    load();
    await world.advance(250);
    expect(inners).toHaveLength(2);
    await world.advance(100);
    expect(ring.stats.agents[0]?.state).toBe('cooling');
  });

  test('slow to begin and dead, it cools down at once', async () => {
    const world = new FakeWorld();
    serveRing(world, ['a'], { segment: () => new Promise<Response>(() => {}) });
    const { ring, load, inners } = warm(world);
    await world.advance(100);
    world.serve(agentUrl('a'), () => new Promise<Response>(() => {}));
    world.serve(`${agentUrl('a')}/.well-known/ringcast`, () => new Promise<Response>(() => {}));
    load();
    await world.advance(3_600);
    expect(ring.stats.agents[0]?.state).toBe('cooling');
    load();
    expect(inners).toHaveLength(2);
  });

  test('a token that the roster names stays out of the choice of agent, and goes along', async () => {
    const world = new FakeWorld();
    serveRing(world, ['a', 'b', 'c'], { segment: wholeAnswer(1_000) });
    const ring = createRingcastIn(world, { bootstrap: agentUrl('a') });
    const { fLoader } = ring.hlsConfig;
    await world.advance(500);
    const { config } = fakeConfig(world);
    for (let i = 0; i < 8; i += 1) {
      loadAsHls(fLoader, config, { url: `${URL_1}?token=${i}` });
      await world.advance(10);
    }
    const asked = world.segmentRequests.map((request) => new URL(request.url));
    expect(new Set(asked.map((url) => url.host)).size).toBe(1);
    expect(asked.at(-1)?.search).toBe('?token=7');
  });
});

describe('events and the end', () => {
  test('every load and every fallback is told', async () => {
    const world = new FakeWorld();
    serveRing(world, ['a'], { segment: wholeAnswer(1_000) });
    const ring = createRingcastIn(world, { bootstrap: agentUrl('a') });
    const loads: LoadEvent[] = [];
    const fallbacks: FallbackEvent[] = [];
    ring.on('load', (event) => loads.push(event));
    ring.on('fallback', (event) => fallbacks.push(event));
    const { config, inners } = fakeConfig(world);
    const { fLoader } = ring.hlsConfig;
    loadAsHls(fLoader, config, { url: URL_1 });
    inners[0]?.succeed(new ArrayBuffer(500));
    await world.advance(500);
    loadAsHls(fLoader, config, { url: URL_1 });
    await world.advance(10);
    expect(fallbacks).toEqual([{ url: URL_1, reason: 'no-agent', agent: undefined, bytes: 0 }]);
    expect(loads).toMatchObject([
      { url: URL_1, source: 'origin', agent: undefined, bytes: 500 },
      { url: URL_1, source: 'agent', agent: agentUrl('a'), bytes: 1_000 },
    ]);
  });

  test('after destroy players go on from the origin, and nothing is left running', async () => {
    const world = new FakeWorld();
    serveRing(world, ['a'], { segment: wholeAnswer(1_000) });
    const ring = createRingcastIn(world, { bootstrap: agentUrl('a') });
    const { fLoader } = ring.hlsConfig;
    await world.advance(500);
    ring.destroy();
    expect(world.timers).toBe(0);
    const { config, inners } = fakeConfig(world);
    loadAsHls(fLoader, config, { url: URL_1 });
    expect(inners).toHaveLength(1);
    inners[0]?.succeed(new ArrayBuffer(500));
    expect(world.timers).toBe(0);
  });
});

describe('attaching', () => {
  test("gives a player that exists the loader, and keeps the page's own as the way to the origin", async () => {
    const world = new FakeWorld();
    const { config: own, inners } = fakeConfig(world);
    const ring = createRingcastIn(world, { bootstrap: agentUrl('a') });
    const { hls, config } = fakeHls({ fLoader: own.loader });
    ring.attach(hls);
    expect(config.fLoader).not.toBe(own.loader);
    loadAsHls(config.fLoader, {} as never, { url: URL_1 });
    expect(inners).toHaveLength(1);
  });

  test('leaves a player alone that was made with the configuration', () => {
    const ring = createRingcastIn(new FakeWorld(), { bootstrap: agentUrl('a') });
    const { fLoader, pLoader } = ring.hlsConfig;
    const { hls, config } = fakeHls({ fLoader, pLoader });
    ring.attach(hls);
    expect(config).toEqual({ fLoader, pLoader });
  });

  test('tells how much is buffered: a short buffer waits less for a silent agent', async () => {
    const world = new FakeWorld();
    serveRing(world, ['a'], { segment: () => new Promise<Response>(() => {}) });
    const ring = createRingcastIn(world, { bootstrap: agentUrl('a') });
    const { hls, config } = fakeHls({}, { bufferedS: 0.4 });
    ring.attach(hls);
    await world.advance(500);
    const { config: own, inners } = fakeConfig(world);
    loadAsHls(config.fLoader, own, { url: URL_1 });
    await world.advance(199);
    expect(inners).toHaveLength(0);
    await world.advance(1);
    expect(inners).toHaveLength(1);
  });

  test('anything that is no player is told and left', () => {
    const world = new FakeWorld();
    const ring = createRingcastIn(world, { bootstrap: agentUrl('a') });
    ring.attach(undefined as unknown as Hls);
    expect(world.warnings).toEqual([expect.stringContaining('ringcast [not-hls]')]);
  });
});
