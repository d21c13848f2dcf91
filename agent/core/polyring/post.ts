// Says things to other agents, with the news riding along.
//
// Every probe, ack, request and report carries rumours from the queue. Whoever is thought suspect or dead hears that
// first, so that it can refute at once (Lifeguard's buddy system); a stranger hears who is speaking.

import type { AgentId } from '../../wire/ids.ts';
import type { ControlMessage, Rumour } from '../../wire/message.ts';
import type { Counts } from '../counters.ts';
import type { Contact, Outbox } from '../ports.ts';
import { isLiving, type Member } from './member.ts';
import type { MemberTable } from './member-table.ts';
import { belief } from './news.ts';
import type { OwnRecord } from './own-record.ts';
import type { RumourQueue } from './rumour-queue.ts';
import { rumourSends, type Tuning } from './tuning.ts';

export interface PostOptions {
  readonly table: MemberTable;
  readonly queue: RumourQueue;
  readonly own: OwnRecord;
  readonly tuning: Tuning;
  readonly counts: Counts;
}

export class Post {
  /** How busy this agent says it is, 0-255. */
  load = 0;
  readonly #options: PostOptions;

  constructor(options: PostOptions) {
    this.#options = options;
  }

  probe(member: Member, seq: number, outbox: Outbox): void {
    this.send(member.record, { kind: 'probe', seq, rumours: this.#news(member) }, outbox);
  }

  ack(to: AgentId, seq: number, outbox: Outbox): void {
    const member = this.#options.table.get(to);
    const rumours = this.#news(member);
    this.send(this.contactOf(to), { kind: 'ack', seq, load: this.load, rumours }, outbox);
  }

  request(relay: Member, seq: number, target: AgentId, outbox: Outbox): void {
    this.send(relay.record, { kind: 'probe-request', seq, target, rumours: this.#news(relay) }, outbox);
  }

  report(to: AgentId, about: { seq: number; target: AgentId; reached: boolean }, outbox: Outbox): void {
    const rumours = this.#news(this.#options.table.get(to));
    const { seq, target, reached } = about;
    this.send(this.contactOf(to), { kind: 'probe-report', seq, target, reached, rumours }, outbox);
  }

  send(to: Contact, message: ControlMessage, outbox: Outbox): void {
    this.#options.counts['control_messages.sent'] += 1;
    outbox.send(to, message);
  }

  /** Who is not in the ring is answered over the link on which it spoke. */
  contactOf(id: AgentId): Contact {
    return this.#options.table.get(id)?.record ?? { id, link: '' };
  }

  #news(to: Member | undefined): readonly Rumour[] {
    const { table, queue, own, tuning } = this.#options;
    const first =
      to === undefined ? own.rumour : to.state === 'alive' ? undefined : belief(to, own.record.id);
    if (first === undefined && queue.length === 0) return queue.take(0, 0);
    const rumours = queue.take(tuning.rumoursPerMessage, rumourSends(tuning, table.livingCount), first);
    // Whoever is dead here may take us for dead there, both by records of long ago: ours revives us.
    return to === undefined || isLiving(to) ? rumours : [own.rumour, ...rumours];
  }
}
