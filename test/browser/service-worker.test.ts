// The service worker in a real Chromium, under players that know nothing of it.
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type OriginStub, startOriginStub } from '../../origin-stub/origin-stub.ts';
import type { RingcastStats } from '../../player-plugin/index.ts';
import type { RingcastWorker } from '../../player-plugin/sw/index.ts';
import { RingFleet } from '../processes/ring-fleet.ts';
import { type Chromium, startChromium } from './chromium.ts';
import { startFaultyAgent } from './faulty-agent.ts';
import { agentShare, type PlayerPage, play, playsFor, servePlayerPage } from './player-page.ts';

let chromium: Chromium;
let playerPage: PlayerPage;
let origin: OriginStub;
let ring: RingFleet;
let page: Page;

beforeAll(async () => {
  [chromium, playerPage, origin] = await Promise.all([
    startChromium(),
    servePlayerPage(),
    startOriginStub({ port: 0 }),
  ]);
  ring = await RingFleet.start(['eu/de/ber'], origin);
});
afterAll(async () => {
  await chromium?.close();
  await playerPage?.close();
  await ring?.stop();
  await origin?.close();
});
beforeEach(async () => {
  page = await chromium.viewer(playerPage.url);
  await page.addScriptTag({ url: `${playerPage.url}ringcast-sw-client.js` });
});
afterEach(() => page.context().close());

interface Registering {
  RingcastWorker: { registerRingcast(options: object): Promise<RingcastWorker | undefined> };
  worker: RingcastWorker | undefined;
}

/** @returns whether the worker has the page */
async function register(options: object): Promise<boolean> {
  return await page.evaluate(async (given) => {
    const global = globalThis as unknown as Registering;
    global.worker = await global.RingcastWorker.registerRingcast(given);
    return global.worker !== undefined;
  }, options);
}

const workerStats = (): Promise<RingcastStats> =>
  page.evaluate(async () => {
    const { worker } = globalThis as unknown as Registering;
    if (!worker) throw new Error('no worker');
    return await worker.stats();
  });

const mediaAt = (): number =>
  Object.entries(origin.counters().paths)
    .filter(([path]) => /\.(m4s|mp4)$/.test(path))
    .reduce((sum, [, { requests }]) => sum + requests, 0);

/** A player in ten lines: Media Source, fed by fetch. Resolves when it has played so far. */
async function feed(stream: string, seconds: number): Promise<void> {
  await page.evaluate(
    async ([base, until]) => {
      const codecs = /CODECS="([^"]+)"/.exec(await (await fetch(`${base}/master.m3u8`)).text())?.[1];
      const video = document.getElementById('video') as HTMLVideoElement;
      const source = new MediaSource();
      video.src = URL.createObjectURL(source);
      await new Promise((resolve) => source.addEventListener('sourceopen', resolve, { once: true }));
      const buffer = source.addSourceBuffer(`video/mp4; codecs="${codecs}"`);
      for (const name of ['init.mp4', ...[0, 1, 2, 3].map((n) => `seg-${n}.m4s`)]) {
        buffer.appendBuffer(await (await fetch(`${base}/360p/${name}`)).arrayBuffer());
        await new Promise((resolve) => buffer.addEventListener('updateend', resolve, { once: true }));
      }
      await video.play();
      while (video.currentTime < until) await new Promise((resolve) => setTimeout(resolve, 50));
    },
    [stream, seconds] as const,
  );
}

test('a <video> that a page feeds by fetch plays from an agent', async () => {
  expect(await register({ agents: [ring.agents[0]?.url], origin: origin.url })).toBe(true);
  await feed(`${origin.url}/vod`, 2);
  const stats = await workerStats();
  expect(stats.segments).toMatchObject({ agent: { requests: 5 }, origin: { requests: 0 } });
});

test('hls.js as it is plays live from an agent, playlists too where asked for, without a stall', async () => {
  const options = { agents: [ring.agents[0]?.url], origin: origin.url, playlists: true };
  expect(await register(options)).toBe(true);
  await play(page, `${origin.url}/live/master.m3u8`, undefined);
  const { record } = await playsFor(page, 5, 30_000);
  expect(record).toMatchObject({ errors: [], waits: 0 });
  const stats = await workerStats();
  expect(agentShare(stats)).toBe(1);
  expect(stats.playlists.agent.requests).toBeGreaterThan(2);
});

test('what an agent breaks off is joined with the rest from the origin', async () => {
  const agent = await startFaultyAgent(origin.url, 'cut');
  try {
    expect(await register({ agents: [agent.url], origin: origin.url })).toBe(true);
    await feed(`${origin.url}/vod`, 2);
    const stats = await workerStats();
    expect(stats.resumed).toBeGreaterThan(0);
    expect(stats.fallbacks.cut).toBeGreaterThan(0);
    expect(stats.segments.origin.requests).toBeGreaterThan(0);
  } finally {
    await agent.close();
  }
});

test('off, the browser fetches by itself', async () => {
  expect(await register({ agents: [ring.agents[0]?.url], origin: origin.url, enabled: false })).toBe(true);
  const before = mediaAt();
  await feed(`${origin.url}/vod`, 0.5);
  expect(mediaAt() - before).toBe(5);
  expect((await workerStats()).segments.origin.requests).toBe(0);
});

test('a worker that is not there is told, and changes nothing', async () => {
  const told: string[] = [];
  page.on('console', (message) => told.push(message.text()));
  expect(await register({ bootstrap: ring.agents[0]?.url, script: '/nowhere.js' })).toBe(false);
  expect(told.join()).toContain('ringcast [no-service-worker] /nowhere.js was not taken');
  await feed(`${origin.url}/vod`, 0.5);
});
