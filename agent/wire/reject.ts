// Why bytes or a claim from outside were refused: one closed set, the same in codec, links, logs and metrics.
//
// A bad peer is rejected and counted, never thrown for: decoders return a reason as a value.

export const REJECT_REASONS = [
  'truncated',
  'trailing',
  'too-long',
  'too-many',
  'out-of-range',
  'unknown-type',
  'unknown-state',
  'bad-text',
  'bad-id',
  'bad-region',
  'bad-address',
  'bad-url',
  'bad-signature',
  'bad-version',
  'bad-json',
  'unexpected',
] as const;

export type RejectReason = (typeof REJECT_REASONS)[number];

/** What a decoder returns: the value, or the reason for which the bytes were refused. */
export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: RejectReason };

export function refused(reason: RejectReason): { readonly ok: false; readonly reason: RejectReason } {
  return { ok: false, reason };
}
