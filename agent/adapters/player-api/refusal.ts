// How the agent says no to a viewer: a small JSON body, the code in `ringcast-error`, never cached.

import type { EdgeErrorCode } from '../../edge/ports.ts';
import { CROSS_ORIGIN } from './reply-fields.ts';

/** What the HTTP server itself refuses with, besides the edge's codes. */
export type RefusalCode = EdgeErrorCode | 'bad-request' | 'expectation-failed' | 'request-timeout';

export interface Refusal {
  readonly status: number;
  readonly code: RefusalCode;
  /** For people: what was expected, what came. */
  readonly sentence: string;
}

/** Seconds after which a viewer may try again an agent that is busy or going away. */
const RETRY_AFTER_S = 1;

export interface RefusalAnswer {
  /** [2 * fields] name, value, ...; Content-Length included. */
  readonly fields: readonly string[];
  readonly body: Uint8Array;
}

export function refusalAnswer({ status, code, sentence }: Refusal): RefusalAnswer {
  const body = Buffer.from(`${JSON.stringify({ error: code, message: sentence })}\n`);
  const fields = [
    ...['content-type', 'application/json', 'content-length', `${body.length}`],
    ...['cache-control', 'no-store', 'ringcast-error', code],
    ...CROSS_ORIGIN,
  ];
  if (status === 503) fields.push('retry-after', `${RETRY_AFTER_S}`);
  if (status === 405) fields.push('allow', 'GET, HEAD, OPTIONS');
  return { fields, body };
}

/** @returns a whole response for a socket on which no request could be read; the connection ends after it */
export function rawRefusal(refusal: Refusal): string {
  const { fields, body } = refusalAnswer(refusal);
  let head = `HTTP/1.1 ${refusal.status} ${REASONS[refusal.status] ?? 'Refused'}\r\nconnection: close\r\n`;
  for (let at = 0; at + 1 < fields.length; at += 2) head += `${fields[at]}: ${fields[at + 1]}\r\n`;
  return `${head}\r\n${Buffer.from(body).toString()}`;
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  413: 'Content Too Large',
  431: 'Request Header Fields Too Large',
  501: 'Not Implemented',
};
