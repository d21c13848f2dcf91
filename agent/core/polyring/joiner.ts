// Whom to ask for a place, and when: seeds, cached peers and agents of other rings of the own region.
//
// Everyone starts in a ring of its own and asks; an answer folds it into a larger whole (fold.ts). A question of an
// agent alone is a `join`; it is answered by a welcome, or by directions. Members of a larger ring compare seats with
// those whom they do not find in their own tree, and so meet other trees. Asking never ends, so that long partitions
// and clusters founded apart find each other: often while alone or while an unknown ring of the region is known,
// else once a minute. Questions to contacts of other regions go out on their own slower clock: membership.ts.

import type { RingId } from '../../wire/ids.ts';
import type { Contact, Outbox, Random } from '../ports.ts';
import { below } from '../prng.ts';
import type { MemberTable } from './member-table.ts';
import type { OwnRecord } from './own-record.ts';
import type { Post } from './post.ts';
import type { RegionContacts } from './region-contacts.ts';
import type { SeatTable } from './seat-table.ts';
import type { SeatTalk } from './seat-talk.ts';
import type { Tuning } from './tuning.ts';

/** Seeds asked at one time. */
const SEEDS_AT_ONCE = 3;
/** Agents of other rings asked at one time. */
const SIBLINGS_AT_ONCE = 3;

export interface JoinerOptions {
  readonly seeds: readonly Contact[];
  readonly contacts: RegionContacts;
  readonly table: MemberTable;
  readonly own: OwnRecord;
  readonly post: Post;
  readonly seats: SeatTable;
  readonly talk: SeatTalk;
  readonly tuning: Tuning;
  readonly random: Random;
}

export class Joiner {
  readonly #options: JoinerOptions;
  #nextSeed = 0;
  #seedAtMs = Number.POSITIVE_INFINITY;
  #seedDelayMs = 0;
  #siblingAtMs = Number.POSITIVE_INFINITY;
  #siblingDelayMs = 0;
  #expectUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: JoinerOptions) {
    this.#options = options;
    this.#nextSeed = below(options.random, options.seeds.length || 1);
  }

  get nextMs(): number {
    return Math.min(this.#seedAtMs, this.#siblingAtMs);
  }

  start(nowMs: number): void {
    this.#seedAtMs = nowMs;
    this.#seedDelayMs = this.#options.tuning.seedFirstMs;
  }

  /** An agent of another ring of the region turned up, or this one moved: those not asked yet are asked at
   *  `atMs`, and all of them often from then on. */
  hurry(atMs: number): void {
    this.#siblingAtMs = Math.min(this.#siblingAtMs, atMs);
    this.#siblingDelayMs = this.#options.tuning.seedFirstMs;
  }

  wake(nowMs: number, outbox: Outbox): void {
    if (nowMs >= this.#siblingAtMs) this.#askSiblings(nowMs, outbox);
    if (nowMs >= this.#seedAtMs) this.#askSeeds(nowMs, outbox);
  }

  /** @param anyway even if this contact did not answer before */
  ask(contact: Contact, nowMs: number, outbox: Outbox, anyway: boolean = false): void {
    const { contacts, own, post, tuning } = this.#options;
    if (contact.id !== undefined && !contacts.ask(contact.id, nowMs) && !anyway) return;
    this.#expectUntilMs = nowMs + tuning.answerWaitMs;
    post.send(contact, { kind: 'join', record: own.record }, outbox);
  }

  /** Introduces this agent and asks where the other belongs. */
  #compare(contact: Contact, nowMs: number, outbox: Outbox): void {
    const { contacts, own, post, talk } = this.#options;
    if (contact.id !== undefined && !contacts.ask(contact.id, nowMs)) return;
    post.send(contact, { kind: 'referral', contacts: [own.record] }, outbox);
    talk.probe(contact, 0, outbox);
  }

  /** Whether a welcome may be an answer: others are not followed. */
  expects(nowMs: number): boolean {
    return nowMs <= this.#expectUntilMs;
  }

  #askSiblings(nowMs: number, outbox: Outbox): void {
    const { contacts, table, tuning } = this.#options;
    const { ring } = table;
    const alone = table.livingCount === 1;
    const siblings = contacts
      .siblings(ring, nowMs - tuning.seedFirstMs / 2)
      .filter((sibling) => alone || !this.#isBelow(sibling.ring));
    for (const sibling of siblings.slice(0, SIBLINGS_AT_ONCE)) {
      if (alone) this.ask(sibling, nowMs, outbox);
      else this.#compare(sibling, nowMs, outbox);
    }
    this.#siblingAtMs = contacts.hasSiblings(ring)
      ? nowMs + this.#spread(this.#siblingDelayMs)
      : Number.POSITIVE_INFINITY;
    this.#siblingDelayMs = Math.min(this.#siblingDelayMs * 2, tuning.seedIntervalMs);
  }

  #askSeeds(nowMs: number, outbox: Outbox): void {
    const { seeds, table, talk, tuning } = this.#options;
    const alone = table.livingCount === 1;
    let left = alone ? SEEDS_AT_ONCE : 1;
    for (let tries = 0; tries < seeds.length && left > 0; tries += 1) {
      const seed = seeds[this.#nextSeed % seeds.length] as Contact;
      this.#nextSeed += 1;
      if (this.#isInRing(seed)) continue;
      this.ask(seed, nowMs, outbox);
      if (!alone) talk.probe(seed, 0, outbox);
      left -= 1;
    }
    this.#seedAtMs = nowMs + this.#spread(alone ? this.#seedDelayMs : tuning.seedIntervalMs);
    this.#seedDelayMs = alone ? Math.min(this.#seedDelayMs * 2, tuning.seedAloneMs) : tuning.seedFirstMs;
  }

  /** Whether the ring has a seat in a ring on the path: then there is nothing to ask. */
  #isBelow(ring: RingId): boolean {
    const { seats } = this.#options;
    const parent = seats.seated(ring)?.parent;
    return parent !== undefined && seats.isAbove(parent);
  }

  #spread(delayMs: number): number {
    return delayMs * (0.75 + this.#options.random() / 2);
  }

  /** Members are probed as it is; a seed may be this agent itself. */
  #isInRing(seed: Contact): boolean {
    return this.#options.table.members.some((member) => member.id === seed.id || member.link === seed.link);
  }
}
