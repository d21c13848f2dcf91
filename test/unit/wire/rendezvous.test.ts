// Placement: everyone agrees, shares follow weights, and a change moves only what it must.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Hash64, hash64, salted, score } from '../../../agent/wire/rendezvous.ts';
import { someId } from './example.ts';

interface Candidate {
  readonly id: string;
  readonly weight: number;
}

const vectors = JSON.parse(
  readFileSync(new URL('../../vectors/rendezvous.json', import.meta.url), 'utf8'),
) as {
  readonly hashes: readonly { readonly text: string; readonly high: number; readonly low: number }[];
  readonly homes: readonly {
    readonly salt: string;
    readonly candidates: readonly Candidate[];
    readonly keys: Readonly<Record<string, string>>;
  }[];
};

function homeOf(candidates: readonly Candidate[], key: string, salt: string): string | undefined {
  const [keyHash, saltHash] = [hash64(key), hash64(salt)];
  let best: { readonly id: string; readonly score: number } | undefined;
  for (const { id, weight } of candidates) {
    const mine = score(salted(hash64(id), saltHash), keyHash, weight);
    if (best === undefined || mine > best.score) best = { id, score: mine };
  }
  return best?.id;
}
const keys = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `origin /live/seg-${i}.m4s`);
const ring = fc
  .array(fc.record({ id: fc.nat(1_000_000).map(someId), weight: fc.integer({ min: 1, max: 255 }) }), {
    minLength: 2,
    maxLength: 20,
  })
  .map((candidates) => [...new Map(candidates.map((each) => [each.id, each])).values()])
  .filter((candidates) => candidates.length >= 2);

describe('hashes and homes', () => {
  it('are the same in every version: hashes', () => {
    for (const { text, high, low } of vectors.hashes) expect(hash64(text), text).toEqual({ high, low });
  });

  it('are the same in every version: homes', () => {
    for (const { salt, candidates, keys: expected } of vectors.homes) {
      const homes = Object.keys(expected).map((key) => [key, homeOf(candidates, key, salt)]);
      expect(Object.fromEntries(homes)).toEqual(expected);
    }
  });
});

describe('the home of a key', () => {
  it('does not depend on the order of the candidates', () => {
    fc.assert(
      fc.property(ring, fc.string(), (candidates, key) => {
        expect(homeOf([...candidates].reverse(), key, 'r')).toBe(homeOf(candidates, key, 'r'));
      }),
    );
  });

  it('changes when a candidate leaves only if it was that candidate', () => {
    fc.assert(
      fc.property(ring, fc.nat(), (candidates, at) => {
        const gone = candidates[at % candidates.length] as Candidate;
        const rest = candidates.filter((each) => each !== gone);
        for (const key of keys(40)) {
          const before = homeOf(candidates, key, 'r');
          if (before !== gone.id) expect(homeOf(rest, key, 'r')).toBe(before);
        }
      }),
    );
  });

  it('changes when a weight rises only towards the candidate that rose', () => {
    fc.assert(
      fc.property(ring, fc.nat(), (candidates, at) => {
        const risen = candidates[at % candidates.length] as Candidate;
        const after = candidates.map((each) =>
          each === risen ? { ...each, weight: each.weight + 50 } : each,
        );
        for (const key of keys(40)) {
          const before = homeOf(candidates, key, 'r');
          expect([before, risen.id]).toContain(homeOf(after, key, 'r'));
        }
      }),
    );
  });

  it('is never a candidate of weight 0 while another has weight', () => {
    const candidates = [
      { id: someId(1), weight: 0 },
      { id: someId(2), weight: 1 },
    ];
    for (const key of keys(200)) expect(homeOf(candidates, key, 'r')).toBe(someId(2));
  });

  it('falls to each candidate in proportion to its weight', () => {
    const weights = [50, 100, 100, 200, 50, 100, 150, 250];
    const candidates = weights.map((weight, i) => ({ id: someId(i + 1), weight }));
    const held = new Map<string, number>();
    const count = 20_000;
    for (const key of keys(count)) {
      const home = homeOf(candidates, key, 'ring') ?? '';
      held.set(home, (held.get(home) ?? 0) + 1);
    }
    for (const { id, weight } of candidates) {
      const expected = (count * weight) / 1000;
      expect(Math.abs((held.get(id) ?? 0) - expected)).toBeLessThan(4 * Math.sqrt(expected));
    }
  });

  it('differs between salts, so that levels do not pile up on one agent', () => {
    const candidates = Array.from({ length: 16 }, (_, i) => ({ id: someId(i), weight: 100 }));
    const same = keys(2000).filter(
      (key) => homeOf(candidates, key, 'ring 1') === homeOf(candidates, key, 'ring 2'),
    );
    expect(same.length / 2000).toBeGreaterThan(1 / 16 - 0.03);
    expect(same.length / 2000).toBeLessThan(1 / 16 + 0.03);
  });
});

it('a score is a finite number above 0 for any weight above 0', () => {
  const half = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const hash: fc.Arbitrary<Hash64> = fc.record({ high: half, low: half });
  fc.assert(
    fc.property(hash, hash, fc.integer({ min: 1, max: 255 }), (candidate, key, weight) => {
      const value = score(candidate, key, weight);
      expect(Number.isFinite(value) && value > 0).toBe(true);
    }),
  );
});
