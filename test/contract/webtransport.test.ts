import { describe, test } from 'vitest';
import type { Carrier } from '../../agent/adapters/webtransport/carrier.ts';
import { loadFailsComponents } from '../../agent/adapters/webtransport/fails-components.ts';
import { quinn } from '../../agent/adapters/webtransport/quinn.ts';
import { quicAddon } from '../setup/quic-addon.ts';
import { carrierContract } from './webtransport.ts';
import { memoryCarrier } from './webtransport-memory.ts';

describe('in memory', () => carrierContract(async () => memoryCarrier()));

const addon = quicAddon();
if (addon.ok) describe('quinn', () => carrierContract(async () => quinn(addon.addon)));
else skipped('quinn', addon.why);

const FAULTS = { http2: { noBackpressure: true }, http3: {} } as const;
for (const mode of ['http2', 'http3'] as const) {
  const loaded = await load(mode);
  if (typeof loaded === 'string') skipped(`fails-components, ${mode}`, loaded);
  else describe(`fails-components, ${mode}`, () => carrierContract(async () => loaded, FAULTS[mode]));
}

async function load(mode: 'http2' | 'http3'): Promise<Carrier | string> {
  // The package prints that its other half is missing.
  const { log, error } = console;
  console.log = console.error = () => {};
  try {
    return await loadFailsComponents(mode);
  } catch (cause) {
    return (cause as Error).message.split('\n', 1)[0] ?? '';
  } finally {
    Object.assign(console, { log, error });
  }
}

/** Counted among the skipped, with its reason printed. */
function skipped(name: string, why: string): void {
  console.log(`skipped: WebTransport by ${name}: ${why}`);
  test.skip(`${name}: ${why}`, () => {});
}
