// What must be true of a world, judged from who runs and what each agent believes; never from what was done to it.

import { topLabel } from '../../agent/wire/ids.ts';
import { MEMBERS_MAX } from '../../agent/wire/limits.ts';
import type { SimAgent, World } from './world.ts';

/** @returns each way in which the tables differ from the truth; empty where every living agent knows exactly the
 *  living agents of its region, in one ring */
export function tableFaults(world: World): string[] {
  const faults: string[] = [];
  for (const [label, agents] of livingByLabel(world)) {
    const expected = agents.map((agent) => agent.id).sort();
    const ring = agents[0]?.core?.view.ring;
    for (const { index, core } of agents) {
      if (core === undefined) continue;
      const { view } = core;
      const known = view.members.map((member) => member.id);
      if (view.ring !== ring) faults.push(`agent ${index} is in ${view.ring}, others of ${label} in ${ring}`);
      else if (known.length !== expected.length || known.some((id, at) => id !== expected[at])) {
        faults.push(`agent ${index} of ${label} knows ${known.length} members, ${expected.length} live`);
      }
    }
  }
  return faults;
}

export function converged(world: World): boolean {
  for (const [, agents] of livingByLabel(world)) {
    const ring = agents[0]?.core?.view.ring;
    for (const { core } of agents) {
      if (core?.view.ring !== ring || core?.view.members.length !== agents.length) return false;
    }
  }
  return tableFaults(world).length === 0;
}

/** @returns living agents whom a living agent of their ring takes for dead or departed */
export function wronglyDead(world: World): string[] {
  const faults: string[] = [];
  for (const [, agents] of livingByLabel(world)) {
    for (const { index, core } of agents) {
      for (const other of agents) {
        // Who moved to another ring is no concern of this one any more.
        if (other.core?.self.ring !== core?.self.ring) continue;
        const state = core?.view.state(other.id);
        if (state === 'dead' || state === 'left') {
          faults.push(`agent ${index} takes living ${other.index} for ${state}`);
        }
      }
    }
  }
  return faults;
}

/** @returns living agents that do not know a contact of each other region in which somebody lives */
export function contactFaults(world: World): string[] {
  const labels = [...livingByLabel(world).keys()];
  const faults: string[] = [];
  for (const { index, region, core } of world.living) {
    const known = new Set(core?.contacts.map((contact) => topLabel(contact.region)));
    for (const label of labels) {
      if (label !== topLabel(region as never) && !known.has(label)) {
        faults.push(`agent ${index} of ${region} knows nobody of ${label}`);
      }
    }
  }
  return faults;
}

/** What holds at any time, faults or not. @returns each breach */
export function breaches(agent: SimAgent): string[] {
  const { core } = agent;
  if (core === undefined || !agent.running) return [];
  const faults: string[] = [];
  const { members } = core.view;
  if (members.length > MEMBERS_MAX) faults.push(`agent ${agent.index} knows ${members.length} members`);
  if (core.view.state(agent.id) !== 'alive') faults.push(`agent ${agent.index} takes itself for dead`);
  if (core.self.ring !== core.view.ring) faults.push(`agent ${agent.index} names another ring than its view`);
  for (let at = 0; at < members.length; at += 1) {
    const member = members[at];
    if (member === undefined) continue;
    if (member.ring !== core.view.ring) faults.push(`agent ${agent.index} holds a member of ${member.ring}`);
    if (topLabel(member.region) !== topLabel(core.self.region)) {
      faults.push(`agent ${agent.index} of ${core.self.region} holds a member of ${member.region}`);
    }
    const previous = members[at - 1];
    if (previous !== undefined && previous.id >= member.id)
      faults.push(`agent ${agent.index}: unsorted view`);
  }
  return faults;
}

/** Regions where nobody can be dialled are left out: outbound agents alone cannot meet. */
function livingByLabel(world: World): Map<string, SimAgent[]> {
  const byLabel = new Map<string, SimAgent[]>();
  for (const agent of world.living) {
    const label = topLabel(agent.region as never);
    const list = byLabel.get(label);
    if (list === undefined) byLabel.set(label, [agent]);
    else list.push(agent);
  }
  for (const [label, agents] of byLabel) if (agents.every((agent) => agent.outbound)) byLabel.delete(label);
  return byLabel;
}
