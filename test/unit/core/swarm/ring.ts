// A ring of a given size for tests of the swarm, and an outbox that writes down what it is told.

import type { Answer, FillId, Outbox, PeerSource, Segment, WantId } from '../../../../agent/core/ports.ts';
import { Placement } from '../../../../agent/core/swarm/placement.ts';
import type { SwarmView } from '../../../../agent/core/swarm/swarm.ts';
import { type AgentId, parseAgentId, type Region, type RingId } from '../../../../agent/wire/ids.ts';
import type { AgentRecord } from '../../../../agent/wire/record.ts';
import { hash64 } from '../../../../agent/wire/rendezvous.ts';

export function agentId(number: number): AgentId {
  const { high, low } = hash64(`agent ${number}`);
  const half = high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
  const id = parseAgentId(half.repeat(4));
  if (id === undefined) throw new Error('not an id');
  return id;
}

export function ringOf(count: number, weight: (number: number) => number = () => 16): SwarmView {
  const members = Array.from(
    { length: count },
    (_, number): AgentRecord => ({
      id: agentId(number),
      incarnation: 1,
      sequence: 0,
      ring: '0|eu|aaaaaaaa' as RingId,
      region: 'eu' as Region,
      link: `127.0.0.1:${9000 + number}`,
      publicUrl: '',
      reachability: 'dialable',
      weight: weight(number),
      version: 'test',
      proof: { body: new Uint8Array(0), signature: new Uint8Array(0) },
    }),
  ).sort((a, b) => (a.id < b.id ? -1 : 1));
  return { ring: '0|eu|aaaaaaaa' as RingId, version: count, members, rttMs: () => 10 };
}

/** @returns the view without one member, as another agent may have it */
export function without(view: SwarmView, id: AgentId): SwarmView {
  const members = view.members.filter((member) => member.id !== id);
  return { ...view, version: view.version + 1000, members };
}

export function homeOf(view: SwarmView, segment: Segment, avoid: readonly AgentId[] = []): AgentId {
  const home = new Placement().home(view, segment.name, avoid);
  if (home === undefined) throw new Error('no home');
  return home.id;
}

export type Effect =
  | { readonly kind: 'origin'; readonly fill: FillId }
  | { readonly kind: 'peer'; readonly fill: FillId; readonly source: PeerSource }
  | { readonly kind: 'answer'; readonly want: WantId; readonly answer: Answer }
  | { readonly kind: 'give-up'; readonly fill: FillId; readonly reason: string };

export class Notebook implements Outbox {
  #effects: Effect[] = [];

  /** What was written since the last call. */
  take(): Effect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  send(): void {}
  wakeAt(): void {}
  deliver(): void {}
  fetchOrigin(fill: FillId): void {
    this.#effects.push({ kind: 'origin', fill });
  }
  fetchPeer(fill: FillId, _segment: Segment, source: PeerSource): void {
    this.#effects.push({ kind: 'peer', fill, source });
  }
  answer(want: WantId, answer: Answer): void {
    this.#effects.push({ kind: 'answer', want, answer });
  }
  giveUp(fill: FillId, reason: string): void {
    this.#effects.push({ kind: 'give-up', fill, reason });
  }
}
