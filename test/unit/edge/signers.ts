// Agents of one cluster that sign what they fetched. Signatures are hashes that anybody could make, so that thousands of
// schedules run in seconds: real ones are in digests.test.ts.

import { createHash } from 'node:crypto';
import type { Blake3 } from '../../../agent/adapters/digest/blake3.ts';
import { Digests } from '../../../agent/adapters/digest/digests.ts';
import type { AgentId } from '../../../agent/wire/ids.ts';
import { someId } from '../wire/example.ts';

const CLUSTER = 'cluster ';
let signers = 0;

/** @param over.stranger it has a certificate of another cluster */
export function signerOf(
  now: () => number,
  over: { readonly stranger?: boolean; readonly blake3?: Blake3 | 'none' } = {},
): Digests {
  signers += 1;
  const id = someId(signers);
  const certifier = {
    der: Buffer.from((over.stranger === true ? 'another ' : CLUSTER) + id),
    certified: (der: Uint8Array) => {
      const text = Buffer.from(der).toString();
      if (!text.startsWith(CLUSTER)) return undefined;
      return { id: text.slice(CLUSTER.length) as AgentId, fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };
    },
  };
  return new Digests({
    signer: {
      id,
      sign: (body) => signature(id, body),
      verify: (signed) => signature(signed.id, signed.proof.body).equals(signed.proof.signature),
    },
    certifier,
    now,
    blake3: over.blake3,
  });
}

function signature(id: AgentId, body: Uint8Array): Buffer {
  return createHash('sha512').update(id).update(body).digest();
}
