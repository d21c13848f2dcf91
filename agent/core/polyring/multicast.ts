// Multicast: bytes to every agent of the world, of a region, of a ring, or to those interested in a topic, once each.
//
// A cast goes down and up the rings as cast-path.ts lays out: N - 1 messages, one across each border between regions,
// and one acknowledgement for each ring that somebody was asked to serve. Whoever stays silent is passed over for the
// next contact of its ring. What breaks after that is repaired: a broken link by sending again what went over it
// lately; a sender that dies half-way by its receivers telling their neighbours what they have; a lost cast by the gap
// in its origin's numbers, which is asked for. An origin that dies half-way may leave rings without its last cast.
// Not here: who is in which ring (PathView), order (casts may overtake each other), and what the bytes mean.

import type { AgentId, RingId } from '../../wire/ids.ts';
import { CAST_BYTES_MAX, CASTS_PER_MESSAGE_MAX } from '../../wire/limits.ts';
import type { Cast, CastAck, CastHave, CastId, CastMessage, CastPull } from '../../wire/message.ts';
import { unreachable } from '../assert.ts';
import type { KnownContact, Outbox } from '../ports.ts';
import { CastDuties, type Duty, type RoundTrip } from './cast-duties.ts';
import { CastGaps } from './cast-gaps.ts';
import { CastInterest } from './cast-interest.ts';
import { CastLog, type KeptCast } from './cast-log.ts';
import { type Errand, errandsOf, inReach, levelIndex, ownRegion, type Reach, regionOf } from './cast-path.ts';
import { CAST_TUNING, type CastTuning } from './cast-tuning.ts';
import type { PathView } from './path.ts';

export interface MulticastOptions {
  readonly self: AgentId;
  readonly incarnation: number;
  readonly tuning?: Partial<CastTuning>;
  /** Round trip to an agent where membership measures it. */
  readonly roundTrip?: (to: AgentId) => RoundTrip | undefined;
  /** Members of a ring that look-ups have taught, for when all contacts of its seat are dead. */
  readonly members?: (ring: RingId) => readonly KnownContact[];
}

/** What every call is given: the time, the rings as they are now, and where effects go. */
export interface CastNow {
  readonly nowMs: number;
  readonly view: PathView;
  readonly outbox: Pick<Outbox, 'send' | 'deliver'>;
}

/** Why a cast is refused: nothing on this agent's path is called that, or its bytes are too many. */
export type CastRefusal = 'unknown-target' | 'too-large';

export class Multicast {
  readonly #self: AgentId;
  readonly #incarnation: number;
  readonly #tuning: CastTuning;
  readonly #log: CastLog;
  readonly #duties: CastDuties;
  readonly #gaps: CastGaps;
  readonly #interest: CastInterest;
  readonly #roundTrip: (to: AgentId) => RoundTrip | undefined;
  readonly #members: (ring: RingId) => readonly KnownContact[];
  /** Own casts: the latest number of each reach and target. */
  readonly #latest: Map<string, number> = new Map();
  /** Agents whose links broke lately: until when they are no neighbours. */
  readonly #gone: Map<AgentId, number> = new Map();
  #seq = 0;

  constructor(options: MulticastOptions) {
    this.#self = options.self;
    this.#incarnation = options.incarnation;
    this.#tuning = { ...CAST_TUNING, ...options.tuning };
    this.#log = new CastLog(this.#tuning);
    this.#roundTrip = options.roundTrip ?? (() => undefined);
    this.#duties = new CastDuties(this.#tuning, this.#roundTrip);
    this.#gaps = new CastGaps(this.#tuning);
    this.#interest = new CastInterest(this.#self, this.#tuning);
    this.#members = options.members ?? (() => []);
  }

