// The QUIC addon as tests load it: the package as it came, or where only glibc is too old, a patched copy of it.
//
// The copy lies in a cache folder below node_modules, by the digest of the original. Agents that run as processes of
// their own get it by `--import test/setup/quic-addon-hook.ts`; the product knows nothing of it.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { type QuinnAddon, quinnPackage } from '../../agent/adapters/webtransport/quinn.ts';
import { forOlderGlibc } from './older-glibc.ts';

const CACHE = fileURLToPath(new URL('../../node_modules/.cache/ringcast', import.meta.url));
const require = createRequire(import.meta.url);

export type TestAddon =
  | { readonly ok: true; readonly addon: QuinnAddon; readonly file: string; readonly patched: boolean }
  /** For the line of a skipped test. */
  | { readonly ok: false; readonly why: string };

export function quicAddon(): TestAddon {
  const name = quinnPackage();
  let file: string;
  try {
    file = require.resolve(name);
  } catch {
    return { ok: false, why: `${name} is not installed` };
  }
  try {
    return { ok: true, addon: require(file), file, patched: false };
  } catch (untouched) {
    try {
      const copy = patchedCopy(file);
      if (copy !== undefined) return { ok: true, addon: require(copy), file: copy, patched: true };
    } catch (patched) {
      return { ok: false, why: `${name} does not load, nor does a patched copy: ${patched}` };
    }
    return { ok: false, why: `${name} does not load: ${untouched}` };
  }
}

function patchedCopy(file: string): string | undefined {
  const original = readFileSync(file);
  const copy = `${CACHE}/${createHash('sha256').update(original).digest('hex').slice(0, 16)}.node`;
  if (existsSync(copy)) return copy;
  const patched = forOlderGlibc(original);
  if (patched === undefined) return undefined;
  mkdirSync(CACHE, { recursive: true });
  // Renamed into place: two test files may do this at once.
  const own = `${copy}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  writeFileSync(own, patched);
  renameSync(own, copy);
  return copy;
}
