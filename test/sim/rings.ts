// What must be true of the rings of a world when it is quiet, judged from what each agent says of itself and believes.
//
// The truth about a leaf ring is who names it; about a ring of seats, whose paths lead through it. Numbers are those
// of POLYRING.md's invariants. Nothing here knows what was done to the world.

import type { PathView, Seat, SeatContact } from '../../agent/core/polyring/path.ts';
import { type RingSizes, ringSizes } from '../../agent/core/polyring/ring-size.ts';
import { TUNING } from '../../agent/core/polyring/tuning.ts';
import { type RingId, ringLevel, topLabel, WORLD } from '../../agent/wire/ids.ts';
import type { SimAgent, World } from './world.ts';

/** @returns each way in which the world is not one polyring that everybody agrees on; agents that nobody can dial
 *  and that found no place are left out */
export function ringFaults(world: World, target: number): string[] {
  const sizes = ringSizes(target);
  const agents = world.living.filter(({ core, outbound }) => core !== undefined && !outbound);
  const leaves = byRing(world.living);
  return [
    ...leafFaults(leaves, sizes),
    ...topFaults(agents),
    ...pathFaults(leaves),
    ...seatFaults(agents),
    ...smallFaults(world, agents, leaves, sizes),
  ];
}

/** Rings of each level: `[level] -> count`. The world ring counts as the last. */
export function levelsOf(world: World): number[] {
  const rings = new Set<RingId>();
  for (const { core } of world.living) {
    if (core === undefined) continue;
    rings.add(core.self.ring);
    for (const { ring } of core.path.above) rings.add(ring);
  }
  const counts: number[] = [];
  for (const ring of rings) {
    const level = ring === WORLD ? 9 : ringLevel(ring);
    counts[level] = (counts[level] ?? 0) + 1;
  }
  return counts.filter((count) => count > 0);
}

/** Invariants 2 and 3, at any time. */
export function ringBreaches({ core, index, running }: SimAgent): string[] {
  if (core === undefined || !running) return [];
  const faults: string[] = [];
  let level = 0;
  let ring: RingId = core.self.ring;
  for (const above of core.path.above) {
    if (above.own.ring !== ring) faults.push(`agent ${index}: ${above.own.ring} is no seat of ${ring}`);
    if (above.own.parent !== above.ring)
      faults.push(`agent ${index}: seat ${ring} names ${above.own.parent}`);
    if (above.level <= level && above.level !== 0)
      faults.push(`agent ${index}: level ${above.level} above ${level}`);
    if (!above.seats.includes(above.own)) faults.push(`agent ${index}: no own seat in ${above.ring}`);
    level = above.level;
    ring = above.ring;
  }
  return faults;
}

function byRing(agents: readonly SimAgent[]): Map<RingId, SimAgent[]> {
  const rings = new Map<RingId, SimAgent[]>();
  for (const agent of agents) {
    const ring = agent.core?.self.ring;
    if (ring === undefined) continue;
    const list = rings.get(ring);
    if (list === undefined) rings.set(ring, [agent]);
    else list.push(agent);
  }
  return rings;
}

function leafFaults(leaves: Map<RingId, SimAgent[]>, { cap }: RingSizes): string[] {
  const faults: string[] = [];
  for (const [ring, agents] of leaves) {
    if (agents.every((agent) => agent.outbound)) continue;
    if (agents.length > cap) faults.push(`${ring} has ${agents.length} members, cap ${cap}`);
    const expected = agents
      .map(({ id }) => id)
      .sort()
      .join();
    for (const { core, index } of agents) {
      const known = core?.view.members.map(({ id }) => id).join();
      if (known !== expected) {
        faults.push(
          `agent ${index} knows ${core?.view.members.length} members of ${ring}, ${agents.length} live`,
        );
      }
    }
  }
  return faults;
}

/** Every region has one top ring; where there are several regions, all of them sit in the world ring. */
function topFaults(agents: readonly SimAgent[]): string[] {
  const tops = new Map<string, Set<RingId>>();
  const worlds = new Set<boolean>();
  for (const { core } of agents) {
    if (core === undefined) continue;
    const label = topLabel(core.self.region);
    tops.set(label, (tops.get(label) ?? new Set()).add(topOf(core.self.ring, core.path)));
    worlds.add(core.path.world);
  }
  const faults: string[] = [];
  for (const [label, rings] of tops) {
    if (rings.size > 1) faults.push(`${label} has ${rings.size} tops: ${[...rings].join(' ')}`);
  }
  if (tops.size > 1 && worlds.has(false)) faults.push('some agent has no world ring above it');
  return faults;
}