  get nextWakeMs(): number {
    return Math.min(this.#duties.nextMs, this.#gaps.nextMs, this.#interest.nextMs);
  }

  /** Entries held besides the casts kept: what it answers for and what it asks for. */
  get pending(): number {
    return this.#duties.count + this.#gaps.count;
  }

  /** Sends to everybody else in reach; the sender's own application has the bytes already. */
  cast(reach: Reach, bytes: Uint8Array, now: CastNow): CastRefusal | undefined {
    if (bytes.length > CAST_BYTES_MAX) return 'too-large';
    if (!isKnown(now.view, reach)) return 'unknown-target';
    this.#seq += 1;
    const stream = `${reach.reach} ${reach.target}`;
    const previous = this.#latest.get(stream) ?? 0;
    this.#latest.delete(stream);
    this.#latest.set(stream, this.#seq);
    const [oldest] = this.#latest.keys();
    if (this.#latest.size > this.#tuning.originsMax && oldest !== undefined) this.#latest.delete(oldest);
    const cast: Cast = {
      kind: 'cast',
      origin: this.#self,
      incarnation: this.#incarnation,
      seq: this.#seq,
      previous,
      ...reach,
      cover: undefined,
      climb: undefined,
      bytes,
    };
    const kept = this.#log.add(cast, undefined, now.nowMs);
    this.#pass(kept, { cover: now.view.leaf.ring, climbFrom: 0, delegate: true }, now);
    return undefined;
  }

  /** From now on casts to the topic are delivered here. @returns false where it is no topic, or one too many */
  subscribe(topic: string, now: CastNow): boolean {
    return this.#interest.subscribe(topic, now);
  }

  unsubscribe(topic: string): void {
    this.#interest.unsubscribe(topic);
  }

  receive(from: AgentId, message: CastMessage, now: CastNow): void {
    switch (message.kind) {
      case 'cast':
        this.#receiveCast(from, message, now);
        return;
      case 'cast-ack':
        this.#receiveAck(from, message, now);
        return;
      case 'cast-have':
        this.#receiveHave(from, message, now);
        return;
      case 'cast-pull':
        this.#receivePull(from, message, now);
        return;
      case 'interest':
        this.#interest.heard(from, message, now);
        return;
      default:
        unreachable(message);
    }
  }

  /** The link to an agent broke, or it was found dead. */
  broken(peer: AgentId, now: CastNow): void {
    for (const [each, untilMs] of this.#gone) if (untilMs <= now.nowMs) this.#gone.delete(each);
    if (this.#gone.size < this.#tuning.gapsMax) this.#gone.set(peer, now.nowMs + this.#tuning.keepMs);
    for (const duty of this.#duties.broken(peer)) this.#handOn(duty, now);
    const { members } = now.view.leaf;
    const member = members.find(({ id }) => id === peer);
    if (member === undefined) return;
    const here = now.view.leaf.ring;
    const halfWay: CastId[] = [];
    for (const kept of this.#log.recent(now.nowMs)) {
      if (kept.covered.includes(here))
        now.outbox.send(member, { ...kept.cast, cover: undefined, climb: undefined });
      else if (kept.from === peer) halfWay.push(idOf(kept.cast));
    }
    if (halfWay.length > 0) this.#tellNeighbour(halfWay.slice(-CASTS_PER_MESSAGE_MAX), peer, now);
  }

  wake(now: CastNow): void {
    for (const duty of this.#duties.due(now.nowMs)) this.#handOn(duty, now);
    for (const { id, shownBy, turn } of this.#gaps.due(now.nowMs)) {
      const to =
        turn === 0
          ? { id: shownBy, link: linkOf(shownBy, now.view) }
          : this.#neighbour(turn, shownBy, now.view);
      if (to !== undefined) now.outbox.send(to, { kind: 'cast-pull', casts: [id] });
    }
    this.#interest.wake(now);
  }

  #receiveCast(from: AgentId, cast: Cast, now: CastNow): void {
    this.#gone.delete(from);
    if (cast.origin === this.#self) return;
    const { view } = now;
    const cover = cast.cover === undefined || levelIndex(view, cast.cover) >= 0;
    const climbFrom = cast.climb === undefined ? view.above.length : levelIndex(view, cast.climb) - 1;
    const taken = cover && climbFrom >= 0;
    if (cast.cover !== undefined || cast.climb !== undefined) {
      now.outbox.send({ id: from, link: linkOf(from, view) }, { kind: 'cast-ack', ...idOf(cast), taken });
    }
    const repaired = this.#gaps.came(cast);
    const isNew = !this.#log.has(cast);
    if (isNew) this.#lookForGap(from, cast, repaired, now);
    const kept = isNew ? this.#log.add(cast, from, now.nowMs) : this.#log.kept(cast);
    if (isNew && this.#isForMe(cast, view)) now.outbox.deliver(cast.bytes, aboutOf(cast));
    if (kept !== undefined && taken) this.#pass(kept, { cover: cast.cover, climbFrom, delegate: true }, now);
    if (isNew && repaired) this.#tellNeighbour([idOf(cast)], from, now);
  }

  #isForMe(cast: Cast, view: PathView): boolean {
    return cast.reach === 'topic' ? this.#interest.has(cast.target) : inReach(view, cast);
  }

  /** The cast before a missing one is asked for at once: it cannot have been overtaken. */
  #lookForGap(from: AgentId, cast: Cast, repaired: boolean, now: CastNow): void {
    const id = { origin: cast.origin, incarnation: cast.incarnation, seq: cast.previous };
    if (cast.previous === 0 || cast.previous >= cast.seq || !this.#log.lacks(id)) return;
    this.#gaps.add(id, from, now.nowMs + (repaired ? 0 : this.#tuning.gapWaitMs));
  }

  #receiveAck(from: AgentId, ack: CastAck, now: CastNow): void {
    for (const duty of this.#duties.answered(from, ack, ack.taken, now.nowMs)) this.#handOn(duty, now);
  }

  #receiveHave(from: AgentId, { casts }: CastHave, now: CastNow): void {
    for (const id of casts) if (!this.#log.has(id)) this.#gaps.add(id, from, now.nowMs);
    // Asked for at once, by the same rules as any gap.
    this.wake(now);
  }

  #receivePull(from: AgentId, { casts }: CastPull, now: CastNow): void {
    const to = { id: from, link: linkOf(from, now.view) };
    for (const id of casts) {
      const kept = this.#log.kept(id);
      if (kept !== undefined) now.outbox.send(to, { ...kept.cast, cover: undefined, climb: undefined });
    }
  }

  #pass(
    kept: KeptCast,
    how: { cover: RingId | undefined; climbFrom: number; delegate: boolean },
    now: CastNow,
  ): void {
    const { cast } = kept;
    const { view } = now;
    const cover = how.cover !== undefined && kept.covered.includes(how.cover) ? undefined : how.cover;
    const { errands, served } = errandsOf({
      self: this.#self,
      view,
      reach: cast.reach,
      target: cast.target,
      wanted: this.#interest.wanted(cast, now),
      cover,
      climbFrom: this.#unserved(kept, how.climbFrom, view),
      rttMs: (to) => this.#roundTrip(to)?.srttMs,
      delegate: how.delegate,
    });
    kept.covered.push(...served);
    for (const errand of errands) this.#send(kept, errand, now);
  }

  /** Past every ring where this one was climbed from before. */
  #unserved(kept: KeptCast, climbFrom: number, view: PathView): number {
    const ring = view.above[climbFrom]?.ring;
    return ring !== undefined && kept.covered.includes(ring) ? view.above.length : climbFrom;
  }

  #send(kept: KeptCast, { to, cover, climb }: Errand, now: CastNow): void {
    now.outbox.send(to, { ...kept.cast, cover: cover?.ring, climb: climb?.ring });
    if (cover !== undefined) this.#duties.add({ kept, kind: 'cover', ...cover, to, spare: false }, now.nowMs);
    if (climb !== undefined) {
      this.#duties.add({ kept, kind: 'climb', ...climb, to, others: [], spare: false }, now.nowMs);
    }
  }

  /** Whoever was asked did not take it: the ring's next contact covers it, and this agent climbs itself. */
  #handOn(duty: Duty, now: CastNow): void {
    const { kept, kind, ring } = duty;
    if (kind === 'climb') {
      const climbFrom = levelIndex(now.view, ring) - 1;
      if (climbFrom >= 0) this.#pass(kept, { cover: undefined, climbFrom, delegate: false }, now);
      return;
    }
    const spare = duty.others.length === 0;
    if (spare && duty.spare) return;
    const [to, ...others] = spare ? this.#members(ring).filter(({ id }) => id !== duty.to.id) : duty.others;
    if (to === undefined) return;
    now.outbox.send(to, { ...kept.cast, cover: ring, climb: undefined });
    this.#duties.add({ ...duty, to, others, spare: spare || duty.spare }, now.nowMs);
  }

  #tellNeighbour(casts: readonly CastId[], except: AgentId, now: CastNow): void {
    const to = this.#neighbour(1, except, now.view);
    if (to !== undefined) now.outbox.send(to, { kind: 'cast-have', casts });
  }

  /** The member that comes `steps` after this one in the leaf ring, not counting one. */
  #neighbour(steps: number, except: AgentId, view: PathView): KnownContact | undefined {
    const others = view.leaf.members.filter(({ id }) => {
      return id !== except && id !== this.#self && !this.#gone.has(id);
    });
    const after = others.findIndex(({ id }) => id > this.#self);
    return others[(Math.max(0, after) + steps - 1) % others.length];
  }
}

function idOf({ origin, incarnation, seq }: CastId): CastId {
  return { origin, incarnation, seq };
}

function aboutOf({ origin, reach, target }: Cast): { origin: AgentId } & Reach {
  return { origin, reach, target };
}

/** Where an agent is reached that spoke first: over its own link, if it is nobody of the leaf ring. */
function linkOf(id: AgentId, view: PathView): string {
  return view.leaf.members.find((member) => member.id === id)?.link ?? '';
}

function isKnown(view: PathView, reach: Reach): boolean {
  if (reach.reach !== 'region') return inReach(view, reach);
  if (reach.target === ownRegion(view)) return true;
  const top = view.world ? view.above.at(-1) : undefined;
  return top?.seats.some(({ ring }) => regionOf(ring) === reach.target) ?? false;
}
