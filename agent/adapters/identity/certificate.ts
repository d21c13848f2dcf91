// Issues the X.509 certificates of a cluster: Ed25519 only, one CA, no intermediates (RFC 5280, RFC 8410).
//
// What a certificate of Ringcast says is decided here; how it is written is the library's. The library and the
// polyfill that it needs before it are loaded with the first certificate: an agent that only serves issues none, and
// Node reads those that its peers show. Decision record: 0003.

import { createPublicKey, type KeyObject } from 'node:crypto';

export interface CertificateOrder {
  /** Common name of the subject. */
  readonly name: string;
  /** Key that is certified; a private key's public half is taken. */
  readonly subjectKey: KeyObject;
  /** Common name of the CA; the same as `name` for the CA itself. */
  readonly issuer: string;
  /** The CA's private key. */
  readonly issuerKey: KeyObject;
  readonly from: Date;
  readonly to: Date;
  /** Subject alternative name as a URI; undefined makes it a CA certificate. */
  readonly uri: string | undefined;
}

/** @returns the certificate as PEM */
export async function certificate(order: CertificateOrder): Promise<string> {
  const x509 = await library();
  const publicKey = publicBytes(order.subjectKey);
  const issued = await x509.X509CertificateGenerator.create({
    subject: [{ CN: [order.name] }],
    issuer: [{ CN: [order.issuer] }],
    notBefore: order.from,
    notAfter: order.to,
    publicKey,
    signingKey: order.issuerKey.toCryptoKey('Ed25519', false, ['sign']),
    extensions: [
      ...(order.uri === undefined ? authorityExtensions(x509) : agentExtensions(x509, order.uri)),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(publicBytes(order.issuerKey)),
    ],
  });
  return `${issued.toString('pem')}\n`;
}

type Library = typeof import('@peculiar/x509');
type Extension = InstanceType<Library['Extension']>;

/** The library refuses to load before its polyfill. */
async function library(): Promise<Library> {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

function authorityExtensions(x509: Library): Extension[] {
  const { keyCertSign, cRLSign } = x509.KeyUsageFlags;
  return [
    new x509.BasicConstraintsExtension(true, 0, true),
    new x509.KeyUsagesExtension(keyCertSign | cRLSign, true),
  ];
}

function agentExtensions(x509: Library, uri: string): Extension[] {
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([serverAuth, clientAuth]),
    new x509.SubjectAlternativeNameExtension([{ type: 'url', value: uri }]),
  ];
}

function publicBytes(key: KeyObject): Buffer {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return publicKey.export({ type: 'spki', format: 'der' });
}
