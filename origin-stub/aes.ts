// AES-128 as HLS has it (RFC 8216, 4.3.2.4): every segment is CBC-encrypted as a whole with PKCS7 padding, under one
// key and an explicit IV of its own. The key is fixed and public: it protects nothing, it gives players and caches the
// real thing to handle.
import { createCipheriv, createHash } from 'node:crypto';

export const key: Buffer = createHash('sha256').update('origin-stub key').digest().subarray(0, 16);

/** The IV of a segment: CBC needs one that does not repeat under a key. */
export function initializationVector(rendition: string, index: number): Buffer {
  return createHash('sha256').update(`origin-stub iv ${rendition} ${index}`).digest().subarray(0, 16);
}

export function encryptSegment(bytes: Buffer, iv: Buffer): Buffer {
  const cipher = createCipheriv('aes-128-cbc', key, iv);
  return Buffer.concat([cipher.update(bytes), cipher.final()]);
}
