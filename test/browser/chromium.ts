// Debian's Chromium under playwright-core, one process for a test file, ended with everything that it started.
//
// It stays quiet on the network: what a page asks for is all that leaves it. Background work is not throttled, since
// several pages play at once and only one of them is in front.

import { type Browser, chromium, type Page } from 'playwright-core';

export const CHROMIUM_ARGS: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
];

export interface Chromium {
  /** A page with a cache and cookies of its own: another viewer. */
  viewer(url: string): Promise<Page>;
  close(): Promise<void>;
}

export async function startChromium(): Promise<Chromium> {
  const browser: Browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    headless: true,
    args: [...CHROMIUM_ARGS],
    timeout: 60_000,
  });
  return {
    viewer: async (url) => {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(url);
      return page;
    },
    close: () => browser.close(),
  };
}
