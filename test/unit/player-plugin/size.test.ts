// The bundle that a page loads stays within its budget, and stands alone.

import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createContext, runInContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(`${tmpdir()}/ringcast-size-`);
  const builder = fileURLToPath(new URL('../../../player-plugin/build.ts', import.meta.url));
  await promisify(execFile)(process.execPath, [builder, folder]);
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

function checkSize(args: readonly string[]) {
  const checker = fileURLToPath(new URL('../../../player-plugin/check-size.ts', import.meta.url));
  return spawnSync(process.execPath, [checker, ...args], { encoding: 'utf8' });
}

describe('the built plugin', () => {
  test('is within the budget, which the figures file says too', async () => {
    const { status, stdout } = checkSize(['--build', folder, '--json', `${folder}/figures.json`]);
    expect(status, stdout).toBe(0);
    const { figures } = JSON.parse(await readFile(`${folder}/figures.json`, 'utf8'));
    expect(figures[0]).toMatchObject({ name: 'plugin.gzip_http_kb', unit: 'KB', goal: '<= 12', pass: true });
  });

  test('the checker refuses a file that is over, a missing one, and an unknown flag', async () => {
    const fat = await mkdtemp(`${folder}/fat-`);
    expect(checkSize(['--build', fat]).status).toBe(1);
    for (const name of [
      'player.js',
      'player.iife.js',
      'stats.iife.js',
      'beacon.iife.js',
      'sw-client.iife.js',
      'sw.js',
    ]) {
      await writeFile(`${fat}/ringcast-${name}`, randomBytes(13_000));
    }
    expect(checkSize(['--build', fat])).toMatchObject({ status: 1, stdout: expect.stringContaining('OVER') });
    expect(checkSize(['--fast']).status).toBe(2);
  });

  test('as a script it sets one global with createRingcast', async () => {
    const page = createContext({});
    runInContext(
      `${await readFile(`${folder}/ringcast-player.iife.js`, 'utf8')};this.Ringcast = Ringcast`,
      page,
    );
    expect(typeof (page as { Ringcast?: { createRingcast?: unknown } }).Ringcast?.createRingcast).toBe(
      'function',
    );
  });

  test('as a module it imports nothing and exports createRingcast', async () => {
    expect(await readFile(`${folder}/ringcast-player.js`, 'utf8')).not.toMatch(
      /\bfrom\s*["'`]|import\s*["'`(]/,
    );
    const module = (await import(`${folder}/ringcast-player.js`)) as { createRingcast?: unknown };
    expect(typeof module.createRingcast).toBe('function');
  });
});

test.each([
  ['ringcast-stats', 'defineRingcastStats'],
  ['ringcast-beacon', 'startBeacon'],
  ['ringcast-sw-client', 'registerRingcast'],
])('%s.js stands alone and is imported on a server', async (file, name) => {
  expect(await readFile(`${folder}/${file}.js`, 'utf8')).not.toMatch(/\bfrom\s*["'`]|import\s*["'`(]/);
  const module = (await import(`${folder}/${file}.js`)) as Record<string, unknown>;
  expect(typeof module[name]).toBe('function');
});
