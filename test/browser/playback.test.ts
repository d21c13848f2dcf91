// Real Chromium, real hls.js, real agents: the plugin where it has to work.
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type OriginStub, startOriginStub } from '../../origin-stub/origin-stub.ts';
import type { RingFleet } from '../processes/ring-fleet.ts';
import { startWarmRing } from './agent-ring.ts';
import { type Chromium, startChromium } from './chromium.ts';
import { startFaultyAgent } from './faulty-agent.ts';
import {
  agentShare,
  type PlayerPage,
  play,
  playbackState,
  playsFor,
  servePlayerPage,
} from './player-page.ts';

let chromium: Chromium;
let playerPage: PlayerPage;
let origin: OriginStub;
const pages: Page[] = [];

beforeAll(async () => {
  [chromium, playerPage] = await Promise.all([startChromium(), servePlayerPage()]);
});
afterAll(async () => {
  await chromium?.close();
  await playerPage?.close();
});
beforeEach(async () => {
  origin = await startOriginStub({ port: 0 });
});
afterEach(async () => {
  for (const page of pages.splice(0)) await page.context().close();
  await origin.close();
});

/** A viewer, and how many media requests its browser sent to the origin itself. */
async function viewer(): Promise<{ page: Page; askedOrigin: () => number }> {
  const page = await chromium.viewer(playerPage.url);
  pages.push(page);
  let asked = 0;
  page.on('request', (request) => {
    if (request.url().startsWith(origin.url) && /\.(m4s|mp4)$/.test(new URL(request.url()).pathname))
      asked += 1;
  });
  return { page, askedOrigin: () => asked };
}

/** Media at the origin: paths that were asked for, and requests for each on average. */
function originMedia(): { copies: number; paths: number } {
  const media = Object.entries(origin.counters().paths).filter(([path]) => /\.(m4s|mp4)$/.test(path));
  const requests = media.reduce((sum, [, count]) => sum + count.requests, 0);
  return { copies: requests / media.length, paths: media.length };
}

describe('through a ring of three agents', () => {
  let ring: RingFleet;
  beforeEach(async () => {
    ring = await startWarmRing(origin);
  });
  afterEach(() => ring?.stop());

  test.each(['vod', 'live'])(
    '%s plays for two viewers, over 90 % of it from agents, and the origin is asked hardly more than once for both',
    async (stream) => {
      const viewers = [await viewer(), await viewer()];
      for (const { page } of viewers) {
        // With the origin named, the first segments need not wait for a roster on a busy machine.
        const options = { bootstrap: ring.agents[0]?.url ?? '', origin: origin.url };
        await play(page, `${origin.url}/${stream}/master.m3u8`, options);
        await playsFor(page, 1, 30_000);
      }
      const states = await Promise.all(viewers.map(({ page }) => playsFor(page, 8, 40_000)));
      for (const { stats, record } of states) {
        expect(agentShare(stats), JSON.stringify(stats)).toBeGreaterThan(0.9);
        expect(stats.segments.agent.bytes).toBeGreaterThan(100_000);
        expect(record.errors).toEqual([]);
      }
      const requests = states.reduce((sum, { stats }) => sum + stats.segments.agent.requests, 0);
      const direct = viewers.reduce((sum, { askedOrigin }) => sum + askedOrigin(), 0);
      expect(direct).toBeLessThan(0.1 * requests);
      // Two viewers of their own would ask for each twice; once is the ring's business, and tested there.
      const { copies, paths } = originMedia();
      expect(copies).toBeLessThan(1.3);
      expect(paths).toBeGreaterThan(4);
    },
  );

  test('live plays on without a stall and without an error when every agent is killed', async () => {
    const { page, askedOrigin } = await viewer();
    await play(page, `${origin.url}/live/master.m3u8`, { bootstrap: ring.agents[0]?.url ?? '' });
    const before = await playsFor(page, 5, 30_000);
    expect(agentShare(before.stats)).toBeGreaterThan(0.5);
    const directBefore = askedOrigin();
    await ring.killAll();
    const after = await playsFor(page, 12, 30_000);
    expect(after.record.waits).toBe(before.record.waits);
    expect(after.record.errors).toEqual([]);
    expect(askedOrigin() - directBefore).toBeGreaterThan(3);
    expect(after.record.fallbacks).toContain('unreachable');
    expect(after.stats.agents.every((agent) => agent.state !== 'warm')).toBe(true);
  });

  test('playlists come from agents too where the page asks for it', async () => {
    const { page } = await viewer();
    await play(page, `${origin.url}/live/master.m3u8`, {
      agents: ring.agents.map(({ url }) => url),
      origin: origin.url,
      playlists: true,
    });
    const { stats, record } = await playsFor(page, 6, 30_000);
    expect(record.errors).toEqual([]);
    expect(stats.playlists.agent.requests).toBeGreaterThan(2);
    expect(stats.playlists.origin.requests).toBe(0);
    expect(agentShare(stats)).toBe(1);
  });
});

describe('with an agent that is not to be relied on', () => {
  test('segments that it breaks off are joined with the rest from the origin', async () => {
    const agent = await startFaultyAgent(origin.url, 'cut');
    try {
      const { page } = await viewer();
      await play(page, `${origin.url}/vod/master.m3u8`, { bootstrap: agent.url, origin: origin.url });
      const { stats, record } = await playsFor(page, 6, 30_000);
      expect(record.errors).toEqual([]);
      expect(stats.resumed, JSON.stringify(stats)).toBeGreaterThan(0);
      expect(stats.fallbacks.cut).toBeGreaterThan(0);
    } finally {
      await agent.close();
    }
  });

  test.each(['silent', 'trickle'] as const)(
    'playback goes on beside a %s one, which is asked seldom',
    async (fault) => {
      const agent = await startFaultyAgent(origin.url, fault);
      try {
        const { page } = await viewer();
        await play(page, `${origin.url}/live/master.m3u8`, { bootstrap: agent.url, origin: origin.url });
        const { stats, record } = await playsFor(page, 6, 30_000);
        expect(record).toMatchObject({ errors: [], waits: 0 });
        expect(stats.fallbacks[fault === 'silent' ? 'slow-start' : 'too-slow']).toBeGreaterThan(0);
        expect(agent.asked()).toBeLessThan(6);
      } finally {
        await agent.close();
      }
    },
  );
});

test('with no usable agent hls.js plays as it always does', async () => {
  const { page } = await viewer();
  await play(page, `${origin.url}/vod/master.m3u8`, { bootstrap: 'http://127.0.0.1:1' });
  const { record } = await playsFor(page, 4, 30_000);
  expect(record.errors).toEqual([]);
  expect((await playbackState(page)).stats.segments.agent.bytes).toBe(0);
});
