// Builds the page into build/demo when a source of it is newer than what is there: under a second with vite.

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
export const PAGE_DIRECTORY: string = join(root, 'build/demo');
/** What the page is made of. */
const SOURCES = ['test/demo', 'player-plugin', 'agent/wire', 'package-lock.json'];

export async function buildPage(): Promise<void> {
  const built = statSync(join(PAGE_DIRECTORY, 'index.html'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (SOURCES.every((source) => newestMs(join(root, source)) < built)) return;
  const { build } = await import('vite');
  await build({
    configFile: false,
    logLevel: 'warn',
    root: join(root, 'test/demo/page'),
    build: {
      outDir: PAGE_DIRECTORY,
      emptyOutDir: true,
      target: 'es2023',
      // hls.js alone is more than vite's warning limit; the page is served from this machine.
      chunkSizeWarningLimit: 2_000,
    },
  });
}

function newestMs(path: string): number {
  const entry = statSync(path);
  if (!entry.isDirectory()) return entry.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}
