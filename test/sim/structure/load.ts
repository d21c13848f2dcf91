// Who is home of what in a region's top ring: how evenly keys fall on agents, and how many move when one comes or goes.

import { shuffle } from '../../../agent/core/prng.ts';
import { Homes } from '../../../agent/core/swarm/homes.ts';
import { Rosters } from '../../../agent/core/swarm/rosters.ts';
import type { AgentId } from '../../../agent/wire/ids.ts';
import { hash64 } from '../../../agent/wire/rendezvous.ts';
import { below, type SimRing, type Structure } from './structure.ts';

/** @returns by key 0 .. keys - 1: the agent that is its home in the top ring of the witness's region */
export function homesOf(structure: Structure, witness: number, keys: number): Int32Array {
  const view = structure.viewOf(witness);
  const top = structure.topOf(witness);
  const rings = below(top);
  const rosters = new Rosters(rings.length);
  for (const ring of rings) rosters.put(structure.rosterOf(ring));
  const self = (structure.records[witness] as { id: AgentId }).id;
  const homes = new Homes(self, rosters);
  const path = { leaf: view.leaf, above: view.world ? view.above.slice(0, -1) : view.above };
  return Int32Array.from({ length: keys }, (_, number) => {
    const key = hash64(`origin /live/seg-${number}.m4s`);
    const found = homes.find(path.above.length, { key, avoid: [] }, path);
    if (found.kind === 'self') return witness;
    if (found.kind !== 'agent') throw new Error(`key ${number} has no home: ${found.kind}`);
    return structure.indexOf(found.peer.id);
  });
}

/** @returns the share's load over the mean load of all agents below the ring, those without a key included */
export function loadOverMean(homes: Int32Array, agents: number, share: number): number {
  const counts = new Map<number, number>();
  for (const home of homes) counts.set(home, (counts.get(home) ?? 0) + 1);
  const loads = [...counts.values()].sort((a, b) => a - b);
  const at = Math.ceil(share * agents) - 1 - (agents - loads.length);
  return (loads[Math.max(0, at)] ?? 0) / (homes.length / agents);
}

/** @returns keys with another home, as a share of all */
export function moved(before: Int32Array, after: Int32Array): number {
  let count = 0;
  for (const [key, home] of before.entries()) if (after[key] !== home) count += 1;
  return count / before.length;
}

/** Rings whose rosters an agent has after long traffic: below a ring of its path all that are no leaf rings, and leaf
 *  rings by chance, in the order in which they were used. */
export function learned(
  leaf: SimRing,
  top: SimRing,
  options: { readonly countMax: number; readonly random: () => number },
): SimRing[] {
  const own = new Set<SimRing>();
  for (let ring: SimRing | undefined = leaf; ring !== undefined; ring = ring.parent) own.add(ring);
  const others = below(top).filter((ring) => !own.has(ring));
  const leaves = shuffle(
    others.filter(({ level }) => level === 0),
    options.random,
  );
  return [...leaves, ...others.filter(({ level }) => level > 0)].slice(-options.countMax);
}