function topOf(leaf: RingId, path: PathView): RingId {
  return path.above.filter(({ ring }) => ring !== WORLD).at(-1)?.ring ?? leaf;
}

/** Members of one leaf ring have one path. */
function pathFaults(leaves: Map<RingId, SimAgent[]>): string[] {
  const faults: string[] = [];
  for (const [ring, agents] of leaves) {
    const paths = new Set(agents.map(({ core }) => core?.path.above.map((above) => above.ring).join(' > ')));
    if (paths.size > 1) faults.push(`members of ${ring} have ${paths.size} paths: ${[...paths].join('; ')}`);
  }
  return faults;
}

/** The seats of a ring are the same to everyone below it, are those whose paths lead there, and are held by the living. */
function seatFaults(agents: readonly SimAgent[]): string[] {
  const children = new Map<RingId, Set<RingId>>();
  const beliefs = new Map<RingId, Set<string>>();
  const alive = new Set(agents.map(({ id }) => id));
  const faults = new Set<string>();
  for (const { core } of agents) {
    for (const { ring, own, seats } of core?.path.above ?? []) {
      children.set(ring, (children.get(ring) ?? new Set()).add(own.ring));
      const said = seats.map((seat) => `${seat.ring}@${seat.term}`).join(' ');
      beliefs.set(ring, (beliefs.get(ring) ?? new Set()).add(said));
      for (const seat of seats) {
        const dead = seat.contacts.filter(({ id }) => !alive.has(id)).length;
        if (dead > 0) faults.add(`seat ${seat.ring} in ${ring} names ${dead} of the dead`);
      }
    }
  }
  for (const [ring, said] of beliefs) {
    if (said.size > 1) faults.add(`${ring} is held in ${said.size} ways: ${[...said].join(' | ')}`);
    const expected = [...(children.get(ring) ?? [])].sort().join(' ');
    for (const each of said) {
      const known = each.split(' ').map((seat) => seat.slice(0, seat.lastIndexOf('@')));
      if (known.sort().join(' ') !== expected) faults.add(`${ring} should have ${expected}, not ${each}`);
    }
  }
  return [...faults];
}

/** Rings too small have no sibling that could take them; no ring of seats has one seat. */
function smallFaults(
  world: World,
  agents: readonly SimAgent[],
  leaves: Map<RingId, SimAgent[]>,
  { mergeBelow, jointMax, splitAbove, cap }: RingSizes,
): string[] {
  const faults = new Set<string>();
  const primaryOf = ({ contacts }: Seat): number =>
    world.agentOf((contacts[0] as SeatContact).id)?.index ?? 0;
  /** Whether one primary finds the other's ring too far, or so nearly that jitter decides. */
  const isFar = (own: Seat, seat: Seat): boolean => {
    return 2 * world.network.delayMs(primaryOf(own), primaryOf(seat)) > 0.75 * TUNING.siblingRttMaxMs;
  };
  for (const { core } of agents) {
    const above = core?.path.above ?? [];
    for (const { ring, seats } of above) {
      // The world ring stays for as long as an agent of another region is remembered.
      if (seats.length === 1 && ring !== WORLD) faults.add(`${ring} has one seat`);
      if (ring !== WORLD && seats.length > cap) faults.add(`${ring} has ${seats.length} seats`);
    }
    const [first] = above;
    if (core === undefined || first === undefined || first.ring === WORLD) continue;
    const size = leaves.get(core.self.ring)?.length ?? 0;
    if (size >= mergeBelow) continue;
    const room = size === 1 ? splitAbove : jointMax;
    const fits = first.seats.find((seat) => {
      const other = leaves.get(seat.ring)?.length ?? Number.POSITIVE_INFINITY;
      const joint = Math.max(other, seat.size) + size;
      return seat.ring !== core.self.ring && seat.size >= size && joint <= room && !isFar(first.own, seat);
    });
    if (fits !== undefined) faults.add(`${core.self.ring} of ${size} should merge, into ${fits.ring} say`);
  }
  return [...faults];
}
