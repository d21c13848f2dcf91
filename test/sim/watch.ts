// Watches a world and notes who learned of what when: removals from views, suspicions, deaths of the living.
//
// It sees only views and counters, agent by agent, after each event; the truth it compares with is who runs.

import type { AgentId } from '../../agent/wire/ids.ts';
import type { AgentRecord } from '../../agent/wire/record.ts';
import { breaches } from './checkers.ts';
import type { SimAgent, World } from './world.ts';

export class Watch {
  /** Living agents that a living agent declared dead. */
  readonly falseDeaths: string[] = [];
  /** What must never be and was. */
  readonly breaches: string[] = [];
  /** By agent that went: when each who had it in its view took it out. */
  readonly learnedMs: Map<AgentId, number[]> = new Map();
  /** By agent that went: when it was first suspected by anyone. */
  readonly suspectedMs: Map<AgentId, number> = new Map();
  readonly #world: World;
  readonly #gone: Set<AgentId> = new Set();
  readonly #views: Map<SimAgent, { version: number; members: readonly AgentRecord[]; suspicions: number }> =
    new Map();

  constructor(world: World) {
    this.#world = world;
    world.observe = (agent) => this.#look(agent);
  }

  /** From now on the agent's removal is no mistake, and is timed. */
  expect(id: AgentId): void {
    this.#gone.add(id);
    this.learnedMs.set(id, []);
    this.suspectedMs.delete(id);
  }

  /** The agent is back. */
  forgive(id: AgentId): void {
    this.#gone.delete(id);
  }

  #look(agent: SimAgent): void {
    const { core } = agent;
    if (core === undefined || !agent.running) return;
    const { view } = core;
    const before = this.#views.get(agent);
    const suspicions = agent.counts['members.suspected'];
    if (before?.version === view.version && before.suspicions === suspicions) return;
    this.breaches.push(...breaches(agent));
    if (before !== undefined && suspicions > before.suspicions) this.#noteSuspicions(view);
    if (before !== undefined && before.members !== view.members) this.#noteRemovals(agent, before.members);
    this.#views.set(agent, { version: view.version, members: view.members, suspicions });
  }

  #noteSuspicions(view: { state(id: AgentId): string | undefined }): void {
    for (const id of this.#gone) {
      if (view.state(id) === 'suspect' && !this.suspectedMs.has(id)) {
        this.suspectedMs.set(id, this.#world.nowMs);
      }
    }
  }

  #noteRemovals(agent: SimAgent, members: readonly AgentRecord[]): void {
    const { view } = agent.core ?? {};
    for (const { id } of members) {
      const state = view?.state(id);
      if (state !== 'dead' && state !== 'left') continue;
      if (this.#gone.has(id)) this.learnedMs.get(id)?.push(this.#world.nowMs);
      else if (this.#world.agentOf(id)?.running) {
        this.falseDeaths.push(
          `${this.#world.nowMs}: agent ${agent.index} declared ${id.slice(0, 8)} ${state}`,
        );
      }
    }
  }
}
