// What the agent that fetched an object from the origin says of its bytes, signed: whoever holds them can check them.
//
// Two digests of the same bytes. One per block, so that a bad block is caught as it passes and names its sender; one
// SHA-256 of the whole, which browsers can compute and every agent too. The signature is over the encoded claim as it
// arrived, and the signer's certificate travels along: a receiver needs to know the operator's CA, not the signer.

import { Reader, Writer } from './cursor.ts';
import * as field from './field.ts';
import type { AgentId, SegmentName } from './ids.ts';
import * as limits from './limits.ts';

/** How blocks are hashed: `blake3` where the signer has it, `sha256` where it has not. Both are 32 bytes. */
export type BlockHash = 'blake3' | 'sha256';

export interface DescriptorClaim {
  readonly name: SegmentName;
  /** Of the response whose body it is. */
  readonly status: number;
  /** Bytes of the whole body. */
  readonly size: number;
  /** Strong entity tag; empty where there is none. */
  readonly tag: string;
  /** [32] of the whole body. */
  readonly sha256: Uint8Array;
  readonly blockHash: BlockHash;
  /** Bytes of every block but the last: see `blockBytesFor`. */
  readonly blockBytes: number;
  /** [32 * blocks] digests in order. */
  readonly blocks: Uint8Array;
  /** Epoch milliseconds, by the signer's clock. */
  readonly fetchedMs: number;
  /** Who fetched it. */
  readonly signer: AgentId;
}

export interface Descriptor extends DescriptorClaim {
  readonly proof: DescriptorProof;
}

export interface DescriptorProof {
  /** The encoded claim as it was signed. */
  readonly body: Uint8Array;
  /** [64] Ed25519 signature over `body`. */
  readonly signature: Uint8Array;
  /** The signer's certificate, DER. */
  readonly certificate: Uint8Array;
}

/** @param size bytes of an object, or the most that it can have
 *  @returns 64 KiB, doubled until the object has no more blocks than a descriptor lists */
export function blockBytesFor(size: number): number {
  let bytes = limits.BLOCK_BYTES_MIN;
  while (Math.ceil(size / bytes) > limits.BLOCKS_MAX) bytes *= 2;
  return bytes;
}

/** @returns the bytes that the signer signs */
export function encodeDescriptorClaim(claim: DescriptorClaim): Uint8Array {
  const to = new Writer(512 + claim.blocks.length);
  CLAIM.write(to, claim);
  return to.written();
}

function digests(countMax: number): field.Field<Uint8Array> {
  return {
    shape: `u16 count <= ${countMax}, each: ${limits.DIGEST_BYTES} raw bytes`,
    read: (from) => {
      const count = from.u16();
      if (count > countMax) from.refuse('too-many');
      return new Uint8Array(from.bytes(count * limits.DIGEST_BYTES));
    },
    write: (to, value) => {
      to.u16(value.length / limits.DIGEST_BYTES);
      to.bytes(value);
    },
  };
}

const digest: field.Field<Uint8Array> = {
  shape: `${limits.DIGEST_BYTES} raw bytes`,
  read: (from) => new Uint8Array(from.bytes(limits.DIGEST_BYTES)),
  write: (to, value) => to.bytes(value),
};

/** In order, for PROTOCOL.md too. */
export const DESCRIPTOR_FIELDS: field.Fields<DescriptorClaim> = {
  name: field.text(limits.NAME_BYTES_MAX) as unknown as field.Field<SegmentName>,
  status: field.u16,
  size: field.u64(limits.OBJECT_BYTES_MAX),
  tag: field.text(limits.TAG_BYTES_MAX),
  sha256: digest,
  blockHash: field.oneOf<BlockHash>(['blake3', 'sha256'], 'out-of-range'),
  blockBytes: field.u32,
  blocks: digests(limits.BLOCKS_MAX),
  fetchedMs: field.counter,
  signer: field.agentId,
};
const CLAIM: field.Field<DescriptorClaim> = field.struct('descriptor claim', DESCRIPTOR_FIELDS);

/** As a record: the signed bytes, then what proves them. Fields that a later version appends are signed and relayed. */
export const descriptor: field.Field<Descriptor> = {
  shape: `descriptor: u32 length <= ${limits.DESCRIPTOR_BYTES_MAX}, descriptor claim, ${limits.SIGNATURE_BYTES} B signature, certificate as u32 length <= ${limits.CERTIFICATE_BYTES_MAX}, bytes`,
  read: (from) => {
    const body = field.blob(limits.DESCRIPTOR_BYTES_MAX).read(from);
    const signature = new Uint8Array(from.bytes(limits.SIGNATURE_BYTES));
    const certificate = field.blob(limits.CERTIFICATE_BYTES_MAX).read(from);
    const inner = new Reader(body);
    const claim = CLAIM.read(inner);
    if (inner.fault === undefined && !isConsistent(claim)) inner.refuse('out-of-range');
    if (inner.fault !== undefined) from.refuse(inner.fault);
    return { ...claim, proof: { body, signature, certificate } };
  },
  write: (to, value) => {
    field.blob(limits.DESCRIPTOR_BYTES_MAX).write(to, value.proof.body);
    to.bytes(value.proof.signature);
    field.blob(limits.CERTIFICATE_BYTES_MAX).write(to, value.proof.certificate);
  },
};

/** As many digests as blocks, and blocks of a size that a signer may choose. */
function isConsistent({ size, blockBytes, blocks }: DescriptorClaim): boolean {
  if (blockBytes < limits.BLOCK_BYTES_MIN || !Number.isInteger(Math.log2(blockBytes))) return false;
  return blocks.length === Math.ceil(size / blockBytes) * limits.DIGEST_BYTES;
}
