// The page that tests play in: hls.js as it is published, the plugin as it is built, and a record of what happened.

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import type { LoadEvent, RingcastOptions, RingcastStats } from '../../player-plugin/index.ts';
import { HLS_VERSIONS } from './hls-versions.ts';

const html = (hls: string): string => `<!doctype html><meta charset="utf-8"><title>player</title>
<script src="/${hls}.js"></script><script src="/ringcast-player.js"></script>
<video id="video" muted playsinline width="320" height="180"></video>
<script>
  window.record = { errors: [], fallbacks: [], loads: [], waits: 0, begun: false };
  window.play = (url, options, hlsOptions) => {
    const video = document.getElementById('video');
    const ring = options && Ringcast.createRingcast(options);
    const hls = new Hls({ ...hlsOptions, ...(ring ? ring.hlsConfig : {}) });
    if (ring) {
      ring.attach(hls);
      ring.on('fallback', (event) => record.fallbacks.push(event.reason));
      ring.on('load', ({ url, kind, source }) => record.loads.push({ url, kind, source }));
    }
    hls.on(Hls.Events.ERROR, (_, data) => record.errors.push({ details: data.details, fatal: data.fatal }));
    video.addEventListener('playing', () => { record.begun = true; });
    video.addEventListener('waiting', () => { if (record.begun) record.waits += 1; });
    hls.loadSource(url);
    hls.attachMedia(video);
    hls.on(Hls.Events.MANIFEST_PARSED, () => video.play());
    Object.assign(window, { ring, hls, video });
  };
</script>`;

export interface PlayerPage {
  /** With the newest hls.js; `?` and the name of a version for that one. */
  readonly url: string;
  close(): Promise<void>;
}

export async function servePlayerPage(): Promise<PlayerPage> {
  const folder = await mkdtemp(`${tmpdir()}/ringcast-page-`);
  const builder = fileURLToPath(new URL('../../player-plugin/build.ts', import.meta.url));
  await promisify(execFile)(process.execPath, [builder, folder]);
  const files = new Map<string, { type: string; body: string }>();
  for (const { name, script } of HLS_VERSIONS) {
    files.set(`/?${name}`, { type: 'text/html', body: html(name) });
    files.set(`/${name}.js`, { type: 'text/javascript', body: await readFile(script, 'utf8') });
  }
  files.set('/', { type: 'text/html', body: html('hls.js') });
  for (const name of ['player', 'stats', 'beacon', 'sw-client']) {
    const body = await readFile(`${folder}/ringcast-${name}.iife.js`, 'utf8');
    files.set(`/ringcast-${name}.js`, { type: 'text/javascript', body });
  }
  await addExamples(files, folder);
  const worker = await readFile(`${folder}/ringcast-sw.js`, 'utf8');
  files.set('/ringcast-sw.js', { type: 'text/javascript', body: worker });
  await rm(folder, { recursive: true });
  const server = createServer((request, response) => {
    const url = request.url ?? '';
    const file = files.get(url) ?? files.get(url.split('?', 1)[0] ?? '');
    response.writeHead(file ? 200 : 404, { 'content-type': file?.type ?? 'text/plain' }).end(file?.body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The pages of test/examples at `/examples/`, and what they load, under its published names, at `/build/`. */
async function addExamples(files: Map<string, { type: string; body: string }>, built: string): Promise<void> {
  const pages = fileURLToPath(new URL('../examples/', import.meta.url));
  const hls = fileURLToPath(new URL('./', import.meta.resolve('hls.js/dist/hls.mjs')));
  const add = async (path: string, file: string, type: string): Promise<void> => {
    files.set(path, { type, body: await readFile(file, 'utf8') });
  };
  for (const name of await readdir(pages)) {
    if (name.endsWith('.html')) await add(`/examples/${name}`, pages + name, 'text/html');
  }
  for (const name of await readdir(built)) {
    if (name.endsWith('.js')) await add(`/build/${name}`, `${built}/${name}`, 'text/javascript');
  }
  for (const name of ['hls.mjs', 'hls.min.js']) await add(`/build/${name}`, hls + name, 'text/javascript');
}

export interface PlaybackState {
  readonly currentTime: number;
  readonly stats: RingcastStats;
  readonly record: {
    readonly errors: readonly { readonly details: string; readonly fatal: boolean }[];
    readonly fallbacks: readonly string[];
    readonly loads: readonly Pick<LoadEvent, 'url' | 'kind' | 'source'>[];
    /** Times that playback stood still once it had begun. */
    readonly waits: number;
  };
}

/** @param options undefined plays without the plugin
 *  @param hls options of hls.js */
export async function play(
  page: Page,
  url: string,
  options: RingcastOptions | undefined,
  hls: object = {},
): Promise<void> {
  await page.evaluate((args) => (globalThis as unknown as { play(...args: unknown[]): void }).play(...args), [
    url,
    options,
    hls,
  ] as const);
}

export async function playbackState(page: Page): Promise<PlaybackState> {
  return await page.evaluate(() => {
    const { video, ring, record } = globalThis as unknown as {
      video: HTMLVideoElement;
      ring: { stats: RingcastStats } | undefined;
      record: PlaybackState['record'];
    };
    return { currentTime: video.currentTime, stats: ring?.stats as RingcastStats, record };
  });
}

/** Waits until the playhead has moved on so far, and says what happened. Fails with that record when it does not. */
export async function playsFor(page: Page, seconds: number, withinMs: number): Promise<PlaybackState> {
  // A live stream begins far from 0: the playhead counts from where it first ran.
  const reached = page.waitForFunction(
    (wanted) => {
      const { video, record } = globalThis as unknown as {
        video: HTMLVideoElement;
        record: { begun: boolean; from?: { wanted: number; at: number } };
      };
      if (!record.begun || video.seeking) return false;
      if (record.from?.wanted !== wanted) record.from = { wanted, at: video.currentTime };
      return video.currentTime >= record.from.at + wanted;
    },
    seconds,
    { timeout: withinMs, polling: 100 },
  );
  await reached.catch(async (cause) => {
    throw new Error(`the playhead stood: ${JSON.stringify(await playbackState(page))}`, { cause });
  });
  return await playbackState(page);
}

/** Share of the segment bytes that came from agents. */
export function agentShare({ segments }: RingcastStats): number {
  return segments.agent.bytes / (segments.agent.bytes + segments.origin.bytes);
}
