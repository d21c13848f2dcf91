// The header fields of an answer as Node writes them fastest: one flat array, framing and CORS put in here.
//
// Players are pages of anybody: answers are open to all of them (no credentials) unless the origin said otherwise.
// Length and connection fields that come from elsewhere never reach a viewer, for framing is this server's.

import type { HeaderField } from '../../wire/message.ts';

const EXPOSED =
  'accept-ranges, age, cache-status, content-length, content-range, date, etag, last-modified, repr-digest, ringcast-agent, ringcast-error, ringcast-source';

/** [2 * fields] name, value, ...: what the agent's own answers carry for pages of other origins. */
export const CROSS_ORIGIN: readonly string[] = [
  ...['access-control-allow-origin', '*'],
  ...['access-control-expose-headers', EXPOSED],
  ...['timing-allow-origin', '*'],
];

/** Answer to a preflight of a GET or HEAD. A wildcard does not cover Authorization: it is named. */
export const PREFLIGHT: readonly string[] = [
  ...['access-control-allow-origin', '*'],
  ...['access-control-allow-methods', 'GET, HEAD, OPTIONS'],
  ...['access-control-allow-headers', '*, authorization'],
  ...['access-control-max-age', '86400'],
];

const FRAMING: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export interface Framing {
  /** Content-Length; -1 for none. */
  readonly size: number;
  /** No body follows: the response's own Content-Length may stand (HEAD). */
  readonly isHead: boolean;
}

/** @returns [2 * fields] name, value, ... for writeHead */
export function replyFields(fields: readonly HeaderField[], { size, isHead }: Framing): string[] {
  const flat: string[] = [];
  let allows = false;
  let exposes = false;
  let times = false;
  for (const [name, value] of fields) {
    if (FRAMING.has(name) && !(isHead && size < 0 && name === 'content-length')) continue;
    if (name === 'access-control-allow-origin') allows = true;
    else if (name === 'access-control-expose-headers') exposes = true;
    else if (name === 'timing-allow-origin') times = true;
    flat.push(name, value);
  }
  if (size >= 0) flat.push('content-length', `${size}`);
  if (!allows) flat.push('access-control-allow-origin', '*');
  if (!exposes) flat.push('access-control-expose-headers', EXPOSED);
  if (!times) flat.push('timing-allow-origin', '*');
  return flat;
}
