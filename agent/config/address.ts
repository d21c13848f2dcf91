// Splits a listening address that the schema has let through. Port 0 takes a free one.

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** @param text `host:port` or `[v6]:port`, checked before */
export function listenAddress(text: string): ListenAddress {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}
