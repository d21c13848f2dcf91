// Makes the descriptor of bytes that this agent answers for: those that it fetched from the origin, or wrote itself.

import { blockBytesFor, type Descriptor, type DescriptorClaim } from '../wire/descriptor.ts';
import type { SegmentName } from '../wire/ids.ts';
import { DIGEST_BYTES, TAG_BYTES_MAX } from '../wire/limits.ts';
import type { Fill } from './fill.ts';
import { withDigest } from './policy/digest-field.ts';
import { strongTagOf } from './policy/entity-tag.ts';
import type { Headers } from './policy/fields.ts';
import type { DigestPort, StoredResponse } from './ports.ts';

export interface Signing {
  readonly digests: DigestPort;
  now(): number;
}

/** What the bytes are the body of. */
export interface About {
  readonly name: SegmentName;
  readonly status: number;
  readonly headers: Headers;
}

/** Hashes the whole body at once: for small ones. */
export function descriptorOf(signing: Signing, about: About, body: Uint8Array): Descriptor {
  const { digests } = signing;
  const { blockHash } = digests;
  const blockBytes = blockBytesFor(body.length);
  const blocks: Uint8Array[] = [];
  for (let at = 0; at < body.length; at += blockBytes) {
    blocks.push(digests.block(blockHash, body.subarray(at, at + blockBytes)));
  }
  const whole = digests.whole();
  whole.update(body);
  return sealed(signing, about, { size: body.length, sha256: whole.digest(), blockHash, blockBytes, blocks });
}

/** @param response as it is about to be stored or shown @param fill where its body came from, unless it was rewritten
 *  @returns it with its descriptor, which tells its digest to players too */
export function described(signing: Signing, response: StoredResponse, fill: Fill): StoredResponse {
  if (fill.descriptor === undefined) return response;
  const { body, status, headers } = response;
  // Whoever writes bytes answers for them: a rewritten playlist is this agent's.
  const descriptor = body === fill.whole() ? fill.descriptor : descriptorOf(signing, response, body);
  const told = status === 200 ? withDigest(headers, descriptor.sha256) : headers;
  return { ...response, headers: told, descriptor };
}

export type Digested = Pick<DescriptorClaim, 'size' | 'sha256' | 'blockHash' | 'blockBytes'> & {
  readonly blocks: readonly Uint8Array[];
};

/** Signs digests that were made while the bytes came. */
export function sealed(
  { digests, now }: Signing,
  about: About,
  { blocks, ...digested }: Digested,
): Descriptor {
  const { name, status, headers } = about;
  const told = strongTagOf(headers);
  // Three bytes of UTF-8 to a character at most.
  const tag = told.length * 3 <= TAG_BYTES_MAX ? told : '';
  const fetchedMs = Math.max(0, Math.round(now()));
  return digests.sign({ ...digested, name, status, tag, blocks: joined(blocks), fetchedMs });
}

function joined(digests: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(digests.length * DIGEST_BYTES);
  for (const [at, digest] of digests.entries()) all.set(digest, at * DIGEST_BYTES);
  return all;
}
