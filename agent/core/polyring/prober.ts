// The failure detector: who answers, who does not, and whether that is their fault or ours.
//
// Each interval one member is probed. Silence for the time that its round trip leads to expect makes three relays
// probe it too, over their own paths; silence of them all for a little longer is a failure, which news.ts turns into a
// suspicion, never at once into a death. A relay that got no answer says so (a nack): missing nacks mean that we
// ourselves hear badly, which raises the local health multiplier and so stretches our own waits (Lifeguard).
// Refused: heartbeats to everyone (n^2 messages), a fixed time-out (a far member would always need relays).

import type { AgentId } from '../../wire/ids.ts';
import type { Counts, Timings } from '../counters.ts';
import type { Outbox, Random } from '../ports.ts';
import { canReach, isLiving, type Member, measure } from './member.ts';
import type { MemberTable } from './member-table.ts';
import type { News } from './news.ts';
import type { Post } from './post.ts';
import { ProbeRound } from './probe-round.ts';
import { ackWaitMs, type Tuning } from './tuning.ts';

/** Probes on behalf of others at a time: more are answered with a nack at once. */
const RELAYED_MAX = 32;
/** Own probes at a time: the round's, and those of members whose link broke. */
const OWN_MAX = 32;

interface Sent {
  readonly seq: number;
  readonly member: Member;
  readonly sentMs: number;
  /** When something is due: relays or a verdict for an own probe, a nack for a relayed one. */
  dueMs: number;
}
interface Own extends Sent {
  readonly kind: 'own';
  /** Relays that were asked and have not answered yet; undefined until then. */
  relays: AgentId[] | undefined;
  relaysAsked: number;
  readonly verdictMs: number;
}
interface Relayed extends Sent {
  readonly kind: 'relayed';
  readonly asker: AgentId;
  readonly askerSeq: number;
}

export interface ProberOptions {
  readonly table: MemberTable;
  readonly news: News;
  readonly post: Post;
  readonly tuning: Tuning;
  readonly random: Random;
  readonly counts: Counts;
  readonly timings: Timings;
}

export class Prober {
  readonly #options: ProberOptions;
  readonly #round: ProbeRound;
  /** Probes without an answer yet, in the order in which they were sent. */
  #sent: (Own | Relayed)[] = [];
  #seq = 0;
  #probeAtMs = Number.POSITIVE_INFINITY;
  /** Lifeguard's local health: 0 is well, each step stretches our waits by one more. */
  #health = 0;
  #nowMs = 0;

  constructor(options: ProberOptions) {
    this.#options = options;
    this.#round = new ProbeRound(options.random);
  }

