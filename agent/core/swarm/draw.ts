// Drawing lots for a key among the candidates of one ring: weighted rendezvous hashing (wire/rendezvous.ts).
//
// A candidate's salted hash is kept, so that a draw costs one score per candidate, some 30 ns each. Draws are kept with
// the list that they are of: lists of members and seats are replaced when they change, never changed in place, and a
// hundred thousand simulated agents that share a list share its draws.

import { type Hash64, hash64, salted, score } from '../../wire/rendezvous.ts';

/** How a kind of candidate is read. One constant per kind, so that draws can be kept by it. */
export interface Candidates<C> {
  name(candidate: C): string;
  weight(candidate: C): number;
}

export class Draw<C> {
  readonly #candidates: readonly C[];
  readonly #kind: Candidates<C>;
  readonly #hashes: readonly Hash64[];

  constructor(candidates: readonly C[], kind: Candidates<C>, salt: string) {
    const saltHash = hash64(salt);
    this.#candidates = candidates;
    this.#kind = kind;
    this.#hashes = candidates.map((each) => salted(hash64(kind.name(each)), saltHash));
  }

  /** @param refused candidates left out, as if they were not there
   *  @returns undefined where nobody of positive weight is left */
  winner(key: Hash64, refused?: (candidate: C) => boolean): C | undefined {
    let winner: C | undefined;
    let best = 0;
    for (let i = 0; i < this.#candidates.length; i += 1) {
      const candidate = this.#candidates[i] as C;
      const points = score(this.#hashes[i] as Hash64, key, this.#kind.weight(candidate));
      if (points > best && refused?.(candidate) !== true) {
        best = points;
        winner = candidate;
      }
    }
    return winner;
  }
}

/** @returns the draw among these candidates under this salt, made once as long as the list lives */
export function drawAmong<C>(candidates: readonly C[], kind: Candidates<C>, salt: string): Draw<C> {
  let bySalt = kept.get(candidates) as Map<string, Draw<C>> | undefined;
  if (bySalt === undefined) {
    bySalt = new Map();
    kept.set(candidates, bySalt);
  }
  let draw = bySalt.get(salt);
  if (draw === undefined) {
    draw = new Draw(candidates, kind, salt);
    bySalt.set(salt, draw);
  }
  return draw;
}

/** Salts are rings of one path: a handful for each list. */
const kept: WeakMap<readonly unknown[], Map<string, unknown>> = new WeakMap();
