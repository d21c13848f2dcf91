// Who is home of what in a region's top ring: how evenly keys fall on agents, and how many move when one comes or goes.

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

/** Rosters as an agent has them after long traffic: of some rings of its region, the higher ones surely. */
export function someRosters(
  structure: Structure,
  agent: number,
  countMax: number,
  random: () => number,
): SimRing[] {
  let ring: SimRing = structure.topOf(agent);
  while (ring.parent !== undefined) ring = ring.parent;
  const home = below(structure.topOf(agent));
  const own = new Set<SimRing>([
    structure.leafOf(agent),
    ...home.filter((each) => isAbove(each, structure.leafOf(agent))),
  ]);
  const others = home.filter((each) => !own.has(each));
  const high = others.filter(({ level }) => level > 0);
  const low = others.filter(({ level }) => level === 0);
  const chosen: SimRing[] = [];
  const room = Math.max(0, countMax - high.length);
  for (let i = 0; i < room && low.length > 0; i += 1) {
    chosen.push(...low.splice(Math.floor(random() * low.length), 1));
  }
  return [...chosen, ...high].slice(-countMax);
}

function isAbove(ring: SimRing, leaf: SimRing): boolean {
  for (let each: SimRing | undefined = leaf.parent; each !== undefined; each = each.parent) {
    if (each === ring) return true;
  }
  return false;
}
