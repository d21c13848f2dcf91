// Objects of any size whose bytes are a pure function of size and name, so that a test can check what arrived without
// having fetched it from anywhere: the keystream of AES-128 in counter mode, keyed by a hash of both. A counter mode
// starts at any block, so ranges cost nothing extra, and with AES instructions it makes more than 1 GB/s on one core.
// Not secret, and not compressible either.
import { createCipheriv, createHash } from 'node:crypto';
import { type Body, contentTypes, type Resource } from './resource.ts';

/** The largest synthetic object: 1 TiB. */
export const syntheticBytesMax: number = 2 ** 40;
/** The most segments in a synthetic playlist: some 55 hours of them, 5 MB of text. */
export const syntheticSegmentsMax = 100_000;

const blockBytes = 16;
/** What the cipher turns into its keystream: enough for the largest piece that the sender asks for at once. */
const zeros = Buffer.alloc(4 * 1024 * 1024 + blockBytes);

/** The bytes [start, end) of an object. Allocates what it returns. */
export function syntheticBytes(object: { size: number; name: string }, start: number, end: number): Buffer {
  const block = Math.floor(start / blockBytes);
  const counter = Buffer.alloc(blockBytes);
  counter.writeBigUInt64BE(BigInt(block), 8);
  const cipher = createCipheriv('aes-128-ctr', digest(object).subarray(0, 16), counter);
  const lead = start - block * blockBytes;
  const length = lead + end - start;
  const plain = length <= zeros.length ? zeros.subarray(0, length) : Buffer.alloc(length);
  return cipher.update(plain).subarray(lead);
}

export function syntheticResource(
  object: { size: number; name: string },
  head: { cacheControl: string; contentType?: string },
): Resource {
  const body: Body = {
    length: object.size,
    slice: (start, end) => syntheticBytes(object, start, end),
  };
  return {
    body,
    contentType: head.contentType ?? contentTypes.bytes,
    cacheControl: head.cacheControl,
    etag: `"${digest(object).toString('base64url').slice(0, 27)}"`,
    // They were always there: any fixed date will do.
    modifiedMs: Date.UTC(2020, 0, 1),
  };
}

function digest(object: { size: number; name: string }): Buffer {
  return createHash('sha256').update(`${object.size}/${object.name}`).digest();
}
