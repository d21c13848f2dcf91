// Compares whole tables with one random member now and then, so that no gap stays open.
//
// Rumours are sent a bounded number of times and so can miss somebody. A digest goes out, the difference comes back
// as a delta, and what the other lacked goes out in a last one. Contacts of other regions ride along. Newcomers lack
// the most and compare often at first; one back from the dead may speak for the other half of a partition, and is
// compared with soon.

import type { AgentId } from '../../wire/ids.ts';
import type { Delta, Digest } from '../../wire/message.ts';
import type { AgentRecord } from '../../wire/record.ts';
import type { Contact, Outbox, Random } from '../ports.ts';
import { below } from '../prng.ts';
import { answerTo, compare, digestOf } from './difference.ts';
import type { MemberTable } from './member-table.ts';
import type { OwnRecord } from './own-record.ts';
import type { Post } from './post.ts';
import type { Prober } from './prober.ts';
import type { RegionContacts } from './region-contacts.ts';
import type { Tuning } from './tuning.ts';

export interface AntiEntropyOptions {
  readonly table: MemberTable;
  readonly own: OwnRecord;
  readonly contacts: RegionContacts;
  readonly post: Post;
  readonly prober: Prober;
  readonly tuning: Tuning;
  readonly random: Random;
  /** Compares what else there is to compare with the same member. */
  readonly also: (to: Contact, outbox: Outbox) => void;
}

export class AntiEntropy {
  readonly #options: AntiEntropyOptions;
  #atMs = Number.POSITIVE_INFINITY;
  #delayMs = 0;
  #lastMs = Number.NEGATIVE_INFINITY;
  /** Whom to compare with next; undefined for anyone. */
  #with: AgentId | undefined;

  constructor(options: AntiEntropyOptions) {
    this.#options = options;
  }

  get nextMs(): number {
    return this.#atMs;
  }

  /** Starts over with short intervals: the ring is new to us. */
  often(nowMs: number): void {
    const { tuning, random } = this.#options;
    this.#delayMs = tuning.antiEntropyFirstMs;
    this.#atMs = nowMs + this.#delayMs * (0.5 + random());
  }

  /** Compares with this member next, and soon. */
  soonWith(id: AgentId): void {
    this.#with = id;
    this.#atMs = Math.min(this.#atMs, this.#lastMs + this.#options.tuning.probeIntervalMs);
  }

  wake(nowMs: number, outbox: Outbox): void {
    if (nowMs < this.#atMs) return;
    const { table, post, prober, tuning, random, also } = this.#options;
    this.#atMs = nowMs + this.#delayMs * (0.75 + random() / 2);
    this.#delayMs = Math.min(this.#delayMs * 2, tuning.antiEntropyIntervalMs);
    this.#lastMs = nowMs;
    const named = this.#with === undefined ? undefined : table.get(this.#with);
    const member = named ?? prober.sample(1)[0];
    this.#with = undefined;
    if (member === undefined) return;
    post.send(member.record, digestOf(table), outbox);
    also(member.record, outbox);
  }

  /** Sends a digest to someone who takes us for a member without being one that we know. */
  compareWith(stranger: AgentId, outbox: Outbox): void {
    const { table, post } = this.#options;
    post.send(post.contactOf(stranger), digestOf(table), outbox);
  }

  answer(from: AgentId, digest: Digest, outbox: Outbox): void {
    const { table, own, post } = this.#options;
    const to = post.contactOf(from);
    if (digest.ring !== table.ring) {
      this.send(to, { members: [own.rumour] }, outbox);
      return;
    }
    const { members, wanted } = compare(table, digest, own.record.id);
    this.send(to, { members, wanted, contacts: this.#someContacts() }, outbox);
  }

  /** Sends what the delta asked for, and contacts where its sender seems to know fewer. Its news is the caller's to
   *  hear first. */
  answerDelta(from: AgentId, delta: Delta, outbox: Outbox): void {
    const { table, own, post } = this.#options;
    const contacts = this.#someContacts();
    const knowsFewer = delta.contacts.length < contacts.length;
    if (delta.ring !== table.ring || (delta.wanted.length === 0 && !knowsFewer)) return;
    const members = answerTo(table, delta.wanted, own.record.id);
    this.send(post.contactOf(from), { members, contacts }, outbox);
  }

  send(to: Contact, parts: Partial<Omit<Delta, 'kind' | 'ring'>>, outbox: Outbox): void {
    const { table, post, tuning } = this.#options;
    const { members = [], contacts = [], wanted = [] } = parts;
    const step = tuning.membersPerMessage;
    const ring = table.ring;
    post.send(to, { kind: 'delta', ring, members: members.slice(0, step), contacts, wanted }, outbox);
    for (let at = step; at < members.length; at += step) {
      const part = members.slice(at, at + step);
      post.send(to, { kind: 'delta', ring, members: part, contacts: [], wanted: [] }, outbox);
    }
  }

  #someContacts(): AgentRecord[] {
    const { contacts, tuning, random } = this.#options;
    const records = contacts.witnessed();
    const start = below(random, records.length || 1);
    const count = Math.min(records.length, tuning.contactsPerDelta);
    return Array.from({ length: count }, (_, i) => records[(start + i) % records.length] as AgentRecord);
  }
}