  get nextMs(): number {
    let next = this.#probeAtMs;
    for (const sent of this.#sent) if (sent.dueMs < next) next = sent.dueMs;
    return next;
  }

  /** The first probe falls anywhere in the first interval, so that agents started together do not march in step. */
  start(nowMs: number): void {
    const { tuning, random } = this.#options;
    this.#probeAtMs = nowMs + random() * tuning.probeIntervalMs;
  }

  joined(member: Member): void {
    this.#round.add(member);
  }

  /** The ring is another one: its members come with `joined`. */
  reset(): void {
    this.#round.clear();
    this.#sent = [];
  }

  wake(nowMs: number, outbox: Outbox): void {
    if (this.#sent.length > 0) this.#settleDue(nowMs, outbox);
    if (nowMs < this.#probeAtMs) return;
    this.#probeAtMs = nowMs + this.#options.tuning.probeIntervalMs * (1 + this.#health);
    this.#nowMs = nowMs;
    const target = this.#round.next(this.#isDue, this.#isKept);
    if (target === undefined) return;
    const own = this.#probe(target, nowMs, outbox);
    if (own !== undefined && !canReach(target)) this.#askRelays(own, outbox);
  }

  /** Something says that the member may be gone: ask it and the relays at once. */
  doubt(member: Member, nowMs: number, outbox: Outbox): void {
    if (!this.#isFree(member)) return;
    const probe = this.#probe(member, nowMs, outbox);
    if (probe !== undefined) this.#askRelays(probe, outbox);
  }

  /** Speaks to some members now, so that they hear the news and their round trips become known. */
  greet(count: number, nowMs: number, outbox: Outbox): void {
    for (const member of this.#round.sample(count, this.#isFree)) this.#probe(member, nowMs, outbox);
  }

  /** @returns some members, at random, of those that can be spoken to */
  sample(count: number): Member[] {
    return this.#round.sample(count, this.#isReachable);
  }

  acked(from: AgentId, seq: number, nowMs: number, outbox: Outbox): void {
    const sent = this.#take((each) => each.seq === seq && each.member.record.id === from);
    if (sent === undefined) return;
    measure(sent.member, nowMs - sent.sentMs);
    this.#options.timings.record('probe_rtt', nowMs - sent.sentMs);
    if (sent.kind === 'own') this.#health = Math.max(0, this.#health - 1);
    else this.#report(sent, true, outbox);
  }

  requested(from: AgentId, about: { seq: number; target: AgentId }, nowMs: number, outbox: Outbox): void {
    const { table, post, counts, tuning } = this.#options;
    const member = table.get(about.target);
    const relayed = this.#sent.filter((each) => each.kind === 'relayed').length;
    if (member === undefined || !this.#isReachable(member) || relayed >= RELAYED_MAX) {
      post.report(from, { seq: about.seq, target: about.target, reached: false }, outbox);
      return;
    }
    const seq = this.#nextSeq();
    const dueMs = nowMs + Math.min(tuning.relayWaitMaxMs, this.#ackWaitMs(member));
    this.#sent.push({ kind: 'relayed', seq, member, sentMs: nowMs, dueMs, asker: from, askerSeq: about.seq });
    counts['probes.sent'] += 1;
    post.probe(member, seq, outbox);
  }

  reported(from: AgentId, about: { seq: number; target: AgentId; reached: boolean }): void {
    const own = this.#sent.find((each) => each.seq === about.seq && each.member.record.id === about.target);
    if (own?.kind !== 'own' || own.relays === undefined) return;
    const at = own.relays.indexOf(from);
    if (at < 0) return;
    own.relays.splice(at, 1);
    if (!about.reached) return;
    this.#take((each) => each === own);
    this.#health = Math.max(0, this.#health - 1);
  }

  /** Our own death was rumoured, or our probes fail for lack of nacks: we may be slow ourselves. */
  worsen(steps: number): void {
    this.#health = Math.min(this.#options.tuning.localHealthMax, this.#health + steps);
  }

  #probe(member: Member, nowMs: number, outbox: Outbox): Own | undefined {
    const { tuning, post, counts } = this.#options;
    if (this.#sent.length >= OWN_MAX + RELAYED_MAX) return undefined;
    const seq = this.#nextSeq();
    const verdictMs = nowMs + tuning.verdictMs * (1 + this.#health);
    const dueMs = nowMs + this.#ackWaitMs(member);
    const sent = { seq, member, sentMs: nowMs, dueMs };
    const own: Own = { kind: 'own', ...sent, relays: undefined, relaysAsked: 0, verdictMs };
    this.#sent.push(own);
    counts['probes.sent'] += 1;
    post.probe(member, seq, outbox);
    return own;
  }

  #settleDue(nowMs: number, outbox: Outbox): void {
    for (const sent of this.#sent.filter((each) => each.dueMs <= nowMs)) {
      if (sent.kind === 'own' && sent.relays === undefined) {
        this.#askRelays(sent, outbox);
        continue;
      }
      this.#take((each) => each === sent);
      if (sent.kind === 'own') this.#failed(sent, nowMs);
      else this.#report(sent, false, outbox);
    }
  }

  #askRelays(own: Own, outbox: Outbox): void {
    const { tuning, post, counts } = this.#options;
    const relays = this.#round.sample(
      tuning.relays,
      (each) => each !== own.member && each.state === 'alive' && this.#isReachable(each),
    );
    own.relays = relays.map((relay) => relay.record.id);
    own.relaysAsked = relays.length;
    own.dueMs = own.verdictMs;
    for (const relay of relays) post.request(relay, own.seq, own.member.record.id, outbox);
    counts['probes.indirect'] += relays.length;
  }

  /** Relays still in `relays` sent no nack: the fault may be ours. Without any relay it may be as well. */
  #failed(own: Own, nowMs: number): void {
    const { news, counts } = this.#options;
    counts['probes.failed'] += 1;
    this.worsen(own.relaysAsked === 0 ? 1 : (own.relays?.length ?? 0));
    if (this.#isKept(own.member)) news.accuse(own.member, nowMs);
  }

  #report(relayed: Relayed, reached: boolean, outbox: Outbox): void {
    const about = { seq: relayed.askerSeq, target: relayed.member.record.id, reached };
    this.#options.post.report(relayed.asker, about, outbox);
  }

  #take(matches: (sent: Own | Relayed) => boolean): Own | Relayed | undefined {
    const at = this.#sent.findIndex(matches);
    return at < 0 ? undefined : this.#sent.splice(at, 1)[0];
  }

  #nextSeq(): number {
    this.#seq = (this.#seq + 1) >>> 0;
    return this.#seq;
  }

  #ackWaitMs(member: Member): number {
    const { tuning } = this.#options;
    return ackWaitMs(tuning, member.srttMs, member.rttvarMs) * (1 + this.#health);
  }

  readonly #isReachable = (member: Member): boolean => this.#isKept(member) && canReach(member);

  readonly #isFree = (member: Member): boolean => this.#isReachable(member) && !this.#isAsked(member);

  /** An outbound agent that opened no link here may have opened one to a relay, which is asked instead. It gets a
   *  round to open its links, by probing everyone, before that; without this, one that nobody ever heard of again
   *  would stay for ever. */
  readonly #isDue = (member: Member): boolean => {
    const { table, tuning } = this.#options;
    if (canReach(member)) return this.#isFree(member);
    const roundMs = tuning.probeIntervalMs * table.livingCount + tuning.answerWaitMs;
    return this.#nowMs - member.sinceMs > roundMs && this.#isKept(member) && !this.#isAsked(member);
  };

  #isAsked(member: Member): boolean {
    return this.#sent.some((each) => each.kind === 'own' && each.member === member);
  }

  readonly #isKept = (member: Member): boolean =>
    isLiving(member) && this.#options.table.get(member.record.id) === member;
}
