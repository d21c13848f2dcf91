// Fills prefix tables as joins and long upkeep leave them: each slot has the nearest of those that fit it, or, where
// more than 64 fit, the nearest of 64 of them drawn by chance.
//
// The papers come near to the best entry by gossip (Castro, Druschel, Hu, Rowstron, "Exploiting network proximity in
// peer-to-peer overlay networks", 2002; Hildrum, Kubiatowicz, Rao, Zhao, "Distributed object location in a dynamic
// network", SPAA 2002). Refused: the very nearest of all. Everyone in a metro would have the same entry, the agent
// with the shortest way in; real tables are not alike, and a death would then leave nobody to ask for another.

import { below } from '../../../agent/core/prng.ts';
import type { Fabric } from './fabric.ts';
import { type Directory, digitAt } from './key-space.ts';
import type { PrefixTable } from './prefix-table.ts';

const SAMPLE = 64;

/** @param width entries of a slot */
export function fillNearest(table: PrefixTable, fabric: Fabric, living: Directory, width: number): void {
  for (let rank = 0; rank < living.size; rank += 1) {
    const agent = living.member(rank);
    table.clear(agent);
    let [low, high] = [0, living.size];
    for (let row = 0; high - low > 1; row += 1) {
      let own: [number, number] = [low, high];
      for (let from = low; from < high; ) {
        const key = living.keys[from] as number;
        const [, to] = living.range(key, 4 * (row + 1), from, high);
        if (rank >= from && rank < to) own = [from, to];
        else table.fill(agent, row, digitAt(key, row), nearest(agent, { fabric, living, width }, from, to));
        from = to;
      }
      [low, high] = own;
    }
  }
}

interface Ground {
  readonly fabric: Fabric;
  readonly living: Directory;
  readonly width: number;
}

/** @returns the nearest of ranks [low, high), nearest first */
function nearest(agent: number, { fabric, living, width }: Ground, low: number, high: number): number[] {
  const size = high - low;
  const best: number[] = [];
  const ways: number[] = [];
  const count = Math.min(size, SAMPLE);
  for (let turn = 0; turn < count; turn += 1) {
    const other = living.member(low + (size <= SAMPLE ? turn : below(fabric.random, size)));
    const way = fabric.network.delayMs(agent, other);
    let place = best.length;
    while (place > 0 && (ways[place - 1] as number) > way) place -= 1;
    if (place === width || best.includes(other)) continue;
    best.splice(place, 0, other);
    ways.splice(place, 0, way);
    if (best.length > width) best.length = ways.length = width;
  }
  return best;
}
