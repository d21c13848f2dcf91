// The membership of an agent: who is in its leaf ring, who lives, how busy and how far they are; and the rings above.
//
// The facade over the parts. The leaf ring: news.ts believes or not, prober.ts detects failures, anti-entropy.ts closes
// gaps, joiner.ts and homing.ts find the place. The rings above: tree.ts. Others: region-contacts.ts. It is a
// synchronous state machine: effects go to the outbox, the next time it wants to be woken is `nextWakeMs`; it calls
// `outbox.wakeAt` never.

import { type AgentId, ringIdOf, topLabel } from '../../wire/ids.ts';
import { CONTACTS_MAX, MEMBERS_MAX, RUMOURS_MAX } from '../../wire/limits.ts';
import type { MembershipMessage, Rumour } from '../../wire/message.ts';
import type { AgentClaim, AgentRecord } from '../../wire/record.ts';
import { assert, unreachable } from '../assert.ts';
import type { Counts, Timings } from '../counters.ts';
import type { Contact, Outbox, Random, Seal, SealSeat } from '../ports.ts';
import { below } from '../prng.ts';
import { AntiEntropy } from './anti-entropy.ts';
import { Homing } from './homing.ts';
import { Joiner } from './joiner.ts';
import { isLiving, type Member } from './member.ts';
import { MemberTable } from './member-table.ts';
import { News } from './news.ts';
import { aliveRumour, OwnRecord, randomName } from './own-record.ts';
import type { PathView } from './path.ts';
import { Post } from './post.ts';
import { Prober } from './prober.ts';
import { RegionContacts } from './region-contacts.ts';
import { ringSizes } from './ring-size.ts';
import type { RingView } from './ring-view.ts';
import { RumourQueue } from './rumour-queue.ts';
import { Tree } from './tree.ts';
import { TUNING, type Tuning, tuningFaults } from './tuning.ts';

export interface MembershipOptions {
  /** What the agent says of itself; its ring is found, its incarnation must be above that of its last run. */
  readonly claim: Omit<AgentClaim, 'ring' | 'sequence'>;
  readonly seal: Seal;
  readonly sealSeat: SealSeat;
  readonly random: Random;
  readonly counts: Counts;
  readonly timings: Timings;
  readonly seeds: readonly Contact[];
  /** Agents that were known when the agent last ran. */
  readonly cachedPeers?: readonly Contact[];
  readonly tuning?: Partial<Tuning>;
}

type Phase = 'new' | 'running' | 'left';

export class Membership {
  readonly #tuning: Tuning;
  readonly #random: Random;
  readonly #counts: Counts;
  readonly #label: string;
  readonly #own: OwnRecord;
  readonly #table: MemberTable;
  readonly #queue: RumourQueue = new RumourQueue();
  readonly #contacts: RegionContacts;
  readonly #post: Post;
  readonly #news: News;
  readonly #prober: Prober;
  readonly #joiner: Joiner;
  readonly #antiEntropy: AntiEntropy;
  readonly #tree: Tree;
  readonly #homing: Homing;
  #phase: Phase = 'new';
  /** News came that others should hear at once. */
  #urgent = false;
  #pushAtMs = Number.NEGATIVE_INFINITY;
  /** First contacts of regions that were unknown before this event. */
  #firsts: AgentRecord[] = [];
  #healAtMs = Number.POSITIVE_INFINITY;
  #contactAtMs = Number.POSITIVE_INFINITY;
  #contactDelayMs = 0;

  constructor(options: MembershipOptions) {
    const { claim, random, counts } = options;
    const tuning: Tuning = { ...TUNING, ...options.tuning };
    const faults = tuningFaults(tuning);
    assert(faults.length === 0, faults.join('; '));
    this.#tuning = tuning;
    this.#random = random;
    this.#counts = counts;
    this.#label = topLabel(claim.region);
    const ring = ringIdOf(0, this.#label as typeof claim.region, randomName(random));
    this.#own = new OwnRecord({ ...claim, ring, sequence: 0 }, options.seal);
    this.#table = new MemberTable(this.#own.record, 0);
    this.#contacts = new RegionContacts(tuning, this.#label);
    const shared = { table: this.#table, queue: this.#queue, own: this.#own, tuning, counts, random };
    this.#post = new Post(shared);
    this.#news = new News({
      ...shared,
      strangers: (record, nowMs) => this.#meet(record, false, nowMs),
      urgent: () => {
        this.#urgent = true;
      },
      refuted: () => this.#prober.worsen(1),
      joined: (member, revived) => this.#joined(member, revived),
    });
    this.#prober = new Prober({ ...shared, news: this.#news, post: this.#post, timings: options.timings });
    const seeds = [...options.seeds, ...(options.cachedPeers ?? [])];
    const sizes = ringSizes(tuning.ringSize);
    const speaking = { ...shared, contacts: this.#contacts, post: this.#post, prober: this.#prober, sizes };
    const above = { label: this.#label, sealSeat: options.sealSeat };
    this.#tree = new Tree({ ...speaking, ...above, homing: () => this.#homing });
    const { seats, leads, talk } = this.#tree;
    this.#joiner = new Joiner({ ...speaking, seats, talk, seeds });
    this.#antiEntropy = new AntiEntropy({ ...speaking, also: (to, outbox) => talk.probe(to, 0, outbox) });
    this.#homing = new Homing({
      ...speaking,
      seats,
      leads,
      talk,
      news: this.#news,
      joiner: this.#joiner,
      antiEntropy: this.#antiEntropy,
      meet: (record, direct, nowMs) => this.#meet(record, direct, nowMs),
      closing: (nowMs) => this.#tree.close(nowMs),
      // The new ring may not know the regions that this agent has heard of.
      moved: () => this.#firsts.push(...this.contacts),
    });
  }

