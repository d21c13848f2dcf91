// Builds what a page loads: one ES module, and one script that sets the global `Ringcast`. Both stand alone: the
// parts of agent/wire that they use are inside, hls.js is the page's.
import { fileURLToPath } from 'node:url';
import { defineConfig, type UserConfig } from 'vite';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

const config: UserConfig = defineConfig({
  root: path('.'),
  publicDir: false,
  logLevel: 'warn',
  build: {
    target: 'es2022',
    outDir: path('../build/player'),
    emptyOutDir: true,
    minify: true,
    sourcemap: true,
    // Vite leaves the white space of an ES library to the page's bundler; a page may load this one as it is.
    rolldownOptions: { output: { minify: true } },
    lib: {
      entry: path('./index.ts'),
      name: 'Ringcast',
      formats: ['es', 'iife'],
      fileName: (format) => (format === 'es' ? 'ringcast-player.js' : 'ringcast-player.iife.js'),
    },
  },
});

export default config;
