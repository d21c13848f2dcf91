// Turns an object into an HTTP answer: conditional requests, HEAD, one byte range, and the headers that every answer of
// the origin has (CORS for any player, Timing-Allow-Origin so that a page may measure).
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseByteRange } from './byte-range.ts';
import { isNotModified, rangeStillFits } from './conditional.ts';
import type { Counting } from './counters.ts';
import type { FaultEffect } from './fault-rules.ts';
import type { Resource } from './resource.ts';
import { sendBody } from './send-body.ts';

const commonHeaders: readonly string[] = [
  ...['Access-Control-Allow-Origin', '*'],
  ...[
    'Access-Control-Expose-Headers',
    'Accept-Ranges, Age, Content-Length, Content-Range, Date, ETag, Last-Modified',
  ],
  ...['Timing-Allow-Origin', '*'],
];

/** Objects serve many requests: their headers are put together once. */
const headersOf = new WeakMap<Resource, readonly string[]>();

export interface Answering {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly effect: FaultEffect | undefined;
  readonly counting: Counting;
}

export async function respond(answering: Answering, resource: Resource): Promise<void> {
  const { request, response } = answering;
  const headers = resourceHeaders(resource);
  if (isNotModified(request.headers, resource)) {
    response.writeHead(304, [...headers]).end();
    return;
  }
  const { length } = resource.body;
  const asked = request.method === 'GET' && rangeStillFits(request.headers, resource);
  const range = parseByteRange(asked ? request.headers.range : undefined, length);
  if (range.is === 'unsatisfiable') {
    response
      .writeHead(416, [...commonHeaders, 'Content-Range', `bytes */${length}`, 'Content-Length', '0'])
      .end();
    return;
  }
  const { start, end } = range.is === 'part' ? range : { start: 0, end: length };
  const typed = [...headers, 'Content-Type', resource.contentType, 'Accept-Ranges', 'bytes'];
  if (range.is === 'part') typed.push('Content-Range', `bytes ${start}-${end - 1}/${length}`);
  await send(answering, range.is === 'part' ? 206 : 200, typed, { body: resource.body, start, end });
}

/** A refusal or a fault's status, with its reason as text. Never to be cached. */
export async function respondText(
  answering: Answering,
  status: number,
  reason: string,
  extra: readonly string[] = [],
): Promise<void> {
  const bytes = Buffer.from(`${reason}\n`);
  const headers = [
    ...commonHeaders,
    'Cache-Control',
    'no-store',
    'Content-Type',
    'text/plain; charset=utf-8',
    ...extra,
  ];
  const body = { length: bytes.length, slice: (start: number, end: number) => bytes.subarray(start, end) };
  await send(answering, status, headers, { body, start: 0, end: bytes.length });
}

/** The answer to a CORS preflight, for any path. */
export function respondPreflight(response: ServerResponse): void {
  response
    .writeHead(204, [
      ...commonHeaders,
      ...['Access-Control-Allow-Methods', 'GET, HEAD, OPTIONS'],
      // The wildcard does not cover Authorization (Fetch standard), so it is named.
      ...['Access-Control-Allow-Headers', '*, Authorization, Range'],
      ...['Access-Control-Max-Age', '86400'],
      ...['Allow', 'GET, HEAD, OPTIONS'],
    ])
    .end();
}

async function send(
  { request, response, effect, counting }: Answering,
  status: number,
  headers: readonly string[],
  what: { body: Resource['body']; start: number; end: number },
): Promise<void> {
  const claimed = Math.max(0, what.end - what.start + (effect?.wrongLengthBytes ?? 0));
  // After a wrong length nothing that follows on the connection could be understood.
  if (effect?.wrongLengthBytes !== undefined) response.shouldKeepAlive = false;
  response.writeHead(status, [...headers, 'Content-Length', String(claimed)]);
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  await sendBody({ response, ...what, effect, onBytes: counting.bytes });
}

function resourceHeaders(resource: Resource): readonly string[] {
  const known = headersOf.get(resource);
  if (known !== undefined) return known;
  const headers = [
    ...commonHeaders,
    ...['Cache-Control', resource.cacheControl],
    ...['ETag', resource.etag],
    ...['Last-Modified', new Date(resource.modifiedMs).toUTCString()],
  ];
  headersOf.set(resource, headers);
  return headers;
}
