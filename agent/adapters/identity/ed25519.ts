// Ed25519 keys as agents use them: the 32 raw bytes of the public key are the agent's id.
//
// Node wants keys in SPKI; for Ed25519 that is a fixed prefix of 12 bytes before the raw key (RFC 8410, section 4).

import { createPublicKey, type KeyObject } from 'node:crypto';
import { type AgentId, agentIdBytes, agentIdOf } from '../../wire/ids.ts';

const SPKI_PREFIX: Buffer = Buffer.from('302a300506032b6570032100', 'hex');

/** @returns the agent id that the key stands for, or undefined where it is no Ed25519 key */
export function idOfKey(key: KeyObject): AgentId | undefined {
  if (key.asymmetricKeyType !== 'ed25519') return undefined;
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return agentIdOf(publicKey.export({ type: 'spki', format: 'der' }).subarray(SPKI_PREFIX.length));
}

/** @returns the public key that the id is; whether it is a point on the curve shows when it verifies */
export function keyOfId(id: AgentId): KeyObject {
  const der = Buffer.concat([SPKI_PREFIX, agentIdBytes(id)]);
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}
