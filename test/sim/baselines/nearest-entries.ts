// Fills prefix tables as they stand when every slot holds the nearest agents that there are for it.
//
// Proximity as a perfect join and long upkeep would leave it. The papers come near to it by gossip (Castro, Druschel,
// Hu, Rowstron, "Exploiting network proximity in peer-to-peer overlay networks", 2002; Hildrum, Kubiatowicz, Rao,
// Zhao, "Distributed object location in a dynamic network", SPAA 2002), so this flatters them by that much.
// All agents of one metro rank others alike, for their own way into the metro is in every sum: the nearest of a slot
// are found once per metro, among the few of each other metro whose own way is shortest.

import type { Network } from '../network.ts';
import { type Directory, digitAt, sharedDigits } from './key-space.ts';
import type { PrefixTable } from './prefix-table.ts';

export interface Ground {
  readonly living: Directory;
  readonly metroOf: Int32Array;
  readonly network: Network;
  /** Entries of a slot. */
  readonly width: number;
}

export function fillNearest(table: PrefixTable, ground: Ground): void {
  for (const agent of ground.living.order) table.clear(agent);
  fillRange(table, ground, { row: 0, low: 0, high: ground.living.size });
}

/** Those of ranks [low, high) share `row` digits. */
function fillRange(
  table: PrefixTable,
  ground: Ground,
  part: { row: number; low: number; high: number },
): void {
  const { row, low, high } = part;
  if (high - low <= 1) return;
  const { living } = ground;
  const byMetro = ranksByMetro(ground, low, high);
  const first = living.keys[low] as number;
  let from = low;
  while (from < high) {
    const [, to] = living.range(living.keys[from] as number, 4 * (row + 1), from, high);
    const column = digitAt(living.keys[from] as number, row);
    const candidates = shortestWaysIn(ground, from, to);
    for (const ranks of byMetro.values()) {
      const nearest = nearestOf(ground, living.member(ranks[0] as number), candidates);
      for (const rank of ranks) {
        if (rank < from || rank >= to) table.fill(living.member(rank), row, column, nearest);
      }
    }
    fillRange(table, ground, { row: row + 1, low: from, high: to });
    from = to;
  }
  if (sharedDigits(first, living.keys[high - 1] as number) < row)
    throw new Error(`row ${row} spans two prefixes`);
}

function ranksByMetro({ living, metroOf }: Ground, low: number, high: number): Map<number, number[]> {
  const byMetro = new Map<number, number[]>();
  for (let rank = low; rank < high; rank += 1) {
    const metro = metroOf[living.member(rank)] as number;
    const ranks = byMetro.get(metro);
    if (ranks === undefined) byMetro.set(metro, [rank]);
    else ranks.push(rank);
  }
  return byMetro;
}

/** @returns of each metro the `width` agents in ranks [low, high) with the shortest ways into it */
function shortestWaysIn(ground: Ground, low: number, high: number): number[] {
  const { living, network, width } = ground;
  const all = Array.from({ length: high - low }, (_, step) => living.member(low + step));
  if (all.length <= width) return all;
  const wayIn = (agent: number): number => network.access[agent] as number;
  return [...ranksByMetro(ground, low, high).values()].flatMap((ranks) => {
    const agents = ranks.map((rank) => living.member(rank));
    return agents.sort((a, b) => wayIn(a) - wayIn(b)).slice(0, width);
  });
}

function nearestOf({ network, width }: Ground, agent: number, candidates: readonly number[]): number[] {
  if (candidates.length === 1) return [...candidates];
  const ways = new Map(candidates.map((each) => [each, network.delayMs(agent, each)]));
  const way = (each: number): number => ways.get(each) ?? 0;
  return [...candidates].sort((a, b) => way(a) - way(b)).slice(0, width);
}
