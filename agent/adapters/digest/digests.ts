// Digests of objects, and descriptors that this agent signs and checks.
//
// A descriptor counts if its signature is that of the key in the certificate that came with it, and the operator's CA
// issued that certificate for a time that holds the moment at which the object was fetched. So an agent need not know
// the signer, who may be in another ring: what it needs is the CA, as on links. What certificates say is remembered.

import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { DigestPort, WholeDigest } from '../../edge/ports.ts';
import {
  type BlockHash,
  type Descriptor,
  type DescriptorClaim,
  encodeDescriptorClaim,
} from '../../wire/descriptor.ts';
import type { AgentId } from '../../wire/ids.ts';
import type { Signed } from '../../wire/record.ts';
import { type Blake3, loadBlake3 } from './blake3.ts';

/** What is needed of the agent's identity. */
export interface Signer {
  readonly id: AgentId;
  sign(body: Uint8Array): Uint8Array;
  /** @returns whether the body was signed by the agent with this id, whoever that is */
  verify(signed: Signed): boolean;
}

/** Whose signatures count, and how they are checked. */
export interface Certifier {
  /** The agent's own certificate; empty where it has none. */
  readonly der: Uint8Array;
  certified(
    der: Uint8Array,
  ): { readonly id: AgentId; readonly fromMs: number; readonly toMs: number } | undefined;
}

export interface DigestsOptions {
  readonly signer: Signer;
  /** Undefined for an agent that stands alone: nobody else's signature counts. */
  readonly certifier: Certifier | undefined;
  readonly now: () => number;
  /** Undefined: as it loads on this machine. */
  readonly blake3?: Blake3 | 'none' | undefined;
}

export class Digests implements DigestPort {
  readonly blockHash: BlockHash;
  readonly #options: DigestsOptions;
  readonly #blake3: Blake3 | undefined;
  readonly #certified: LRUCache<string, NonNullable<ReturnType<Certifier['certified']>>>;
  #certifier: Certifier | undefined;

  constructor(options: DigestsOptions) {
    const { blake3 = loadBlake3() } = options;
    this.#options = options;
    this.#blake3 = blake3 === 'none' ? undefined : blake3;
    this.blockHash = this.#blake3 === undefined ? 'sha256' : 'blake3';
    this.#certifier = options.certifier;
    this.#certified = new LRUCache({ max: CERTIFICATES_MAX });
  }

  /** Sends a renewed certificate along from now on. */
  renew(certifier: Certifier): void {
    this.#certifier = certifier;
  }

  computes(hash: BlockHash): boolean {
    return hash === 'sha256' || this.#blake3 !== undefined;
  }

  block(hash: BlockHash, bytes: Uint8Array): Uint8Array {
    if (hash === 'blake3' && this.#blake3 !== undefined) return this.#blake3(bytes);
    return createHash('sha256').update(bytes).digest();
  }

  whole(): WholeDigest {
    const hash = createHash('sha256');
    return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
  }

  sign(about: Omit<DescriptorClaim, 'signer'>): Descriptor {
    const { signer } = this.#options;
    const claim = { ...about, signer: signer.id };
    const body = new Uint8Array(encodeDescriptorClaim(claim));
    const certificate = this.#certifier?.der ?? NONE;
    return { ...claim, proof: { body, signature: signer.sign(body), certificate } };
  }

  verify({ signer, fetchedMs, proof }: Descriptor): boolean {
    const { signer: own, now } = this.#options;
    if (fetchedMs > now() + SKEW_MS) return false;
    if (signer !== own.id && !this.#counts(signer, fetchedMs, proof.certificate)) return false;
    return own.verify({ id: signer, proof });
  }

  /** Was the signer an agent of the cluster then? */
  #counts(signer: AgentId, atMs: number, der: Uint8Array): boolean {
    const key = Buffer.from(der.buffer, der.byteOffset, der.length).toString('latin1');
    const certified = this.#certified.get(key) ?? this.#certifier?.certified(der);
    if (certified === undefined) return false;
    this.#certified.set(key, certified);
    const { id, fromMs, toMs } = certified;
    return id === signer && atMs >= fromMs - SKEW_MS && atMs <= toMs + SKEW_MS;
  }
}

/** By how much clocks of agents may differ. */
const SKEW_MS = 60_000;
/** Certificates remembered: those of a large region, renewed once. */
const CERTIFICATES_MAX = 4096;
const NONE = new Uint8Array(0);
