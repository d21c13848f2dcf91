// Who below which seat is interested in which topic: soft state that fades unless it is repeated.
//
// A subscriber tells the holders of its leaf ring's seat; the first holder of a seat tells the holders of the other
// seats of that ring what is wanted below its own, and so on upwards. So a cast to a topic crosses only to seats with
// interest. Whoever does not hold a seat knows nothing and passes to everybody it serves: receivers drop what they did
// not ask for. A new subscription reaches its own region's top within as many repeats as there are levels.
// Refused: telling everybody of every topic (state and traffic of the size of the world), and flooding with prunes
// (every first message goes everywhere).

import type { AgentId, RingId } from '../../wire/ids.ts';
import { ROSTER_CONTACTS_MAX, TOPIC_BYTES_MAX, TOPICS_MAX } from '../../wire/limits.ts';
import type { Interest } from '../../wire/message.ts';
import type { Outbox } from '../ports.ts';
import { EVERYBODY, type Reach, type Wanted } from './cast-path.ts';
import type { CastTuning } from './cast-tuning.ts';
import type { PathRing, PathView, Seat } from './path.ts';

interface Said {
  readonly topics: ReadonlySet<string>;
  readonly untilMs: number;
}

export interface InterestNow {
  readonly nowMs: number;
  readonly view: PathView;
  readonly outbox: Pick<Outbox, 'send'>;
}

export class CastInterest {
  readonly #self: AgentId;
  readonly #tuning: CastTuning;
  /** Own subscriptions. */
  readonly #own: Set<string> = new Set();
  /** What members of the leaf ring, and the seats of the path, said last. */
  readonly #said: Map<AgentId | RingId, Said> = new Map();
  #nextMs = Number.POSITIVE_INFINITY;

  constructor(self: AgentId, tuning: CastTuning) {
    this.#self = self;
    this.#tuning = tuning;
  }

  get nextMs(): number {
    return this.#nextMs;
  }

  has(topic: string): boolean {
    return this.#own.has(topic);
  }

  /** @returns false where the topic is empty, too long, or one too many */
  subscribe(topic: string, now: InterestNow): boolean {
    // A UTF-16 unit takes at most three bytes of UTF-8.
    const fits = topic.length > 0 && topic.length * 3 <= TOPIC_BYTES_MAX;
    if (!fits || this.#own.size >= TOPICS_MAX) return false;
    this.#own.add(topic);
    this.#tell(now);
    return true;
  }

  unsubscribe(topic: string): void {
    this.#own.delete(topic);
  }

  heard(from: AgentId, { ring, topics }: Interest, { view, nowMs }: InterestNow): void {
    const key = speaker(from, ring, view);
    if (key === undefined) return;
    this.#said.set(key, { topics: new Set(topics), untilMs: nowMs + this.#tuning.interestMs });
    if (this.#nextMs > nowMs + this.#tuning.interestEveryMs) {
      this.#nextMs = nowMs + this.#tuning.interestEveryMs;
    }
  }

  wake(now: InterestNow): void {
    if (now.nowMs >= this.#nextMs) this.#tell(now);
  }

  /** Whom a cast that is passed on here is for. */
  wanted({ reach, target }: Reach, { view, nowMs }: InterestNow): Wanted {
    if (reach !== 'topic') return EVERYBODY;
    const below = (key: AgentId | RingId): boolean => {
      const said = this.#said.get(key);
      return said !== undefined && said.untilMs > nowMs && said.topics.has(target);
    };
    const first = view.above[0];
    const knowsMembers = first !== undefined && this.#holds(first);
    return {
      member: (id) => !knowsMembers || below(id),
      seat: (seat) => !this.#knowsSeats(view, seat) || below(seat.ring),
    };
  }

  #knowsSeats(view: PathView, seat: Seat): boolean {
    return view.above.some((ring) => ring.ring === seat.parent && this.#holds(ring));
  }

  #holds({ own }: PathRing): boolean {
    return own.contacts.slice(0, ROSTER_CONTACTS_MAX).some(({ id }) => id === this.#self);
  }

  #tell(now: InterestNow): void {
    const { view, nowMs, outbox } = now;
    for (const [key, { untilMs }] of this.#said) if (untilMs <= nowMs) this.#said.delete(key);
    const active = this.#own.size + this.#said.size > 0;
    this.#nextMs = active ? nowMs + this.#tuning.interestEveryMs : Number.POSITIVE_INFINITY;
    const first = view.above[0];
    if (first === undefined) return;
    if (this.#own.size > 0) {
      const message: Interest = { kind: 'interest', ring: view.leaf.ring, topics: [...this.#own] };
      for (const holder of first.own.contacts.slice(0, ROSTER_CONTACTS_MAX)) {
        if (holder.id !== this.#self) outbox.send(holder, message);
      }
    }
    const topics = new Set(this.#own);
    for (const { id } of view.leaf.members) this.#gather(id, topics);
    for (const ring of view.above) {
      if (ring.own.contacts[0]?.id === this.#self && topics.size > 0) this.#tellRing(ring, topics, outbox);
      for (const seat of ring.seats) this.#gather(seat.ring, topics);
    }
  }

  #gather(key: AgentId | RingId, topics: Set<string>): void {
    for (const topic of this.#said.get(key)?.topics ?? []) if (topics.size < TOPICS_MAX) topics.add(topic);
  }

  #tellRing({ seats, own }: PathRing, topics: ReadonlySet<string>, outbox: Pick<Outbox, 'send'>): void {
    const message: Interest = { kind: 'interest', ring: own.ring, topics: [...topics] };
    for (const seat of seats) {
      if (seat.ring === own.ring) continue;
      for (const holder of seat.contacts.slice(0, ROSTER_CONTACTS_MAX)) outbox.send(holder, message);
    }
  }
}

/** @returns the member or the seat that speaks; undefined for anything that is not on the path */
function speaker(from: AgentId, ring: RingId, view: PathView): AgentId | RingId | undefined {
  if (ring === view.leaf.ring) return view.leaf.members.some(({ id }) => id === from) ? from : undefined;
  const seat = view.above.flatMap(({ seats }) => seats).find((each) => each.ring === ring);
  return seat?.contacts.some(({ id }) => id === from) ? ring : undefined;
}
