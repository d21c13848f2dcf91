// What hls.js loads besides plain segments, in a real Chromium with each hls.js installed: low latency, encrypted,
// byte ranges, audio group and subtitles, steered, with CMCD, with its worker and without.
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type OriginStub, startOriginStub } from '../../origin-stub/origin-stub.ts';
import type { RingFleet } from '../processes/ring-fleet.ts';
import { startWarmRing } from './agent-ring.ts';
import { type Chromium, startChromium } from './chromium.ts';
import { HLS_VERSIONS } from './hls-versions.ts';
import { startMixedOrigin } from './mixed-origin.ts';
import { agentShare, type PlayerPage, play, playsFor, servePlayerPage } from './player-page.ts';

let chromium: Chromium;
let playerPage: PlayerPage;
let stub: OriginStub;
let origin: OriginStub;
let ring: RingFleet;
const pages: Page[] = [];

beforeAll(async () => {
  [chromium, playerPage, stub] = await Promise.all([startChromium(), servePlayerPage(), startOriginStub()]);
  origin = await startMixedOrigin(stub);
  ring = await startWarmRing(origin);
});
afterAll(async () => {
  await chromium?.close();
  await playerPage?.close();
  await ring?.stop();
  await origin?.close();
  await stub?.close();
});
afterEach(async () => {
  for (const page of pages.splice(0)) await page.context().close();
});

/** Agents are known from the first segment on. */
const options = (): { agents: string[]; origin: string } => ({
  agents: ring.agents.map(({ url }) => url),
  origin: origin.url,
});

describe.each(HLS_VERSIONS)('$name', ({ name }) => {
  async function viewer(): Promise<Page> {
    const page = await chromium.viewer(`${playerPage.url}?${name}`);
    pages.push(page);
    return page;
  }

  test.each([true, false])('LL-HLS: parts come from agents, at low latency (worker: %s)', async (worker) => {
    const page = await viewer();
    const hls = { enableWorker: worker, lowLatencyMode: true };
    await play(page, `${origin.url}/ll/master.m3u8`, { ...options(), playlists: true }, hls);
    const { record, stats } = await playsFor(page, 5, 30_000);
    expect(record).toMatchObject({ errors: [], waits: 0 });
    const parts = record.loads.filter(({ url }) => /seg-\d+\.\d\.m4s$/.test(url));
    expect(parts.length).toBeGreaterThan(6);
    expect(agentShare(stats)).toBeGreaterThan(0.95);
    expect(stats.playlists.agent.requests).toBeGreaterThan(4);
    expect(
      await page.evaluate(() => (globalThis as unknown as { hls: { latency: number } }).hls.latency),
    ).toBeLessThan(4);
  });

  test.each([
    { worker: true, keys: false },
    { worker: false, keys: true },
  ])('AES-128 is decrypted, its key from agents: $keys (worker: $worker)', async ({ worker, keys }) => {
    const page = await viewer();
    const hls = { enableWorker: worker };
    await play(page, `${origin.url}/vod-aes/master.m3u8`, { ...options(), keys }, hls);
    const { record, stats } = await playsFor(page, 3, 30_000);
    expect(record).toMatchObject({ errors: [], waits: 0 });
    expect(agentShare(stats)).toBe(1);
    expect(stats.keys.agent.requests > 0).toBe(keys);
  });

  test('byte ranges, an audio group and subtitles, with CMCD in the query', async () => {
    const page = await viewer();
    const hls = { cmcd: { sessionId: 'test', contentId: 'mixed', useHeaders: false } };
    await play(page, `${origin.url}/mixed/master.m3u8`, options(), hls);
    const { record, stats } = await playsFor(page, 3, 30_000);
    expect(record).toMatchObject({ errors: [], waits: 0 });
    expect(agentShare(stats)).toBe(1);
    for (const kind of ['/ranged/index', '/audio/seg-', '/subs/seg-']) {
      const loads = record.loads.filter((load) => load.kind === 'segment' && load.url.includes(kind));
      expect(loads.length, kind).toBeGreaterThan(1);
      expect(loads.every(({ url, source }) => source === 'agent' && url.includes('CMCD='))).toBe(true);
    }
    const cues = await page.evaluate(() => {
      const { video } = globalThis as unknown as { video: HTMLVideoElement };
      return [...video.textTracks].flatMap((track) =>
        [...(track.cues ?? [])].map((cue) => (cue as VTTCue).text),
      );
    });
    expect(cues).toContain('line 0');
  });

  test('CMCD in headers passes an agent’s preflight', async () => {
    const page = await viewer();
    const hls = { cmcd: { sessionId: 'test', contentId: 'vod', useHeaders: true } };
    await play(page, `${origin.url}/vod/master.m3u8`, options(), hls);
    const { record, stats } = await playsFor(page, 2, 30_000);
    expect(record).toMatchObject({ errors: [], waits: 0 });
    expect(agentShare(stats)).toBe(1);
  });

  test('a steered host: segments are the agents’ whatever host the playlist came from', async () => {
    const page = await viewer();
    await play(page, `${stub.url}/vod/master.m3u8`, { ...options(), mirrors: [stub.url] });
    const { record, stats } = await playsFor(page, 2, 30_000);
    expect(record).toMatchObject({ errors: [], waits: 0 });
    expect(agentShare(stats)).toBe(1);
  });
});
