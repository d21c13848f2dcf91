// Carries the core's effects out, and brings the world's events in.
//
// The one place where time is read for the core. Each event is handed over with the time and this outbox; effects are
// plain calls of the edge and the links. There is one timer: the core says when it wants to be woken next.

import type { AgentCore } from './core/agent-core.ts';
import type { Reach } from './core/polyring/cast-path.ts';
import type { CastRefusal } from './core/polyring/multicast.ts';
import type {
  Answer,
  CastAbout,
  Contact,
  FetchFailure,
  FillId,
  Outbox,
  Outcome,
  PeerSource,
  Requester,
  Segment,
  WantId,
} from './core/ports.ts';
import type { CoreDoor, Edge } from './edge/edge.ts';
import type { LinkEvents, LinkPort, ServePeer } from './edge/ports.ts';
import type { AgentId } from './wire/ids.ts';
import type { ControlMessage } from './wire/message.ts';

/** Node fires a longer one at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export type Deliver = (bytes: Uint8Array, about: CastAbout) => void;

export interface WorldParts {
  readonly core: AgentCore;
  readonly edge: Edge;
  readonly links: LinkPort;
}

export class World implements Outbox, CoreDoor, LinkEvents {
  readonly #now: () => number;
  #parts: WorldParts | undefined = undefined;
  readonly #listeners: Set<Deliver> = new Set();
  #timer: NodeJS.Timeout | undefined = undefined;
  #wakeAtMs = Number.POSITIVE_INFINITY;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The parts need the world to be made, so they come after it; no event is brought in before. */
  start(parts: WorldParts): void {
    this.#parts = parts;
    parts.core.start(this.#now(), this);
  }

  /** Tells the ring that this agent goes. */
  leave(): void {
    this.#parts?.core.leave(this.#now(), this);
  }

  /** @returns why it was not sent; `stopped` before the start and after the end */
  multicast(reach: Reach, bytes: Uint8Array): CastRefusal | 'stopped' | undefined {
    const core = this.#parts?.core;
    return core === undefined ? 'stopped' : core.cast(reach, bytes, this.#now(), this);
  }

  /** @returns whether the topic was taken */
  subscribe(topic: string): boolean {
    return this.#parts?.core.subscribe(topic, this.#now(), this) ?? false;
  }

  unsubscribe(topic: string): void {
    this.#parts?.core.unsubscribe(topic);
  }

  /** Hands every message to the application that is multicast to this agent. @returns a call that ends it */
  listen(listener: Deliver): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#parts = undefined;
  }

  // Events.

  message(from: AgentId, message: ControlMessage): void {
    this.#parts?.core.receive(from, message, this.#now(), this);
  }

  broken(peer: AgentId): void {
    this.#parts?.core.broken(peer, this.#now(), this);
  }

  readonly serve: ServePeer = (from, fetch, reply) => {
    if (this.#parts !== undefined) return this.#parts.edge.servePeer(from, fetch, reply);
    reply.reset('draining');
    return () => {};
  };

  want(want: WantId, segment: Segment, requester: Requester): void {
    this.#parts?.core.want(want, segment, requester, this.#now(), this);
  }

  begun(fill: FillId): void {
    this.#parts?.core.begun(fill);
  }

  settle(fill: FillId, outcome: Outcome): void {
    this.#parts?.core.settle(fill, outcome, this.#now(), this);
  }

  // Effects.

  send(to: Contact, message: ControlMessage): void {
    this.#parts?.links.send(to, message);
  }

  wakeAt(atMs: number): void {
    if (atMs === this.#wakeAtMs) return;
    this.#wakeAtMs = atMs;
    clearTimeout(this.#timer);
    if (atMs === Number.POSITIVE_INFINITY) return;
    const inMs = Math.min(TIMER_MS_MAX, Math.max(0, atMs - this.#now()));
    this.#timer = setTimeout(() => {
      this.#wakeAtMs = Number.POSITIVE_INFINITY;
      this.#parts?.core.wake(this.#now(), this);
    }, inMs);
  }

  answer(want: WantId, answer: Answer): void {
    this.#parts?.edge.answer(want, answer);
  }

  fetchOrigin(fill: FillId, segment: Segment): void {
    this.#parts?.edge.fetchOrigin(fill, segment);
  }

  fetchPeer(fill: FillId, segment: Segment, source: PeerSource): void {
    this.#parts?.edge.fetchPeer(fill, segment, source);
  }

  deliver(bytes: Uint8Array, about: CastAbout): void {
    for (const listen of this.#listeners) listen(bytes, about);
  }

  giveUp(fill: FillId, reason: FetchFailure): void {
    this.#parts?.edge.giveUp(fill, reason);
  }
}
