// The versions of hls.js that are installed: the newest, and older ones where package.json has them under their names.

import { fileURLToPath } from 'node:url';

export interface HlsVersion {
  readonly name: string;
  /** The script that sets `Hls`. */
  readonly script: string;
}

const PACKAGES: readonly string[] = ['hls.js', 'hls.js-1.6'];

export const HLS_VERSIONS: readonly HlsVersion[] = PACKAGES.flatMap((name) => {
  const script = scriptOf(name);
  return script === undefined ? [] : [{ name, script }];
});

/** undefined where the package is not installed. */
function scriptOf(name: string): string | undefined {
  try {
    return fileURLToPath(import.meta.resolve(`${name}/dist/hls.min.js`));
  } catch (cause) {
    if ((cause as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw cause;
  }
}
