// A request that is one viewer's alone: through to the origin and back, without being kept.
//
// Unsafe methods, requests with credentials, responses that may not be shared and objects too large to hold come
// here. Bytes go from the origin's socket to the viewer's at the viewer's pace. An unsafe request that succeeded
// makes stored responses of its target, and of what it names, unusable (RFC 9111, 4.4).

import type { FetchFailure, Segment } from '../core/ports.ts';
import { segmentName } from '../wire/segment-name.ts';
import type { Edge } from './edge.ts';
import { countFailure, failureAnswer } from './failure.ts';
import { GatheredPlaylist } from './playlist/gathered-playlist.ts';
import { passedPlaylist } from './playlist/playlist-response.ts';
import { get, has } from './policy/fields.ts';
import { saidAgeMs } from './policy/freshness.ts';
import { invalidated, isUnsafe } from './policy/invalidation.ts';
import { type ForwardReason, replyHeaders } from './policy/reply-headers.ts';
import { upstreamHeaders } from './policy/upstream.ts';
import { freshened, headEffect } from './policy/validation.ts';
import type { Cancel, ReplyHead, ReplyWriter, ResponseHead, ViewerReply, ViewerRequest } from './ports.ts';

export interface Passing {
  readonly request: ViewerRequest;
  readonly reply: ViewerReply;
  readonly why: ForwardReason;
  readonly segment: Segment;
}

/** A playlist that is held back until it can be rewritten. */
interface Held {
  readonly answer: ReplyHead;
  /** Bytes announced; -1 unknown. */
  readonly size: number;
  readonly playlist: GatheredPlaylist;
}

export function passRequest(edge: Edge, passing: Passing): Cancel {
  const { request, reply, why, segment } = passing;
  const { origin, originBase, counts, timings, upstream } = edge.options;
  const { method, target, headers, body } = request;
  let answered = false;
  let writer: ReplyWriter | undefined;
  let held: Held | undefined;
  const answering = (): void => {
    answered = true;
    counts['requests.passed'] += 1;
  };
  const failed = (reason: FetchFailure, detail: string): void => {
    countFailure(counts, 'origin', reason);
    writer?.abort();
    if (answered) return;
    counts['requests.failed'] += 1;
    const [status, code] = failureAnswer(reason);
    reply.refuse(status, code, detail);
  };
  counts[`origin_fetches.${segment.kind}`] += 1;
  const transfer = origin.pass(
    { method, target, headers: upstreamHeaders(headers, 'passed', upstream), body },
    {
      head: (head) => {
        timings.record('origin_head', head.delayMs);
        if (head.status >= 500) counts['origin_failures.status'] += 1;
        const size = announced(method, head);
        if (isUnsafe(method)) invalidate(edge, request, head);
        else if (method === 'HEAD') renew(edge, passing, { ...head, size });
        const ageMs = has(head.headers, 'age') ? saidAgeMs(head.headers) : undefined;
        const status = { kind: 'forward', why } as const;
        const fields = replyHeaders(head.headers, { kind: 'whole' }, { ageMs, status });
        const answer = { status: head.status, headers: fields, source: 'origin' } as const;
        if (isPlaylist(passing, head)) {
          held = { answer, size, playlist: new GatheredPlaylist() };
          return;
        }
        answering();
        if (head.status === 204 || head.status === 304) reply.whole(answer, undefined);
        else writer = reply.open(answer, size, () => transfer.resume());
      },
      write: (chunk) => {
        counts[`origin_bytes.${segment.kind}`] += chunk.length;
        if (held === undefined || held.playlist.add(chunk)) return writer?.write(chunk) ?? true;
        answering();
        writer = reply.open(held.answer, UNKNOWN, () => transfer.resume());
        const body = held.playlist.take();
        held = undefined;
        return writer.write(body);
      },
      end: () => {
        writer?.end();
        if (held === undefined) return;
        const text = held.playlist.take();
        if (held.size >= 0 && text.length !== held.size) {
          failed('origin-broken', `a playlist of ${text.length} bytes, announced were ${held.size}`);
          return;
        }
        answering();
        const { headers: fields, body: shown } = passedPlaylist(
          { headers: held.answer.headers, body: text },
          originBase,
        );
        reply.whole({ ...held.answer, headers: fields }, shown);
      },
      fail: failed,
    },
  );
  return transfer.cancel;
}

function isPlaylist({ request, segment }: Passing, { status }: ResponseHead): boolean {
  return segment.kind === 'playlist' && request.method === 'GET' && status === 200;
}

const UNKNOWN = -1;

/** Bytes that the body has, or would have had if it had been asked for. */
function announced(method: string, { size, headers }: ResponseHead): number {
  if (method !== 'HEAD') return size;
  const length = get(headers, 'content-length') ?? '';
  return /^\d{1,15}$/.test(length) ? Number(length) : -1;
}

/** What a response to HEAD tells about a stored one to GET (RFC 9110, 9.3.2). */
function renew(edge: Edge, { request, segment }: Passing, head: ResponseHead): void {
  // What the agent has rewritten, and what one viewer's credentials select, cannot be compared.
  if (segment.kind !== 'other' || has(request.headers, 'authorization')) return;
  const stored = edge.lookup.find(segment.name, request.headers);
  if (stored === undefined) return;
  const effect = headEffect(stored, head);
  if (effect === 'none') return;
  const policy = edge.policyOf(segment);
  const result =
    effect === 'freshen' ? freshened(stored, head, request, edge.options.now(), policy) : undefined;
  if (result?.keep === true) edge.lookup.put(result.response);
  else edge.lookup.drop(segment.name);
}

function invalidate(edge: Edge, request: ViewerRequest, head: ResponseHead): void {
  const { originBase, originId, ignoredQuery } = edge.options;
  const { method, target, headers } = request;
  const host = get(headers, 'host');
  const gone = invalidated({
    method,
    target,
    host,
    status: head.status,
    headers: head.headers,
    origin: originBase,
  });
  for (const each of gone) edge.invalidate(segmentName({ originId, target: each }, ignoredQuery));
}
