// What adds up in a descriptor and what does not; reading back and truncation are in codec.test.ts, for every message.
import { describe, expect, it } from 'vitest';
import { decode, encode } from '../../../agent/wire/codec.ts';
import {
  blockBytesFor,
  type DescriptorClaim,
  encodeDescriptorClaim,
} from '../../../agent/wire/descriptor.ts';
import type { SegmentName } from '../../../agent/wire/ids.ts';
import * as limits from '../../../agent/wire/limits.ts';
import { someId } from './example.ts';

const KIB = 1024;
const claimOf = (over: Partial<DescriptorClaim> = {}): DescriptorClaim => ({
  name: 'o /a' as SegmentName,
  status: 200,
  size: 100 * KIB,
  tag: '"a"',
  sha256: new Uint8Array(32).fill(1),
  blockHash: 'blake3',
  blockBytes: 64 * KIB,
  blocks: new Uint8Array(64).fill(2),
  fetchedMs: 1,
  signer: someId(1),
  ...over,
});
const verdict = (claim: DescriptorClaim, more: Uint8Array = new Uint8Array(0), certificate = 3): string => {
  const proof = {
    body: Buffer.concat([encodeDescriptorClaim(claim), more]),
    signature: new Uint8Array(64),
    certificate: new Uint8Array(certificate),
  };
  const decoded = decode(encode({ kind: 'descriptor', id: 1, descriptor: { ...claim, proof } }));
  return decoded.ok ? 'accepted' : decoded.reason;
};

describe('a descriptor', () => {
  it.each<[string, string, Partial<DescriptorClaim>]>([
    ['with a digest for each block', 'accepted', {}],
    ['with blocks that it fills', 'accepted', { size: 128 * KIB }],
    ['of nothing, without blocks', 'accepted', { size: 0, blocks: new Uint8Array(0) }],
    ['with a digest too few', 'out-of-range', { blocks: new Uint8Array(32) }],
    ['with a digest too many', 'out-of-range', { blocks: new Uint8Array(96) }],
    ['with blocks that are too small', 'out-of-range', { blockBytes: 32 * KIB, blocks: new Uint8Array(128) }],
    ['with blocks that are no power of two', 'out-of-range', { blockBytes: 96 * KIB }],
    ['with more blocks than allowed', 'too-many', { blocks: new Uint8Array(2049 * 32) }],
    ['of more than agents relay', 'out-of-range', { size: limits.OBJECT_BYTES_MAX + 1 }],
    ['with too long a tag', 'too-long', { tag: 'x'.repeat(limits.TAG_BYTES_MAX + 1) }],
  ])('%s is %s', (_, expected, over) => {
    expect(verdict(claimOf(over))).toBe(expected);
  });

  it('may have fields behind these: they are signed, and a later version’s', () => {
    expect(verdict(claimOf(), new Uint8Array(9))).toBe('accepted');
  });

  it('is refused with a certificate over its limit', () => {
    expect(verdict(claimOf(), undefined, limits.CERTIFICATE_BYTES_MAX + 1)).toBe('too-long');
  });

  it('fits into a frame at its largest', () => {
    const most = limits.DESCRIPTOR_BYTES_MAX + limits.CERTIFICATE_BYTES_MAX + limits.SIGNATURE_BYTES;
    expect(most + 64).toBeLessThan(limits.FRAME_BYTES_MAX);
  });
});

describe('the size of a block', () => {
  it.each([
    [0, 64 * KIB],
    [128 * KIB * KIB, 64 * KIB],
    [128 * KIB * KIB + 1, 128 * KIB],
    [limits.OBJECT_BYTES_MAX, 512 * KIB * KIB],
  ])('of %i bytes is %i', (size, expected) => {
    expect(blockBytesFor(size)).toBe(expected);
  });
});
