// Sealing and verifying an agent's claims.
import { describe, expect, it } from 'vitest';
import { ephemeralKey } from '../../../agent/adapters/identity/agent-key.ts';
import { decodeRecord } from '../../../agent/wire/codec.ts';
import type { AgentId } from '../../../agent/wire/ids.ts';
import { claimOf } from '../wire/example.ts';

describe('an agent key', () => {
  it('seals a claim so that everyone can verify it', () => {
    const [mine, other] = [ephemeralKey(), ephemeralKey()];
    const record = mine.seal(claimOf(mine.id));
    expect(other.verify(record)).toBe(true);
    const decoded = decodeRecord(record.proof);
    expect(decoded.ok && other.verify(decoded.value)).toBe(true);
  });

  it('seals the same claim to the same bytes', () => {
    const key = ephemeralKey();
    expect(key.seal(claimOf(key.id))).toEqual(key.seal(claimOf(key.id)));
  });

  it('does not verify a claim about another agent, a changed body or a changed signature', () => {
    const [mine, other] = [ephemeralKey(), ephemeralKey()];
    expect(mine.verify(mine.seal(claimOf(other.id)))).toBe(false);
    for (const part of ['body', 'signature'] as const) {
      const { proof, ...claim } = mine.seal(claimOf(mine.id));
      const bytes = proof[part].slice();
      bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
      expect(mine.verify({ ...claim, proof: { ...proof, [part]: bytes } })).toBe(false);
    }
  });

  it('says no to an id that is no point on the curve, without throwing', () => {
    const key = ephemeralKey();
    const record = key.seal(claimOf(key.id));
    for (const id of ['ff'.repeat(32), '00'.repeat(32), `02${'00'.repeat(31)}`]) {
      expect(key.verify({ ...record, id: id as AgentId })).toBe(false);
    }
  });
});
