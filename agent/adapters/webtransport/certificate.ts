// A self-signed certificate as browsers accept it by its hash: ECDSA P-256, at most 14 days (W3C WebTransport, 5.9).
//
// It names nobody: what identifies the agent to the player is the SHA-256 in the roster. Twelve days leave room for
// clocks. RSA and 15 days were tried and are refused by Chromium. The library is loaded with the first certificate, as
// for the certificates of links.

import { createHash, KeyObject, webcrypto } from 'node:crypto';

const DAY_MS = 86_400_000;
/** From first to last second. */
export const LIFETIME_MS: number = 12 * DAY_MS;
/** A certificate is used from this long after its first second, so that a viewer whose clock is late accepts it. */
export const BACKDATED_MS: number = DAY_MS;

export interface WebCertificate {
  readonly certPem: string;
  readonly keyPem: string;
  /** SHA-256 of the certificate's bytes, in hex. */
  readonly hash: string;
  readonly toMs: number;
}

/** @param useMs when it will be used first */
export async function webCertificate(useMs: number): Promise<WebCertificate> {
  await import('reflect-metadata');
  const { X509CertificateGenerator } = await import('@peculiar/x509');
  const curve = { name: 'ECDSA', namedCurve: 'P-256' };
  const keys = await webcrypto.subtle.generateKey(curve, true, ['sign', 'verify']);
  const fromMs = useMs - BACKDATED_MS;
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: ['ringcast'] }],
    notBefore: new Date(fromMs),
    notAfter: new Date(fromMs + LIFETIME_MS),
    keys,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  });
  return {
    certPem: certificate.toString('pem'),
    keyPem: KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }) as string,
    hash: createHash('sha256').update(Buffer.from(certificate.rawData)).digest('hex'),
    toMs: fromMs + LIFETIME_MS,
  };
}
