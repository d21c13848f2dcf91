// Writes the few ASN.1 types that a certificate is made of, in DER (X.690): tag, length, content.
//
// Only writing: certificates from outside are read by OpenSSL through Node.

export function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const length = content.reduce((sum, each) => sum + each.length, 0);
  return Buffer.concat([Uint8Array.of(tag, ...lengthBytes(length)), ...content]);
}

export const sequence = (...items: readonly Uint8Array[]): Buffer => der(0x30, ...items);
export const setOf = (item: Uint8Array): Buffer => der(0x31, item);
export const octets = (content: Uint8Array): Buffer => der(0x04, content);
export const utf8 = (text: string): Buffer => der(0x0c, Buffer.from(text));
export const yes: Buffer = der(0x01, Uint8Array.of(0xff));

/** @param content big-endian; a leading zero is added where it would read as negative */
export function integer(content: Uint8Array): Buffer {
  return (content[0] ?? 0) >= 0x80 ? der(0x02, Uint8Array.of(0), content) : der(0x02, content);
}

/** @param unused bits at the end that mean nothing */
export function bits(content: Uint8Array, unused: number = 0): Buffer {
  return der(0x03, Uint8Array.of(unused), content);
}

/** @param dotted `1.3.101.112`; every arc after the first two below 2^28 */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return der(0x06, Uint8Array.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** UTCTime to 2049 and GeneralizedTime after, as RFC 5280, 4.1.2.5 wants it. */
export function time(at: Date): Buffer {
  const digits = `${at.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
  return at.getUTCFullYear() < 2050
    ? der(0x17, Buffer.from(digits.slice(2)))
    : der(0x18, Buffer.from(digits));
}

function base128(arc: number): number[] {
  const bytes = [arc & 0x7f];
  for (let left = arc >>> 7; left > 0; left >>>= 7) bytes.unshift((left & 0x7f) | 0x80);
  return bytes;
}

function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length];
  if (length < 0x100) return [0x81, length];
  return [0x82, length >>> 8, length & 0xff];
}
