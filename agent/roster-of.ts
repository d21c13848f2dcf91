// The roster that players read, from the ring as this agent sees it.
//
// Rebuilt only when the ring, a load or a contact changed, since every player of the region asks for it.

import type { AgentCore } from './core/agent-core.ts';
import type { AgentRecord } from './wire/record.ts';
import type { Roster, RosterAgent, RosterOrigin, RosterWebTransport } from './wire/roster.ts';

/** How long players may use a roster: a new agent is found within this time, a dead one is noticed before. */
const TTL_MS = 15_000;
/** Loads are shown in steps of a sixteenth, so that their flicker does not make a new roster each second. */
const LOAD_STEPS = 16;

export interface RosterSource {
  readonly core: Pick<AgentCore, 'self' | 'view' | 'contacts'>;
  readonly origins: readonly RosterOrigin[];
  readonly ignoredQuery: readonly string[];
  /** Where this agent takes WebTransport sessions: the same object as long as nothing changed. What its neighbours
   *  take, their own rosters say. */
  readonly webtransport: () => RosterWebTransport | undefined;
}

/** @returns a function that gives the same object as long as nothing in it changed */
export function rosterOf({ core, origins, ignoredQuery, webtransport }: RosterSource): () => Roster {
  let last:
    | { readonly key: string; readonly taken: RosterWebTransport | undefined; readonly roster: Roster }
    | undefined;
  return () => {
    const { view, contacts, self } = core;
    const loadOf = (agent: AgentRecord): number => Math.round((view.loadOf(agent.id) / 255) * LOAD_STEPS);
    const loads = view.members.map(loadOf).join();
    const known = contacts.map((contact) => `${contact.id}${contact.incarnation}.${contact.sequence}`).join();
    const key = `${view.ring} ${view.version} ${self.incarnation}.${self.sequence} ${loads} ${known}`;
    const taken = webtransport();
    if (last?.key === key && last.taken === taken) return last.roster;
    const shown = (agent: AgentRecord): RosterAgent => {
      const { id, region, ring, publicUrl: url, weight } = agent;
      const own = id === self.id && taken !== undefined ? { webtransport: taken } : {};
      return { id, region, ring, url, weight, load: loadOf(agent) / LOAD_STEPS, ...own };
    };
    const serving = (agent: AgentRecord): boolean => agent.publicUrl !== '';
    const roster: Roster = {
      version: 1,
      agent: shown(self),
      near: view.members.filter(serving).map(shown),
      elsewhere: contacts.filter(serving).map(shown),
      origins,
      ignoredQuery,
      ttlMs: TTL_MS,
    };
    last = { key, taken, roster };
    return roster;
  };
}
