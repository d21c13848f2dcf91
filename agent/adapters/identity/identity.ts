// Who this agent is on links: its key, the certificate that the operator's CA gave it, and the CA that it trusts.
//
// The certificate carries the agent's own key, so a peer's id is read from its certificate, and nothing maps names
// to keys. Everything that can be wrong with the files is found here, before a socket is opened, in one sentence.

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentId } from '../../wire/ids.ts';
import { RingcastError } from '../ringcast-error.ts';
import { type AgentKey, agentKey } from './agent-key.ts';
import { idOfKey } from './ed25519.ts';

export interface Identity extends AgentKey {
  /** PEM, as node:tls takes them. */
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
  /** When the certificate expires: links cannot be opened afterwards. */
  readonly expiresMs: number;
  /** The certificate as it is sent along with what this agent signs. */
  readonly der: Uint8Array;
  /** @returns whose certificate it is, and when it holds; undefined where the operator's CA did not issue it */
  certified(der: Uint8Array): Certified | undefined;
  /** @returns the id that a peer's certificate stands for; undefined where its key is no agent's */
  idOf(certificate: X509Certificate): AgentId | undefined;
}

/** Whom a certificate of the cluster stands for, and from when to when. */
export interface Certified {
  readonly id: AgentId;
  readonly fromMs: number;
  readonly toMs: number;
}

export const CERT_FILE: string = 'agent.pem';
export const KEY_FILE: string = 'agent-key.pem';
export const CA_FILE: string = 'ca.pem';

/** @param directory with agent.pem, agent-key.pem and ca.pem, as `ringcast init` makes it
 *  @throws RingcastError `identity-missing`, `-malformed`, `-mismatch`, `-untrusted`, `-expired` or `-early` */
export function loadIdentity(directory: string, nowMs: number = Date.now()): Identity {
  const [cert, key, ca] = [CERT_FILE, KEY_FILE, CA_FILE].map((file) => read(join(directory, file)));
  const own = certificateIn(cert as string, join(directory, CERT_FILE));
  const authority = certificateIn(ca as string, join(directory, CA_FILE));
  const privateKey = keyIn(key as string, join(directory, KEY_FILE));
  const signer = agentKey(privateKey);
  if (signer === undefined) {
    const kind = privateKey.asymmetricKeyType ?? 'unknown';
    fail('malformed', `${join(directory, KEY_FILE)} holds a key of type ${kind}, expected ed25519`);
  }
  if (!own.checkPrivateKey(privateKey)) {
    fail('mismatch', `the key in ${directory} is not the one that its certificate names`);
  }
  if (!own.checkIssued(authority) || !own.verify(authority.publicKey)) {
    fail('untrusted', `the certificate in ${directory} is not signed by the CA beside it`);
  }
  checkDates(own, directory, nowMs);
  return {
    ...signer,
    key: key as string,
    cert: cert as string,
    ca: ca as string,
    expiresMs: own.validToDate.getTime(),
    der: own.raw,
    certified: (der) => certifiedBy(authority, der),
    idOf: (certificate) => idOfKey(certificate.publicKey),
  };
}

function certifiedBy(authority: X509Certificate, der: Uint8Array): Certified | undefined {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(der);
  } catch {
    // Anybody's bytes: what is no certificate is not one of the cluster's.
    return undefined;
  }
  const issued = certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
  const id = issued && !certificate.ca ? idOfKey(certificate.publicKey) : undefined;
  if (id === undefined) return undefined;
  return {
    id,
    fromMs: certificate.validFromDate.getTime(),
    toMs: certificate.validToDate.getTime(),
  };
}

function checkDates(own: X509Certificate, directory: string, nowMs: number): void {
  const from = own.validFromDate;
  const to = own.validToDate;
  if (nowMs >= to.getTime()) {
    fail('expired', `the certificate in ${directory} expired at ${to.toISOString()}`);
  }
  if (nowMs < from.getTime()) {
    const problem = `the certificate in ${directory} is valid from ${from.toISOString()}, the clock says ${new Date(nowMs).toISOString()}`;
    throw new RingcastError('identity-early', `${problem}: set the clock`);
  }
}

const AGAIN = 'issue it again with `ringcast init`';

function fail(what: 'malformed' | 'mismatch' | 'untrusted' | 'expired', problem: string): never {
  throw new RingcastError(`identity-${what}`, `${problem}: ${AGAIN}`);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new RingcastError(
      'identity-missing',
      `cannot read ${file}: \`ringcast init\` makes an agent's certificate, key and CA`,
      { cause },
    );
  }
}

function certificateIn(pem: string, file: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new RingcastError('identity-malformed', `${file} holds no certificate in PEM: ${AGAIN}`, { cause });
  }
}

function keyIn(pem: string, file: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new RingcastError('identity-malformed', `${file} holds no private key in PEM: ${AGAIN}`, { cause });
  }
}
