// For `node --import`: an agent under test finds the addon that runs here, where it would find the package.

import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { quinnPackage } from '../../agent/adapters/webtransport/quinn.ts';
import { quicAddon } from './quic-addon.ts';

const found = quicAddon();
const name = quinnPackage();
if (found.ok) {
  const url = pathToFileURL(found.file).href;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === name ? { url, format: 'commonjs', shortCircuit: true } : next(specifier, context),
  });
}
