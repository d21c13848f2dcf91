// One vitest run for every suite; each folder is a project, so that `npm test -- --project unit` runs just that.
// Suites that start processes get longer time-outs and run one file at a time: the machine has two cores.
import { fileURLToPath } from 'node:url';
import { defineConfig, type TestProjectInlineConfiguration, type ViteUserConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));

const setupFiles = [`${root}test/setup/seed.ts`];

const quick = (name: string): TestProjectInlineConfiguration => ({
  test: { name, root, setupFiles, include: [`test/${name}/**/*.test.ts`], testTimeout: 120_000 },
});

const heavy = (name: string): TestProjectInlineConfiguration => ({
  test: {
    name,
    root,
    setupFiles,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: 180_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});

const config: ViteUserConfig = defineConfig({
  test: {
    root,
    maxWorkers: 2,
    reporters: ['default', `${root}test/setup/closing-line.ts`],
    projects: [
      quick('unit'),
      quick('contract'),
      quick('sim'),
      quick('tidy'),
      heavy('integration'),
      heavy('browser'),
    ],
  },
});

export default config;
