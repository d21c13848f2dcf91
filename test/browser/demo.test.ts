// The demo's page in a real Chromium: the video plays through the polyring, the map shows it, a killed agent is no end.

import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DemoProcess } from '../integration/demo-process.ts';

let demo: DemoProcess;
let browser: Browser;
let page: Page;
const complaints: string[] = [];

beforeAll(async () => {
  demo = new DemoProcess(['--port', '0', '--viewers', '4']);
  const url = await demo.up();
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(url);
});

afterAll(async () => {
  await browser?.close();
  await demo?.end();
});

/** Resolves when the video has played so many more seconds, its jump to where a live stream starts left aside. */
async function plays(seconds: number): Promise<void> {
  await page.waitForFunction(() => {
    const video = document.querySelector('video');
    return video !== null && video.currentTime > 0 && !video.seeking && video.readyState >= 3;
  });
  const from = await page.evaluate(() => document.querySelector('video')?.currentTime ?? 0);
  await page.waitForFunction(
    (until) => (document.querySelector('video')?.currentTime ?? 0) >= until,
    from + seconds,
    { timeout: 60_000 },
  );
}

test('the live stream plays, from agents', async () => {
  await plays(4);
  await page.waitForFunction(() => document.querySelectorAll('.segments span[title*="in "]').length >= 2);
  const sources = await page.locator('.segments span[title]').allTextContents();
  expect(sources.filter((source) => source !== 'origin').length).toBeGreaterThan(0);
  expect(complaints).toEqual([]);
});

test('the map has 12 agents in four leaf rings, two of them in one ring, and all comes from these servers', async () => {
  expect(await page.locator('.node').count()).toBe(12);
  expect(await page.locator('.leaf').count()).toBe(4);
  const boxes = await page
    .locator('.region-ring')
    .evaluateAll((all) => all.map((box) => box.getBoundingClientRect().width > 0));
  expect(boxes).toEqual([true, false, false]);
  expect(await page.locator('.agent').count()).toBe(12);
  const hosts = await page.evaluate(() =>
    performance.getEntriesByType('resource').map(({ name }) => new URL(name).hostname),
  );
  expect(new Set(hosts)).toEqual(new Set(['localhost', '127.0.0.1']));
});

test('the video goes on when an agent is killed, and the map shows it dead until it is back', async () => {
  await page.getByRole('button', { name: 'Kill Berlin' }).click();
  await page.locator('.node.dead[data-agent="eu-ber"]').waitFor();
  await plays(6);
  await page.getByRole('button', { name: 'Restart Berlin' }).click();
  await page.locator('.node.running[data-agent="eu-ber"]').waitFor();
});

test('video on demand plays in another region', async () => {
  await page.getByRole('button', { name: 'Asia' }).click();
  await page.getByRole('button', { name: 'Video on demand' }).click();
  await page.waitForFunction(() => (document.querySelector('video')?.duration ?? 0) === 64, undefined, {
    timeout: 30_000,
  });
  await plays(2);
  expect(complaints).toEqual([]);
});
