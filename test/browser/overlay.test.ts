// The overlay in a real Chromium, beside a video that plays from a real agent.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OriginStub, startOriginStub } from '../../origin-stub/origin-stub.ts';
import type { RingcastStatsElement } from '../../player-plugin/stats/index.ts';
import { RingFleet } from '../processes/ring-fleet.ts';
import { type Chromium, startChromium } from './chromium.ts';
import { type PlayerPage, play, playsFor, servePlayerPage } from './player-page.ts';

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
  page = await chromium.viewer(playerPage.url);
  const options = { agents: [ring.agents[0]?.url ?? ''], origin: origin.url };
  await play(page, `${origin.url}/vod/master.m3u8`, options);
  await page.addScriptTag({ url: `${playerPage.url}ringcast-stats.js` });
  await page.evaluate(() => {
    const overlay = document.createElement('ringcast-stats') as RingcastStatsElement;
    overlay.ring = (globalThis as unknown as { ring: RingcastStatsElement['ring'] }).ring;
    document.body.append(overlay);
  });
  await playsFor(page, 3, 30_000);
});
afterAll(async () => {
  await chromium?.close();
  await playerPage?.close();
  await ring?.stop();
  await origin?.close();
});

const colourOf = async (selector: string): Promise<string> =>
  page.locator(`ringcast-stats ${selector}`).evaluate((element) => getComputedStyle(element).backgroundColor);

test('it says where the bytes come from, in numbers, in a picture and in words', async () => {
  await page.waitForFunction(() => {
    const root = document.querySelector('ringcast-stats')?.shadowRoot;
    return /M\d/.test(root?.querySelector('path.agent')?.getAttribute('d') ?? '');
  });
  // Playlists are the origin's.
  expect(await page.locator('ringcast-stats dd.share').textContent()).toMatch(/^9\d %$/);
  expect(await page.locator('ringcast-stats dd.agent').textContent()).toMatch(/^[\d.]+ (kB|MB)$/);
  expect(await page.getByRole('img', { name: /^Last minute: .* from agents/ }).count()).toBe(1);
  expect(await page.getByRole('row').count()).toBe(2);
  expect(await page.getByRole('rowheader').textContent()).toBe(new URL(ring.agents[0]?.url ?? '').host);
});

test('it is dark where the visitor prefers that, and as the page says where it says so', async () => {
  await page.emulateMedia({ colorScheme: 'light' });
  const light = await colourOf('section');
  await page.emulateMedia({ colorScheme: 'dark' });
  const dark = await colourOf('section');
  expect(dark).not.toBe(light);
  const themed = async (theme: string): Promise<string> => {
    await page.evaluate(
      (name) => document.querySelector('ringcast-stats')?.setAttribute('theme', name),
      theme,
    );
    return await colourOf('section');
  };
  expect(await themed('light')).toBe(light);
  await page.emulateMedia({ colorScheme: 'light' });
  expect(await themed('dark')).toBe(dark);
});

test('it asks the network nothing, and taken out of the page it stops', async () => {
  await page.evaluate(() => {
    const { ring } = globalThis as unknown as { ring: RingcastStatsElement['ring'] };
    const counted = { looks: 0 };
    const overlay = document.querySelector('ringcast-stats') as RingcastStatsElement;
    overlay.ring = {
      get stats() {
        counted.looks += 1;
        if (!ring) throw new Error('no ring');
        return ring.stats;
      },
    };
    overlay.remove();
    Object.assign(globalThis, { counted });
  });
  const looks = (): Promise<number> =>
    page.evaluate(() => (globalThis as unknown as { counted: { looks: number } }).counted.looks);
  const before = await looks();
  await page.waitForTimeout(1_500);
  expect(await looks()).toBe(before);
});
