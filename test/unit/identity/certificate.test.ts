// What a certificate says, byte for byte where a wrong byte would let its owner do more; and when the library loads.
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  X509Certificate,
} from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { certificate } from '../../../agent/adapters/identity/certificate.ts';

const uri = 'spiffe://example/region/eu/de/ber/agent/00';
const newKey = (): KeyObject => generateKeyPairSync('ed25519').privateKey;
const [issuerKey, agentKey] = [newKey(), newKey()];
const dates = { from: new Date('2026-01-02T03:04:05.678Z'), to: new Date('2051-02-03T04:05:06.789Z') };

const authority = (name = 'example'): Promise<string> =>
  certificate({ name, subjectKey: issuerKey, issuer: name, issuerKey, ...dates, uri: undefined });
const agent = (name = 'a1', issuer = 'example'): Promise<string> =>
  certificate({ name, subjectKey: agentKey, issuer, issuerKey, ...dates, uri });

/** `[object id] -> 'critical' or '', and the value in hex` */
async function extensionsOf(pem: string): Promise<Record<string, readonly [string, string]>> {
  const { X509Certificate: Certificate } = await import('@peculiar/x509');
  const each = new Certificate(pem).extensions.map(
    ({ type, critical, value }) =>
      [type, [critical ? 'critical' : '', Buffer.from(value).toString('hex')]] as const,
  );
  return Object.fromEntries(each);
}

/** SHA-1 of the key's bits (RFC 5280, 4.2.1.2). */
function keyId(key: KeyObject): string {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return createHash('sha1').update(spki.subarray(12)).digest('hex');
}

describe('the certificate library', () => {
  it('is loaded by the first certificate, not by an agent', async () => {
    await import('../../../agent/daemon.ts');
    await import('../../../agent/cli/init.ts');
    // The library does not load without its polyfill, and that shows.
    expect('getMetadata' in Reflect).toBe(false);
    await authority();
    expect('getMetadata' in Reflect).toBe(true);
  });
});

describe('a certificate', () => {
  it('of the CA signs certificates of agents, and nothing else', async () => {
    expect(await extensionsOf(await authority())).toEqual({
      // Basic constraints: a CA, with no CA below it.
      '2.5.29.19': ['critical', '30060101ff020100'],
      // Key usage: keyCertSign, cRLSign.
      '2.5.29.15': ['critical', '03020106'],
      '2.5.29.14': ['', `0414${keyId(issuerKey)}`],
      '2.5.29.35': ['', `30168014${keyId(issuerKey)}`],
    });
  });

  it('of an agent speaks TLS as client and server, and signs no certificates', async () => {
    expect(await extensionsOf(await agent())).toEqual({
      // Basic constraints: no CA.
      '2.5.29.19': ['critical', '3000'],
      // Key usage: digitalSignature. Extended: serverAuth, clientAuth.
      '2.5.29.15': ['critical', '03020780'],
      '2.5.29.37': ['', '301406082b0601050507030106082b06010505070302'],
      // Subject alternative name: one URI.
      '2.5.29.17': ['', `302c862a${Buffer.from(uri).toString('hex')}`],
      '2.5.29.14': ['', `0414${keyId(agentKey)}`],
      '2.5.29.35': ['', `30168014${keyId(issuerKey)}`],
    });
  });

  it.each([
    ['a1', 'example'],
    ['a_1.x-2', 'o_p'],
  ])('of %j by %j is what OpenSSL takes as issued by that CA', async (name, issuer) => {
    const [ca, own] = [
      new X509Certificate(await authority(issuer)),
      new X509Certificate(await agent(name, issuer)),
    ];
    expect([own.subject, own.issuer, ca.subject]).toEqual([`CN=${name}`, `CN=${issuer}`, `CN=${issuer}`]);
    expect(own.checkIssued(ca)).toBe(true);
    expect(own.verify(ca.publicKey)).toBe(true);
    expect(own.checkPrivateKey(agentKey)).toBe(true);
  });

  it('is dated in whole seconds, past 2049 too, as RFC 5280 wants it', async () => {
    const bytes = new X509Certificate(await agent()).raw.toString('latin1');
    expect(bytes).toContain('\x17\x0d260102030405Z\x18\x0f20510203040506Z');
  });

  it('has a serial number of its own', async () => {
    const serials = [await agent(), await agent()].map((pem) => new X509Certificate(pem).serialNumber);
    expect(new Set(serials).size).toBe(2);
    for (const serial of serials) expect(serial.length).toBeGreaterThan(24);
  });
});
