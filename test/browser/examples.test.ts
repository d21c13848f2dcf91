// The examples play: each page of test/examples as it is, in a real Chromium, from a real agent.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OriginStub, startOriginStub } from '../../origin-stub/origin-stub.ts';
import type { RingcastWorker } from '../../player-plugin/sw/index.ts';
import { RingFleet, until } from '../processes/ring-fleet.ts';
import { type Chromium, startChromium } from './chromium.ts';
import { type PlayerPage, servePlayerPage } from './player-page.ts';

let chromium: Chromium;
let playerPage: PlayerPage;
let origin: OriginStub;
let ring: RingFleet;

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

/** The example, once it has played for two seconds; it complains of nothing. */
async function playing(name: string): Promise<Page> {
  const query = new URLSearchParams({
    stream: `${origin.url}/vod/master.m3u8`,
    agent: ring.agents[0]?.url ?? '',
    origin: origin.url,
  });
  const page = await chromium.viewer('about:blank');
  const complaints: string[] = [];
  page.on('pageerror', ({ message }) => complaints.push(message));
  await page.goto(`${playerPage.url}examples/${name}.html?${query}`);
  await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 2, undefined, {
    timeout: 30_000,
  });
  expect(complaints).toEqual([]);
  return page;
}

const shownShare = async (page: Page): Promise<number> => {
  await page.waitForFunction(() => {
    const share = document.querySelector('ringcast-stats')?.shadowRoot?.querySelector('dd.share');
    return /\d/.test(share?.textContent ?? '');
  });
  return Number.parseFloat((await page.locator('ringcast-stats dd.share').textContent()) ?? '');
};

test('plain.html plays from an agent', async () => {
  const page = await playing('plain');
  expect(await shownShare(page)).toBeGreaterThan(20);
  await page.context().close();
});

test('module.html plays from an agent, can be switched off and taken down', async () => {
  const page = await playing('module');
  expect(await shownShare(page)).toBeGreaterThan(80);
  await page.getByRole('checkbox', { name: 'from agents' }).uncheck();
  await page.getByRole('heading', { name: 'Ringcast (off)' }).waitFor();
  await page.getByRole('checkbox', { name: 'from agents' }).check();
  await page.evaluate(() => dispatchEvent(new Event('example:unmount')));
  // The last beacon goes out with it, and the agent's metrics have it.
  const metrics = async (): Promise<string> =>
    (await fetch(`http://${ring.agents[0]?.child.said.admin}/metrics`)).text();
  const taken = async (): Promise<boolean> => /^ringcast_beacons_total(?:\{.*\})? 1$/m.test(await metrics());
  await until(taken, true, 10_000);
  expect(await metrics()).toMatch(/^ringcast_beacon_bytes_total\{.*source="agent".*\} [1-9]\d{4,}$/m);
  await page.context().close();
});

test('custom-player.html plays from an agent, by service worker', async () => {
  const page = await playing('custom-player');
  const { segments } = await page.evaluate(() =>
    (globalThis as unknown as { worker: RingcastWorker }).worker.stats(),
  );
  expect(segments.agent.requests).toBeGreaterThan(2);
  expect(segments.origin.requests).toBe(0);
  await page.context().close();
});
