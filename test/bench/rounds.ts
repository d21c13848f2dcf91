// Measures several servers against each other: in each round every one of them, in an order that turns.
//
// A ratio is taken within a round and the median over the rounds is reported, so that what the machine does meanwhile
// falls on all of them alike.

import { percentile } from '../figures.ts';

/** @returns by name, the samples of each round in order */
export async function interleaved<T, S>(
  contenders: readonly (T & { readonly name: string })[],
  rounds: number,
  measure: (contender: T & { readonly name: string }, round: number) => Promise<S>,
): Promise<Map<string, S[]>> {
  const samples = new Map<string, S[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < contenders.length; turn += 1) {
      const contender = contenders[(round + turn) % contenders.length];
      if (contender !== undefined) samples.get(contender.name)?.push(await measure(contender, round));
    }
  }
  return samples;
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}

/** One ratio a round. */
export function ratios(ours: readonly number[], theirs: readonly number[]): number[] {
  return ours.map((value, round) => value / (theirs[round] ?? Number.NaN)).filter(Number.isFinite);
}