  get self(): AgentRecord {
    return this.#own.record;
  }

  get view(): RingView {
    return this.#table;
  }

  /** The leaf ring and all rings above it. */
  get path(): PathView {
    return this.#tree.view;
  }

  /** Some agents of every other region. One array until they change. */
  get contacts(): readonly AgentRecord[] {
    return this.#contacts.elsewhere;
  }

  /** When `wake` has something to do; infinite before the start and after the leave. */
  get nextWakeMs(): number {
    if (this.#phase !== 'running') return Number.POSITIVE_INFINITY;
    const own = Math.min(this.#healAtMs, this.#contactAtMs, this.#antiEntropy.nextMs, this.#tree.nextMs);
    return Math.min(own, this.#prober.nextMs, this.#news.nextMs, this.#joiner.nextMs);
  }

  /** @param load 0 (idle) to 255, told with every ack */
  setLoad(load: number): void {
    this.#post.load = load;
  }

  start(nowMs: number, outbox: Outbox): void {
    assert(this.#phase === 'new', `membership is ${this.#phase}: start comes once`);
    this.#phase = 'running';
    const spread = (intervalMs: number): number => nowMs + intervalMs * (0.5 + this.#random());
    this.#antiEntropy.often(nowMs);
    this.#homing.sinceMs = nowMs;
    this.#healAtMs = spread(this.#tuning.healIntervalMs);
    this.#contactDelayMs = 2 * this.#tuning.seedFirstMs;
    this.#contactAtMs = spread(this.#contactDelayMs);
    this.#prober.start(nowMs);
    this.#joiner.start(nowMs);
    this.#joiner.wake(nowMs, outbox);
    this.#tree.follow(nowMs, outbox);
  }

  receive(from: AgentId, message: MembershipMessage, nowMs: number, outbox: Outbox): void {
    if (this.#phase !== 'running' || from === this.self.id) return;
    this.#counts['control_messages.received'] += 1;
    const member = this.#table.get(from);
    if (member !== undefined) member.heard = true;
    else this.#contacts.heard(from, nowMs);
    this.#take(from, message, nowMs, outbox);
    this.#afterNews(nowMs, outbox);
  }

  /** The link to a member broke. That may be its end: it is asked at once, and so are relays. */
  broken(peer: AgentId, nowMs: number, outbox: Outbox): void {
    const member = this.#table.get(peer);
    if (this.#phase !== 'running' || member === undefined || !isLiving(member)) return;
    this.#prober.doubt(member, nowMs, outbox);
    // An outbound agent's link is gone: only a new one that it opens makes it reachable from here.
    member.heard = false;
  }

  wake(nowMs: number, outbox: Outbox): void {
    if (this.#phase !== 'running') return;
    this.#news.judge(nowMs);
    this.#prober.wake(nowMs, outbox);
    this.#antiEntropy.wake(nowMs, outbox);
    this.#tree.wake(nowMs, outbox);
    if (nowMs >= this.#healAtMs) this.#heal(nowMs, outbox);
    if (nowMs >= this.#contactAtMs) this.#refreshContact(nowMs, outbox);
    this.#afterNews(nowMs, outbox);
  }

  /** Tells every member, then falls silent: nothing that comes later is answered. */
  leave(_nowMs: number, outbox: Outbox): void {
    if (this.#phase !== 'running') return;
    this.#phase = 'left';
    const self = this.self;
    const rumour: Rumour = { ...this.#own.rumour, state: 'left' };
    for (const member of this.#table.members) {
      if (member.id !== self.id) this.#antiEntropy.send(member, { members: [rumour] }, outbox);
    }
  }

  #take(from: AgentId, message: MembershipMessage, nowMs: number, outbox: Outbox): void {
    switch (message.kind) {
      case 'probe':
        this.#news.hearAll(message.rumours, RUMOURS_MAX, nowMs);
        this.#post.ack(from, message.seq, outbox);
        this.#greetStranger(from, outbox);
        break;
      case 'ack':
        this.#news.hearAll(message.rumours, RUMOURS_MAX, nowMs);
        this.#noteLoad(from, message.load);
        this.#prober.acked(from, message.seq, nowMs, outbox);
        break;
      case 'probe-request':
        this.#news.hearAll(message.rumours, RUMOURS_MAX, nowMs);
        this.#prober.requested(from, message, nowMs, outbox);
        break;
      case 'probe-report':
        this.#news.hearAll(message.rumours, RUMOURS_MAX, nowMs);
        this.#prober.reported(from, message);
        break;
      case 'join':
        if (message.record.id === from) this.#homing.answer(from, message, nowMs, outbox);
        else this.#counts['rejected.record'] += 1;
        break;
      case 'welcome':
        this.#learnContacts(from, message.contacts, nowMs);
        this.#homing.welcomed(from, message, nowMs, outbox);
        break;
      case 'referral':
        this.#learnContacts(from, message.contacts, nowMs);
        this.#homing.referred(message, nowMs, outbox);
        break;
      case 'place':
        this.#homing.placed(message, nowMs, outbox);
        break;
      case 'digest':
        this.#antiEntropy.answer(from, message, outbox);
        break;
      case 'delta':
        this.#learnContacts(from, message.contacts, nowMs);
        this.#news.hearAll(message.members, MEMBERS_MAX, nowMs);
        this.#antiEntropy.answerDelta(from, message, outbox);
        break;
      case 'seat-probe':
      case 'seat-ack':
      case 'seat-entries':
      case 'seats':
      case 'regroup':
        this.#tree.receive(from, message, nowMs, outbox);
        break;
      default:
        unreachable(message);
    }
  }

  /** What the news led to and needs an outbox for. */
  #afterNews(nowMs: number, outbox: Outbox): void {
    if (this.#urgent) {
      this.#urgent = false;
      if (nowMs >= this.#pushAtMs) {
        this.#pushAtMs = nowMs + this.#tuning.pushIntervalMs;
        this.#prober.greet(this.#tuning.pushes, nowMs, outbox);
      }
    }
    if (this.#firsts.length > 0) this.#passFirsts(outbox);
    if (this.#joiner.nextMs <= nowMs) this.#joiner.wake(nowMs, outbox);
    this.#tree.follow(nowMs, outbox);
  }

  /** The first contact of a region is told to some members at once, and so spreads through the ring like a rumour. */
  #passFirsts(outbox: Outbox): void {
    const contacts = this.#firsts.filter(
      (record) => topLabel(record.region) !== this.#label && record.link !== '',
    );
    this.#firsts = [];
    if (contacts.length === 0) return;
    contacts.length = Math.min(contacts.length, CONTACTS_MAX);
    for (const member of this.#prober.sample(this.#tuning.pushes)) {
      this.#antiEntropy.send(member.record, { contacts }, outbox);
    }
  }

  #noteLoad(from: AgentId, load: number): void {
    const member = this.#table.get(from);
    if (member !== undefined) member.load = load;
  }

  /** Who probes us takes us for a member. Tables that differ so much are compared at once. */
  #greetStranger(from: AgentId, outbox: Outbox): void {
    if (this.#table.get(from) !== undefined) return;
    this.#antiEntropy.compareWith(from, outbox);
  }

  #learnContacts(from: AgentId, contacts: readonly AgentRecord[], nowMs: number): void {
    for (const record of contacts.slice(0, CONTACTS_MAX)) this.#meet(record, record.id === from, nowMs);
  }

  /** An agent of another region, or of another ring of this one: that one has to be asked about folding. */
  #meet(record: AgentRecord, direct: boolean, nowMs: number): void {
    if (record.id === this.self.id) return;
    if (record.ring === this.#table.ring) {
      this.#news.hear(aliveRumour(record), nowMs);
      return;
    }
    const isFirst = !this.#contacts.knows(topLabel(record.region));
    const isNew = this.#contacts.learn(record, direct, nowMs);
    if (isNew && isFirst) this.#firsts.push(record);
    if (isNew && topLabel(record.region) === this.#label) this.#joiner.hurry(nowMs);
  }

  #joined(member: Member, revived: boolean): void {
    this.#contacts.forget(member.record.id);
    this.#prober.joined(member);
    if (revived) this.#antiEntropy.soonWith(member.record.id);
  }

  /** A probe to one of the dead: if it only was cut off, it hears of its death here and refutes. */
  #heal(nowMs: number, outbox: Outbox): void {
    this.#healAtMs = nowMs + this.#tuning.healIntervalMs * (0.75 + this.#random() / 2);
    this.#table.expire(this.#tuning.tombstoneMs, this.#tuning.movedMs, nowMs);
    this.#tree.expire(nowMs);
    const dead = [...this.#table.tombstones].filter((member) => member.state === 'dead');
    const member = dead[below(this.#random, dead.length || 1)];
    if (member !== undefined && member.record.link !== '') this.#post.probe(member, 0, outbox);
  }

  #refreshContact(nowMs: number, outbox: Outbox): void {
    this.#contactAtMs = nowMs + this.#contactDelayMs * (0.75 + this.#random() / 2);
    this.#contactDelayMs = Math.min(2 * this.#contactDelayMs, this.#tuning.contactIntervalMs);
    const contact = this.#contacts.longestUnasked();
    if (contact !== undefined) this.#joiner.ask(contact, nowMs, outbox);
  }
}
