// Which header fields pass between the agent and its origin.
//
// Hop-by-hop fields (RFC 9110, 7.6.1) and those that Connection names belong to one connection and are taken out in
// both directions. Host and framing are the client's own; what the cache means by a field is the edge's.

import { endToEnd } from '../../edge/policy/fields.ts';
import type { HeaderField } from '../../wire/message.ts';

/** The connection's own: undici sets Host from the base, and an expectation is not waited for. */
const OURS: ReadonlySet<string> = new Set(['expect', 'host']);

/** Names in lower case, values as Latin-1, in order, repeats kept; hop-by-hop fields taken out. */
export interface ReceivedFields {
  readonly fields: readonly HeaderField[];
  /** Content-Length where it says how long the body is; -1 else. */
  readonly contentLength: number;
}

/** @param raw [2 * fields] name, value, name, value */
export function receivedFields(raw: readonly Uint8Array[]): ReceivedFields {
  const all: HeaderField[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    all.push([latin1(raw[at]).toLowerCase(), latin1(raw[at + 1]).trim()]);
  }
  // A length beside a transfer coding is overridden by it (RFC 9112, 6.3).
  const coded = all.some(([name]) => name === 'transfer-encoding');
  const length = coded ? undefined : all.find(([name]) => name === 'content-length')?.[1];
  const fields = endToEnd(all).filter(([name]) => !(coded && name === 'content-length'));
  return { fields, contentLength: length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : -1 };
}

/** @returns [2 * fields] name, value, ... as undici takes them */
export function sentFields(fields: readonly HeaderField[], withBody: boolean): string[] {
  const flat: string[] = [];
  for (const [name, value] of endToEnd(fields)) {
    if (OURS.has(name) || (name === 'content-length' && !withBody)) continue;
    flat.push(name, value);
  }
  return flat;
}

function latin1(bytes: Uint8Array | undefined): string {
  return bytes === undefined
    ? ''
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
