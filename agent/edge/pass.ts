// A request that is one viewer's alone: through to the origin and back, without being kept.
//
// Unsafe methods, requests with credentials, responses that may not be shared and objects too large to hold come
// here. Bytes go from the origin's socket to the viewer's at the viewer's pace. An unsafe request that succeeded
// makes stored responses of its target, and of what it names, unusable (RFC 9111, 4.4).

import type { Segment } from '../core/ports.ts';
import { segmentName } from '../wire/segment-name.ts';
import type { Edge } from './edge.ts';
import { failureAnswer } from './failure.ts';
import { get, has } from './fields.ts';
import { saidAgeMs } from './freshness.ts';
import { invalidated, isUnsafe } from './invalidation.ts';
import type { Cancel, ReplyWriter, ResponseHead, ViewerReply, ViewerRequest } from './ports.ts';
import { type ForwardReason, replyHeaders } from './reply-headers.ts';
import { upstreamHeaders } from './upstream.ts';

export interface Passing {
  readonly request: ViewerRequest;
  readonly reply: ViewerReply;
  readonly why: ForwardReason;
  readonly segment: Segment;
}

export function passRequest(edge: Edge, { request, reply, why, segment }: Passing): Cancel {
  const { origin, counts, upstream } = edge.options;
  const { method, target, headers, body } = request;
  let writer: ReplyWriter | undefined;
  counts[`origin_fetches.${segment.kind}`] += 1;
  const transfer = origin.pass(
    { method, target, headers: upstreamHeaders(headers, 'passed', upstream), body },
    {
      head: (head) => {
        if (isUnsafe(method)) invalidate(edge, request, head);
        const ageMs = has(head.headers, 'age') ? saidAgeMs(head) : undefined;
        const fields = replyHeaders(
          head.headers,
          { kind: 'whole' },
          { ageMs, status: { kind: 'forward', why } },
        );
        writer = reply.open({ status: head.status, headers: fields, source: 'origin' }, head.size, () =>
          transfer.resume(),
        );
      },
      write: (chunk) => {
        counts[`origin_bytes.${segment.kind}`] += chunk.length;
        return writer?.write(chunk) ?? true;
      },
      end: () => writer?.end(),
      fail: (reason, detail) => {
        counts['requests.failed'] += 1;
        const [status, code] = failureAnswer(reason);
        if (writer === undefined) reply.refuse(status, code, detail);
        else writer.abort();
      },
    },
  );
  return transfer.cancel;
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
  for (const each of gone) edge.lookup.drop(segmentName({ originId, target: each }, ignoredQuery));
}
