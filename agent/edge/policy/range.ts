// What bytes a Range field asks for (RFC 9110, 14).
//
// One range of bytes is understood. Several are answered with the whole, as a server may: a multipart answer costs
// more than it saves here, and overlapping ranges are an attack. Anything malformed counts as absent.

import { splitList, trim } from './fields.ts';

export type ByteRange =
  /** From `first` to `last`, both included; `last` Infinity for the rest. */
  | { readonly kind: 'from'; readonly first: number; readonly last: number }
  | { readonly kind: 'suffix'; readonly length: number };

const INT = /^\d{1,15}$/;

/** @returns undefined where there is no single byte range that is well formed */
export function parseRange(value: string): ByteRange | undefined {
  const equals = value.indexOf('=');
  if (equals < 0 || value.slice(0, equals).toLowerCase() !== 'bytes') return undefined;
  const members = splitList(value.slice(equals + 1));
  const spec = members[0];
  if (spec === undefined || members.length !== 1) return undefined;
  const dash = spec.indexOf('-');
  if (dash < 0) return undefined;
  const first = trim(spec.slice(0, dash));
  const last = trim(spec.slice(dash + 1));
  if (first === '') return INT.test(last) ? { kind: 'suffix', length: Number(last) } : undefined;
  if (!INT.test(first) || (last !== '' && !INT.test(last))) return undefined;
  const range = { first: Number(first), last: last === '' ? Number.POSITIVE_INFINITY : Number(last) };
  return range.first > range.last ? undefined : { kind: 'from', ...range };
}

/** What a range comes to in a representation. */
export type Cut =
  | { readonly kind: 'whole' }
  /** Bytes [from, to). */
  | { readonly kind: 'part'; readonly from: number; readonly to: number }
  | { readonly kind: 'unsatisfiable' }
  /** Not known before more of it, or its end, has come. */
  | { readonly kind: 'wait' };

/**
 * @param size bytes of the whole; -1 while unknown
 * @param received bytes that are there already
 */
export function cut(range: ByteRange, { size, received }: { size: number; received: number }): Cut {
  if (size < 0) return cutOfUnknown(range, received);
  if (range.kind === 'suffix') {
    if (range.length === 0) return { kind: 'unsatisfiable' };
    // An empty representation has no bytes to name in Content-Range.
    return size === 0
      ? { kind: 'whole' }
      : { kind: 'part', from: Math.max(0, size - range.length), to: size };
  }
  if (range.first >= size) return { kind: 'unsatisfiable' };
  return { kind: 'part', from: range.first, to: Math.min(range.last + 1, size) };
}

function cutOfUnknown(range: ByteRange, received: number): Cut {
  // From the first byte to the end is everything: no need to know how much that is.
  if (range.kind === 'from' && range.first === 0 && range.last === Number.POSITIVE_INFINITY)
    return { kind: 'whole' };
  if (range.kind === 'from' && range.last < received)
    return { kind: 'part', from: range.first, to: range.last + 1 };
  return { kind: 'wait' };
}
