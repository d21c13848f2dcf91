// An agent's own key: it signs the agent's claims and checks everybody else's.
//
// It is an identity without a certificate: enough for an agent that stands alone. Agents that link up also need what
// identity.ts loads. Ed25519 is deterministic, so sealing is a pure function, as the core's `Seal` asks.

import { generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { encodeClaim, encodeSeat } from '../../wire/codec.ts';
import type { AgentId } from '../../wire/ids.ts';
import type { AgentClaim, AgentRecord, SeatClaim, SeatRecord, Signed } from '../../wire/record.ts';
import { idOfKey, keyOfId } from './ed25519.ts';

export interface AgentKey {
  readonly id: AgentId;
  /** Signs a claim of this agent; 27 us. */
  seal(claim: AgentClaim): AgentRecord;
  /** Signs a seat of which this agent is primary. */
  sealSeat(claim: SeatClaim): SeatRecord;
  /** [64] Ed25519 signature of other bytes that this agent answers for. */
  sign(body: Uint8Array): Uint8Array;
  /** @returns whether the body was signed by the agent with this id; 81 us, so cache the answer */
  verify(record: Signed): boolean;
}

/** @param key an Ed25519 private key; undefined where it is another kind of key */
export function agentKey(key: KeyObject): AgentKey | undefined {
  const id = idOfKey(key);
  if (id === undefined) return undefined;
  const seal = (claim: AgentClaim): AgentRecord => {
    const body = encodeClaim(claim);
    return { ...claim, proof: { body, signature: sign(null, body, key) } };
  };
  const sealSeat = (claim: SeatClaim): SeatRecord => {
    const body = encodeSeat(claim);
    return { ...claim, proof: { body, signature: sign(null, body, key) } };
  };
  return { id, seal, sealSeat, sign: (body) => sign(null, body, key), verify: verifyRecord };
}

/** @returns a new key that lives as long as the process: for an agent without links */
export function ephemeralKey(): AgentKey {
  return agentKey(generateKeyPairSync('ed25519').privateKey) as AgentKey;
}

/** Any 32 bytes pass for a key until they are used: OpenSSL says false, or fails to load it, and both mean no. */
export function verifyRecord({ id, proof }: Signed): boolean {
  try {
    return verify(null, proof.body, keyOfId(id), proof.signature);
  } catch {
    return false;
  }
}
