// Repr-Digest and Content-Digest (RFC 9530): a digest of the body in its head, for whoever wants to check.
//
// Of the algorithms only SHA-256 is read and written: browsers compute it too. For a whole response without a range both
// fields are about the same bytes. The values are compared as text, for padded base64 has one way to write 32 bytes.

import type { HeaderField } from '../../wire/message.ts';
import { combined, type Headers, has } from './fields.ts';

/** @returns the SHA-256 that the response says its body has, in base64; undefined where it says none */
export function digestField(headers: Headers): string | undefined {
  for (const name of ['repr-digest', 'content-digest']) {
    const value = has(headers, name) ? combined(headers, name) : undefined;
    const found = SHA_256.exec(value ?? '')?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}

/** @param said as `digestField` gives it @param sha256 [32] */
export function digestMatches(said: string, sha256: Uint8Array): boolean {
  return said === base64(sha256);
}

/** @returns the fields with one that tells the digest; as they are where they tell it already */
export function withDigest(headers: Headers, sha256: Uint8Array): Headers {
  if (has(headers, 'repr-digest')) return headers;
  const field: HeaderField = ['repr-digest', `sha-256=:${base64(sha256)}:`];
  return [...headers, field];
}

const SHA_256 = /(?:^|,)[ \t]*sha-256=:([A-Za-z0-9+/]{43}=):/;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at;
    const bits = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    text += letter(bits >> 18) + letter(bits >> 12);
    text += (left > 1 ? letter(bits >> 6) : '=') + (left > 2 ? letter(bits) : '=');
  }
  return text;
}

function letter(bits: number): string {
  return LETTERS.charAt(bits & 63);
}
