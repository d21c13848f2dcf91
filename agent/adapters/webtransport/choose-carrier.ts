// Which QUIC library serves players: the first that loads here and can open a session.
//
// Loading proves little: a package may be installed without its binary, and one of them resolves without it. So each
// candidate opens a session with itself over loopback before it is taken. Where none works the agent serves HTTP, and
// says in one sentence what is missing and what helps.

import type { Carrier } from './carrier.ts';
import { webCertificate } from './certificate.ts';
import { loadFailsComponents } from './fails-components.ts';
import { loadQuinn, quinnPackage } from './quinn.ts';

export interface CarrierSource {
  /** The package. */
  readonly name: string;
  load(): Promise<Carrier>;
}

export type CarrierChoice =
  | { readonly ok: true; readonly carrier: Carrier }
  /** @see why one sentence with the remedy */
  | { readonly ok: false; readonly why: string };

export const CARRIER_SOURCES: readonly CarrierSource[] = [
  {
    name: '@fails-components/webtransport-transport-http3-quiche',
    load: () => loadFailsComponents('http3'),
  },
  { name: quinnPackage(), load: async () => loadQuinn() },
];

/** Longest time for a library to load and open a session with itself: a slow machine under load. */
const PROOF_MS = 5_000;

export async function chooseCarrier(
  sources: readonly CarrierSource[] = CARRIER_SOURCES,
): Promise<CarrierChoice> {
  const faults: string[] = [];
  for (const { name, load } of sources) {
    try {
      const carrier = await within(PROOF_MS, proven(load));
      return { ok: true, carrier };
    } catch (error) {
      faults.push(`${name} ${faultOf(error)}`);
    }
  }
  const remedy = 'install one of them (npm install without --omit=optional and --ignore-scripts)';
  const why = `no QUIC library works here: ${faults.join('; ')}; ${remedy}, on a system that it supports`;
  return { ok: false, why };
}

async function proven(load: () => Promise<Carrier>): Promise<Carrier> {
  const carrier = await load();
  const certificate = await webCertificate(Date.now());
  const path = '/proof';
  const listener = await carrier.listen({ host: '127.0.0.1', port: 0, certificate, path });
  try {
    const taken = listener.accept().then((request) => request?.take());
    const session = await carrier.dial(`https://127.0.0.1:${listener.port}${path}`, [certificate.hash]);
    await taken;
    session.close(0, 'proven');
    return carrier;
  } finally {
    listener.close();
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('opened no session in time')), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** One phrase: the first line of what went wrong, in words where it is one of the usual cases. */
function faultOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') return 'is not installed';
  const glibc = /version `GLIBC_([\d.]+)' not found/.exec(message ?? '');
  if (glibc !== null) return `needs glibc ${glibc[1]} or newer (Debian 13, Ubuntu 24.04)`;
  return `does not work (${(message ?? String(error)).split('\n', 1)[0]})`;
}
