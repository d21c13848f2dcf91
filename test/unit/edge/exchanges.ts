// Requests and responses for the tests of the cache policy, written as header blocks.

import { type Judgement, judge, type Meta } from '../../../agent/edge/policy/freshness.ts';
import { formatHttpDate } from '../../../agent/edge/policy/http-date.ts';
import { type CachePolicy, GENERIC } from '../../../agent/edge/policy/policy.ts';
import type { ResponseHead, StoredResponse } from '../../../agent/edge/ports.ts';
import type { SegmentName } from '../../../agent/wire/ids.ts';
import type { HeaderField } from '../../../agent/wire/message.ts';

/** Sunday, 1 March 2026 12:00:00 GMT. */
export const NOW = 1_772_366_400_000;
export const SECOND = 1000;

/** Lines `name: value`; names are brought to lower case. */
export function fields(...lines: string[]): HeaderField[] {
  return lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
}

/** `Date: NOW + seconds`, or any other date field. */
export function dated(name: string, seconds: number): string {
  return `${name}: ${formatHttpDate(NOW + seconds * SECOND)}`;
}

export function get(...lines: string[]): { method: string; headers: HeaderField[] } {
  return { method: 'GET', headers: fields(...lines) };
}

export function response(status: number, ...lines: string[]): ResponseHead {
  return { status, headers: fields(...lines), size: 4, delayMs: 0 };
}

export function ok(...lines: string[]): ResponseHead {
  return response(200, ...lines);
}

/** What becomes of a plain GET answered like this at NOW. */
export function verdict(head: ResponseHead, policy: CachePolicy = GENERIC, request = get()): Judgement {
  return judge(request, head, NOW, policy);
}

export function stored(head: ResponseHead, policy: CachePolicy = GENERIC, request = get()): StoredResponse {
  const judgement = verdict(head, policy, request);
  if (!judgement.store) throw new Error(`not stored: ${judgement.reason}`);
  const { explicit: _, ...meta }: Meta = judgement.meta;
  return { ...meta, name: 'o /x' as SegmentName, body: new Uint8Array(4), source: 'origin' };
}
