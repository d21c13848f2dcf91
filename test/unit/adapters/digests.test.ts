// Digests, and whose signatures over them count: with the certificates of a real cluster.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadBlake3 } from '../../../agent/adapters/digest/blake3.ts';
import { Digests } from '../../../agent/adapters/digest/digests.ts';
import { ephemeralKey } from '../../../agent/adapters/identity/agent-key.ts';
import { initCluster, issueAgents } from '../../../agent/adapters/identity/cluster.ts';
import { type Identity, loadIdentity } from '../../../agent/adapters/identity/identity.ts';
import { descriptorOf } from '../../../agent/edge/descriptor-of.ts';
import type { Descriptor } from '../../../agent/wire/descriptor.ts';
import type { Region, SegmentName } from '../../../agent/wire/ids.ts';

const DAY_MS = 86_400_000;
const roots: string[] = [];
const nowMs = Date.now();
let one: Identity;
let two: Identity;
let stranger: Identity;

beforeAll(async () => {
  const cluster = async (names: string[]): Promise<Identity[]> => {
    const directory = mkdtempSync(join(tmpdir(), 'ringcast-digests-'));
    roots.push(directory);
    await initCluster({ directory, operator: 'example', agents: [] });
    const agents = names.map((name) => ({ name, region: 'eu' as Region }));
    return (await issueAgents({ directory, agents, days: 1 })).map((agent) => loadIdentity(agent.directory));
  };
  [one, two] = (await cluster(['one', 'two'])) as [Identity, Identity];
  [stranger] = (await cluster(['one'])) as [Identity];
});
afterAll(() => {
  for (const root of roots) rmSync(root, { recursive: true, force: true });
});

const digests = (identity: Identity, now = nowMs, blake3?: 'none'): Digests =>
  new Digests({ signer: identity, certifier: identity, now: () => now, blake3 });
const describing = (by: Digests, at = nowMs): Descriptor => {
  const about = { name: 'o /a.ts' as SegmentName, status: 200, headers: [] };
  return descriptorOf({ digests: by, now: () => at }, about, Buffer.alloc(100_000, 'ringcast'));
};

describe('a descriptor', () => {
  it('counts where an agent of the same CA signed it, whether it is known or not', () => {
    expect(digests(two).verify(describing(digests(one)))).toBe(true);
    expect(digests(one).verify(describing(digests(one)))).toBe(true);
  });

  it('does not count where another CA issued the certificate', () => {
    expect(digests(two).verify(describing(digests(stranger)))).toBe(false);
  });

  it('does not count with one bit of it changed, wherever that is', () => {
    const real = describing(digests(one));
    const { proof } = real;
    for (const part of ['body', 'signature', 'certificate'] as const) {
      for (let at = 0; at < proof[part].length; at += 7) {
        const bytes = Uint8Array.from(proof[part]);
        bytes[at] = (bytes[at] as number) ^ 1;
        const verified = digests(two).verify({ ...real, proof: { ...proof, [part]: bytes } });
        expect(verified, `${part} at ${at}`).toBe(false);
      }
    }
  });

  it('does not count with the certificate of another agent of the cluster', () => {
    const real = describing(digests(one));
    const proof = { ...real.proof, certificate: two.der };
    expect(digests(two).verify({ ...real, proof })).toBe(false);
    expect(digests(two).verify({ ...real, proof, signer: two.id })).toBe(false);
  });

  it('counts after the certificate’s time if it was fetched within it, and not if it was fetched later', () => {
    const later = nowMs + 2 * DAY_MS;
    expect(digests(two, later).verify(describing(digests(one), nowMs))).toBe(true);
    expect(digests(two, later).verify(describing(digests(one), later))).toBe(false);
  });

  it('from the future does not count, but for clocks that differ a little', () => {
    expect(digests(two).verify(describing(digests(one), nowMs + 50_000))).toBe(true);
    expect(digests(two).verify(describing(digests(one), nowMs + 70_000))).toBe(false);
  });

  it('of others never counts for an agent that stands alone', () => {
    const key = ephemeralKey();
    const alone = new Digests({ signer: key, certifier: undefined, now: () => nowMs });
    expect(alone.verify(describing(alone))).toBe(true);
    expect(alone.verify(describing(digests(one)))).toBe(false);
  });

  it('is signed with the renewed certificate after a renewal', () => {
    const renewed = digests(one);
    renewed.renew(two);
    expect(describing(renewed).proof.certificate).toBe(two.der);
  });
});

describe('without the native library', () => {
  it('blocks are hashed with SHA-256, and said to be', () => {
    const plain = digests(one, nowMs, 'none');
    expect([plain.blockHash, plain.computes('sha256'), plain.computes('blake3')]).toEqual([
      'sha256',
      true,
      false,
    ]);
    const signed = describing(plain);
    expect([signed.blockHash, signed.blocks.length]).toEqual(['sha256', 64]);
    expect(digests(two).verify(signed)).toBe(true);
    expect(digests(two).computes('sha256')).toBe(true);
  });

  it('is found out when it is loaded', () => {
    const missing = (): never => {
      throw new Error('no binary for this platform');
    };
    expect(loadBlake3(missing)).toBeUndefined();
    expect(loadBlake3(() => ({}))).toBeUndefined();
  });
});

describe.skipIf(loadBlake3() === undefined)('the native library', () => {
  it('computes BLAKE3: the test vector of nothing', () => {
    const empty = Buffer.from(digests(one).block('blake3', new Uint8Array(0))).toString('hex');
    expect(empty).toBe('af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262');
  });
});
