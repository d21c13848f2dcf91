// A real agent with WebTransport, a page for its client, and a Chromium that can be killed.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type BrowserServer, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { parseRoster, ROSTER_PATH, type Roster } from '../../agent/wire/roster.ts';
import { type Child, startChild } from '../processes/child.ts';
import { CHROMIUM_ARGS } from './chromium.ts';

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export interface QuicAgent {
  readonly url: string;
  readonly child: Child<unknown>;
  roster(): Promise<Roster>;
  health(): Promise<{ readonly webtransport: string }>;
  /** Value of a series, 0 where there is none. */
  metric(series: string): Promise<number>;
}

export async function startQuicAgent(origin: string, hook: boolean): Promise<QuicAgent> {
  const flags = { origin, listen: '127.0.0.1:0', admin: '127.0.0.1:0', webtransport: '127.0.0.1:0' };
  const args = [
    ...(hook ? ['--import', file('../setup/quic-addon-hook.ts')] : []),
    ...[file('../../agent/cli/main.ts'), 'agent'],
    ...Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]),
  ];
  const ready = (line: unknown): Ready | undefined =>
    (line as Ready).event === 'agent.ready' ? (line as Ready) : undefined;
  const child = await startChild<Ready>({ name: 'agent', args, ready, readyMsMax: 30_000 }, () => {});
  const admin = `http://${child.said.admin}`;
  return {
    url: child.said.public,
    child,
    roster: async () => {
      const parsed = parseRoster(await (await fetch(child.said.public + ROSTER_PATH)).text());
      if (!parsed.ok) throw new Error(`the roster is refused: ${parsed.reason}`);
      return parsed.value;
    },
    health: async () => (await (await fetch(`${admin}/health`)).json()) as { webtransport: string },
    metric: async (series) => {
      const lines = (await (await fetch(`${admin}/metrics`)).text()).split('\n');
      return Number(lines.find((line) => line.startsWith(`${series} `))?.split(' ')[1] ?? 0);
    },
  };
}

interface Ready {
  readonly event: string;
  readonly public: string;
  readonly admin: string;
}

export interface QuicPage {
  readonly page: Page;
  /** SIGKILL of the whole browser. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

/** Served from localhost over HTTP, which browsers count as secure. */
export async function openQuicPage(): Promise<QuicPage> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2023',
      lib: { entry: file('webtransport-page.ts'), formats: ['iife'], name: 'Page' },
    },
  });
  const script = (Array.isArray(built) ? built : [built]).flatMap((each) =>
    'output' in each ? each.output : [],
  )[0];
  const body = script !== undefined && 'code' in script ? script.code : '';
  const html = '<!doctype html><meta charset="utf-8"><title>quic</title><script src="/quic.js"></script>';
  const server = createServer((request, response) => {
    const js = request.url === '/quic.js';
    response.writeHead(200, { 'content-type': js ? 'text/javascript' : 'text/html' }).end(js ? body : html);
  }).listen(0, 'localhost');
  await once(server, 'listening');
  const browser: BrowserServer = await chromium.launchServer({
    executablePath: '/usr/bin/chromium',
    headless: true,
    args: [...CHROMIUM_ARGS],
    timeout: 60_000,
  });
  const page = await (await chromium.connect(browser.wsEndpoint())).newPage();
  await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
  return {
    page,
    kill: () => browser.kill(),
    close: async () => {
      await browser.close();
      server.closeAllConnections();
      server.close();
    },
  };
}
