// Builds what pages load: `node player-plugin/build.ts [folder]`, by default build/player; what is in it goes.
//
// Each entry stands alone, as an ES module and as a script that sets one global: the parts of agent/wire that it uses
// are inside, hls.js is the page's. One build for each, since a shared chunk would be one more request on the way to
// the first segment. The service worker is a script only: browsers register those everywhere.

import { mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

interface Entry {
  readonly file: string;
  readonly source: string;
  readonly global: string;
  readonly formats: readonly ('es' | 'iife')[];
}

const BOTH: Entry['formats'] = ['es', 'iife'];

const ENTRIES: readonly Entry[] = [
  { file: 'ringcast-player', source: './index.ts', global: 'Ringcast', formats: BOTH },
  { file: 'ringcast-stats', source: './stats/index.ts', global: 'RingcastStats', formats: BOTH },
  { file: 'ringcast-beacon', source: './beacon/index.ts', global: 'RingcastBeacon', formats: BOTH },
  { file: 'ringcast-sw-client', source: './sw/index.ts', global: 'RingcastWorker', formats: BOTH },
  { file: 'ringcast-sw', source: './sw/worker.ts', global: 'RingcastServiceWorker', formats: ['iife'] },
];

const folder = process.argv[2] ?? path('../build/player');
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
await Promise.all(ENTRIES.map(buildEntry));

async function buildEntry({ file, source, global, formats }: Entry): Promise<void> {
  await build({
    configFile: false,
    root: path('.'),
    publicDir: false,
    logLevel: 'warn',
    build: {
      target: 'es2022',
      outDir: folder,
      emptyOutDir: false,
      minify: true,
      sourcemap: true,
      // Vite leaves the white space of an ES library to the page's bundler; a page may load this one as it is.
      rolldownOptions: { output: { minify: true } },
      lib: {
        entry: path(source),
        name: global,
        formats: [...formats],
        fileName: (format) => (format === 'es' || formats.length === 1 ? `${file}.js` : `${file}.iife.js`),
      },
    },
  });
}

function path(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
