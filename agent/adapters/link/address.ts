// `host:port` and `[v6]:port` to what a socket takes, and back.

import { isAddress } from '../../wire/field.ts';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** @returns undefined where the text is no address: nothing is dialled */
export function parseAddress(text: string): HostPort | undefined {
  if (!isAddress(text)) return undefined;
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}

export function formatAddress({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
