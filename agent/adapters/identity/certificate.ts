// Issues the X.509 certificates of a cluster: Ed25519 only, one CA, no intermediates (RFC 5280, RFC 8410).
//
// Written out by hand because it is one fixed shape: a certificate library brings some twenty packages and a
// reflection polyfill for what is eighty lines here. OpenSSL, which every link trusts to read certificates, also
// reads these in the tests.

import { createHash, createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto';
import { bits, der, integer, octets, oid, sequence, setOf, time, utf8, yes } from './der.ts';

export interface CertificateOrder {
  /** Common name of the subject. */
  readonly name: string;
  /** Key that is certified; a private key's public half is taken. */
  readonly subjectKey: KeyObject;
  /** Common name of the CA; the same as `name` for the CA itself. */
  readonly issuer: string;
  readonly issuerKey: KeyObject;
  readonly from: Date;
  readonly to: Date;
  /** Subject alternative name as a URI; undefined makes it a CA certificate. */
  readonly uri: string | undefined;
}

/** @returns the certificate as PEM */
export function certificate(order: CertificateOrder): string {
  const body = sequence(
    der(0xa0, integer(Uint8Array.of(2))),
    integer(serial()),
    ED25519,
    commonName(order.issuer),
    sequence(time(order.from), time(order.to)),
    commonName(order.name),
    publicBytes(order.subjectKey),
    der(0xa3, sequence(...extensions(order))),
  );
  const whole = sequence(body, ED25519, bits(sign(null, body, order.issuerKey)));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

const ED25519: Buffer = sequence(oid('1.3.101.112'));

function extensions(order: CertificateOrder): Buffer[] {
  const authorityKey = extension('2.5.29.35', sequence(der(0x80, keyId(order.issuerKey))));
  const subjectKey = extension('2.5.29.14', octets(keyId(order.subjectKey)));
  if (order.uri === undefined) {
    const authority = extension('2.5.29.19', sequence(yes, integer(Uint8Array.of(0))), 'critical');
    return [authority, extension('2.5.29.15', KEY_CERT_SIGN, 'critical'), subjectKey, authorityKey];
  }
  return [
    extension('2.5.29.19', sequence(), 'critical'),
    extension('2.5.29.15', DIGITAL_SIGNATURE, 'critical'),
    extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1'), oid('1.3.6.1.5.5.7.3.2'))),
    extension('2.5.29.17', sequence(der(0x86, Buffer.from(order.uri)))),
    subjectKey,
    authorityKey,
  ];
}

/** Key usage bits: 5 keyCertSign and 6 cRLSign; 0 digitalSignature. */
const KEY_CERT_SIGN: Buffer = bits(Uint8Array.of(0b0000_0110), 1);
const DIGITAL_SIGNATURE: Buffer = bits(Uint8Array.of(0b1000_0000), 7);

function extension(id: string, value: Uint8Array, critical?: 'critical'): Buffer {
  return sequence(oid(id), ...(critical === undefined ? [] : [yes]), octets(value));
}

function commonName(name: string): Buffer {
  return sequence(setOf(sequence(oid('2.5.4.3'), utf8(name))));
}

/** 16 random bytes, positive and without a leading zero. */
function serial(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}

function publicBytes(key: KeyObject): Buffer {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return publicKey.export({ type: 'spki', format: 'der' });
}

/** SHA-1 of the key's bits (RFC 5280, 4.2.1.2): a name, not a protection. */
function keyId(key: KeyObject): Buffer {
  return createHash('sha1').update(publicBytes(key).subarray(12)).digest();
}
