// Whom to ask for a place, and when: seeds, cached peers and agents of other rings of the own region.
//
// Everyone starts in a ring of its own and asks; an answer folds it into a larger whole (fold.ts). A question is a
// `join`; it is answered by a welcome, or by a referral to others. Asking never ends, so that long partitions and
// clusters founded apart find each other: often while alone or while another ring of the region is known, else
// once a minute. Questions to contacts of other regions go out on their own slower clock: membership.ts.

import { type AgentId, topLabel } from '../../wire/ids.ts';
import type { AgentRecord } from '../../wire/record.ts';
import type { Contact, Outbox, Random } from '../ports.ts';
import { below } from '../prng.ts';
import type { MemberTable } from './member-table.ts';
import type { OwnRecord } from './own-record.ts';
import type { Post } from './post.ts';
import type { RegionContacts } from './region-contacts.ts';
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
  readonly tuning: Tuning;
  readonly random: Random;
}

export class Joiner {
  readonly #options: JoinerOptions;
  readonly #label: string;
  #nextSeed = 0;
  #askAtMs = Number.POSITIVE_INFINITY;
  #delayMs: number;
  #expectUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: JoinerOptions) {
    this.#options = options;
    this.#label = topLabel(options.own.record.region);
    this.#delayMs = options.tuning.seedFirstMs;
    this.#nextSeed = below(options.random, options.seeds.length || 1);
  }

  get nextMs(): number {
    return this.#askAtMs;
  }

  /** Asks at the next wake, and often from then on: something about the own place changed. */
  hurry(nowMs: number): void {
    this.#delayMs = this.#options.tuning.seedFirstMs;
    this.#askAtMs = nowMs;
  }

  wake(nowMs: number, outbox: Outbox): void {
    if (nowMs < this.#askAtMs) return;
    const { table, tuning, random } = this.#options;
    const alone = table.livingCount === 1;
    const siblings = this.#askSiblings(nowMs, outbox);
    this.#askSeeds(alone ? SEEDS_AT_ONCE : 1, nowMs, outbox);
    const delayMs = alone || siblings > 0 ? this.#delayMs : tuning.seedIntervalMs;
    this.#delayMs = Math.min(this.#delayMs * 2, alone ? tuning.seedAloneMs : tuning.seedIntervalMs);
    this.#askAtMs = nowMs + delayMs * (0.75 + random() / 2);
  }

  ask(contact: Contact, nowMs: number, outbox: Outbox): void {
    const { contacts, own, post, tuning } = this.#options;
    if (contact.id !== undefined && !contacts.ask(contact.id, nowMs)) return;
    this.#expectUntilMs = nowMs + tuning.answerWaitMs;
    post.send(contact, { kind: 'join', record: own.record }, outbox);
  }

  /** Whether a welcome may be an answer: others are not followed. */
  expects(nowMs: number): boolean {
    return nowMs <= this.#expectUntilMs;
  }

  #askSiblings(nowMs: number, outbox: Outbox): number {
    const { contacts, table } = this.#options;
    const asked = new Set<AgentId>();
    const isSibling = (record: AgentRecord): boolean =>
      topLabel(record.region) === this.#label && record.ring !== table.ring && !asked.has(record.id);
    while (asked.size < SIBLINGS_AT_ONCE) {
      const sibling = contacts.longestUnasked(isSibling);
      if (sibling === undefined) break;
      asked.add(sibling.id);
      this.ask(sibling, nowMs, outbox);
    }
    return asked.size;
  }

  #askSeeds(count: number, nowMs: number, outbox: Outbox): void {
    const { seeds } = this.#options;
    let asked = 0;
    for (let tries = 0; tries < seeds.length && asked < count; tries += 1) {
      const seed = seeds[this.#nextSeed % seeds.length] as Contact;
      this.#nextSeed += 1;
      if (this.#isInRing(seed)) continue;
      this.ask(seed, nowMs, outbox);
      asked += 1;
    }
  }

  /** Members are probed as it is; a seed may be this agent itself. */
  #isInRing(seed: Contact): boolean {
    return this.#options.table.members.some((member) => member.id === seed.id || member.link === seed.link);
  }
}
