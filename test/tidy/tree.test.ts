import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Not ours or not source: installed, built, fetched, version control. */
const SKIPPED = new Set(['node_modules', 'build', 'coverage', '.git', '.cache']);
const FORBIDDEN = ['utils', 'util', 'common', 'helpers', 'helper', 'lib', 'types', 'src'];
const LINES_MAX = 400;

interface Tree {
  readonly folders: string[];
  readonly files: string[];
}

function walk(path: string, into: Tree = { folders: [], files: [] }): Tree {
  for (const entry of readdirSync(join(root, path), { withFileTypes: true })) {
    if (SKIPPED.has(entry.name)) continue;
    const inside = join(path, entry.name);
    if (entry.isDirectory()) {
      into.folders.push(inside);
      walk(inside, into);
    } else {
      into.files.push(inside);
    }
  }
  return into;
}

const tree = walk('');

test('no folder hides a noun behind utils, common, helpers, lib, types or src', () => {
  expect(tree.folders.length).toBeGreaterThan(10);
  expect(tree.folders.filter((folder) => FORBIDDEN.includes(basename(folder)))).toEqual([]);
});

test('no source file is longer than 400 lines', () => {
  const sources = tree.files.filter((file) => /\.(ts|mts|mjs|js|css|html|sh)$/.test(file));
  expect(sources.length).toBeGreaterThan(30);
  const lines = sources.map(
    (file) => [file, readFileSync(join(root, file), 'utf8').split('\n').length - 1] as const,
  );
  expect(lines.filter(([, count]) => count > LINES_MAX)).toEqual([]);
});

test('the top level is the seven names of the design and a few files', () => {
  const folders = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !SKIPPED.has(entry.name))
    .map(({ name }) => name);
  expect(folders.sort()).toEqual(['agent', 'dashboards', 'origin-stub', 'player-plugin', 'test']);
});
