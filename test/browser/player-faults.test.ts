// What goes wrong, and what viewers do, in a real Chromium: no stall, and the bytes from where they should be.
//
// A corrupting agent is not here yet: nothing to hold bytes to before the append, so nothing to test.
import type Hls from 'hls.js';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type OriginStub, startOriginStub } from '../../origin-stub/origin-stub.ts';
import { RingFleet } from '../processes/ring-fleet.ts';
import { type Chromium, startChromium } from './chromium.ts';
import { type Fault, startFaultyAgent } from './faulty-agent.ts';
import {
  agentShare,
  type PlaybackState,
  type PlayerPage,
  play,
  playbackState,
  playsFor,
  servePlayerPage,
} from './player-page.ts';

let chromium: Chromium;
let playerPage: PlayerPage;
let origin: OriginStub;
let page: Page;

beforeAll(async () => {
  [chromium, playerPage, origin] = await Promise.all([
    startChromium(),
    servePlayerPage(),
    startOriginStub({ port: 0 }),
  ]);
});
afterAll(async () => {
  await chromium?.close();
  await playerPage?.close();
  await origin?.close();
});
afterEach(() => page?.context().close());

/** So little ahead that segments are loaded all the while. */
const SHORT_BUFFER = { maxBufferLength: 6, maxMaxBufferLength: 6 };

/** Plays VOD for a second, and gives the player's state a fresh start. */
async function begun(agent: string, hls: object = SHORT_BUFFER): Promise<void> {
  page = await chromium.viewer(playerPage.url);
  await play(page, `${origin.url}/vod/master.m3u8`, { agents: [agent], origin: origin.url }, hls);
  await playsFor(page, 1, 30_000);
}

interface InPage {
  hls: Hls;
  video: HTMLVideoElement;
  record: { waits: number; begun: boolean; from?: unknown };
}

/** So often, with pauses. `step` runs in the page. */
async function often(
  times: number,
  pauseMs: number,
  step: (global: InPage, i: number) => void,
): Promise<void> {
  await page.evaluate(
    async ([source, count, ms]) => {
      const run = new Function('global', 'i', `(${source})(global, i)`);
      for (let i = 0; i < count; i += 1) {
        run(globalThis, i);
        await new Promise((resolve) => setTimeout(resolve, ms));
      }
    },
    [step.toString(), times, pauseMs] as const,
  );
}

/** Forgets the waits of a seek, which are the viewer's own, once it plays again. */
async function settled(): Promise<void> {
  await page.waitForFunction(() => {
    const { video } = globalThis as unknown as InPage;
    return !video.seeking && !video.paused && video.readyState >= 3;
  });
  await page.evaluate(() => {
    Object.assign((globalThis as unknown as InPage).record, { waits: 0 });
  });
}

/** `aborted` is hls.js's word for a load that it gave up itself. */
function troubles({ errors, waits }: PlaybackState['record']) {
  return { errors: errors.filter(({ details }) => details !== 'aborted'), waits };
}

describe('an agent that', () => {
  test.each<[Fault, keyof PlaybackState['stats']['fallbacks'], 'agent' | 'nothing']>([
    ['reset', 'unreachable', 'nothing'],
    ['beheaded', 'cut', 'nothing'],
    ['stalled', 'stalled', 'agent'],
    ['blocked', 'unreachable', 'nothing'],
    ['busy', 'busy', 'nothing'],
  ])('is %s costs one fall-back (%s) now and then, and no stall', async (fault, reason, gives) => {
    const agent = await startFaultyAgent(origin.url, fault);
    try {
      await begun(agent.url);
      const { record, stats } = await playsFor(page, 3, 30_000);
      expect(record).toMatchObject({ errors: [], waits: 0 });
      expect(stats.fallbacks[reason], JSON.stringify(stats.fallbacks)).toBeGreaterThan(0);
      expect(stats.segments.agent.bytes > 0).toBe(gives === 'agent');
      expect(stats.segments.origin.bytes).toBeGreaterThan(100_000);
      // Left alone for longer and longer: 2 s, 4 s, ...
      expect(agent.asked()).toBeLessThan(6);
    } finally {
      await agent.close();
    }
  });
});

describe('through a real agent', () => {
  let ring: RingFleet;
  beforeAll(async () => {
    ring = await RingFleet.start(['eu/de/ber'], origin);
  });
  afterAll(() => ring?.stop());
  const agentUrl = (): string => ring.agents[0]?.url ?? '';

  test('a storm of seeks ends in playback from the agent', async () => {
    await begun(agentUrl());
    await often(15, 80, ({ video }, i) => {
      video.currentTime = 2 + ((i * 23) % 54);
    });
    await settled();
    const { record, stats } = await playsFor(page, 2, 30_000);
    expect(troubles(record)).toEqual({ errors: [], waits: 0 });
    expect(agentShare(stats)).toBe(1);
  });

  test('a storm of level switches plays through, each level from the agent', async () => {
    await begun(agentUrl());
    await often(14, 250, ({ hls }, i) => {
      hls.loadLevel = i % 3;
    });
    const { record, stats } = await playsFor(page, 3, 30_000);
    expect(troubles(record)).toEqual({ errors: [], waits: 0 });
    expect(agentShare(stats)).toBe(1);
    const levels = record.loads.flatMap(({ url }) => /\/(\d+p)\/seg-/.exec(url)?.[1] ?? []);
    expect(new Set(levels).size).toBeGreaterThan(1);
  });

  test('a storm of aborts plays through', async () => {
    await begun(agentUrl());
    await often(20, 60, ({ hls }) => {
      hls.stopLoad();
      hls.startLoad(-1);
    });
    const { record, stats } = await playsFor(page, 3, 30_000);
    expect(troubles(record)).toEqual({ errors: [], waits: 0 });
    expect(agentShare(stats)).toBe(1);
    expect(Object.values(stats.fallbacks).every((count) => count === 0)).toBe(true);
  });

  test('offline and back: playback goes on from what is buffered, and then from the agent again', async () => {
    await begun(agentUrl());
    await page.context().setOffline(true);
    await page.waitForTimeout(2_500);
    await page.context().setOffline(false);
    const back = await playbackState(page);
    expect(back.record.waits).toBe(0);
    await page.waitForFunction(
      (before) => {
        const { ring } = globalThis as unknown as { ring: { stats: PlaybackState['stats'] } };
        return ring.stats.segments.agent.requests > before;
      },
      back.stats.segments.agent.requests,
      { timeout: 15_000 },
    );
    const state = await playsFor(page, 3, 30_000);
    expect(state.record.errors.filter((error) => error.fatal)).toEqual([]);
    expect(state.record.waits).toBe(0);
  });

  test('the switch, thrown back and forth while it plays, is no stall', async () => {
    await begun(agentUrl());
    await often(8, 200, (global, i) => {
      (global as unknown as { ring: { enabled: boolean } }).ring.enabled = i % 2 === 1;
    });
    const { record, stats } = await playsFor(page, 3, 30_000);
    expect(troubles(record)).toEqual({ errors: [], waits: 0 });
    expect(stats.segments.agent.bytes).toBeGreaterThan(0);
    expect(stats.enabled).toBe(true);
  });
});
