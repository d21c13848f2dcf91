// Who fetches what from whom: one fill per segment and ring, from home to home up the path, and from the origin only by
// the home of the highest ring.
//
// A want joins the fill in flight or starts one. An agent that is home in some ring of its path asks the home of the
// next ring above the highest such one; past the last ring, the origin. A home that shows no sign of life is shunned
// for a while and the fetch goes to the next in rank, who is told whom to leave out and therefore knows that it is home
// now; where a second one fails too, its ring is skipped. In another seat's ring a contact is asked first and redirects
// the asker with that ring's roster, so that the next look-up there goes straight.
//
// Agents with differing views must never wait for each other. A fetch that a peer sent for a ring may wait only for a
// fill that comes from the origin, that has begun to receive, or that is asked for in a higher ring; in the leaf ring
// also for a new one that is passed on once. Anything else answers `stale-view` or a redirect, for neither of which
// anybody waits. So rings only rise along a chain of waiting, with one step aside at its start.
// Not here: bytes, caching, time-outs of transfers (the world's); stripes and hedges are not there yet.

import type { AgentId } from '../../wire/ids.ts';
import { AVOID_MAX, CHAIN_MAX } from '../../wire/limits.ts';
import type { RingRoster } from '../../wire/message.ts';
import { hash64 } from '../../wire/rendezvous.ts';
import { placementKey } from '../../wire/segment-name.ts';
import { assert, unreachable } from '../assert.ts';
import type { PathRing } from '../polyring/path.ts';
import type {
  Answer,
  FetchFailure,
  FillId,
  KnownContact,
  Outbox,
  Outcome,
  Requester,
  Segment,
  WantId,
} from '../ports.ts';
import { type Found, type HomePath, Homes } from './homes.ts';
import type { PlacementView } from './placement.ts';
import { Rosters } from './rosters.ts';
import type { SwarmTuning } from './tuning.ts';

/** A ring's view as the swarm uses it. */
export interface SwarmView extends PlacementView {
  /** Smoothed round-trip time to a member in ms, undefined where none was measured. */
  rttMs(member: AgentId): number | undefined;
}

type Source =
  | { readonly kind: 'origin' }
  | { readonly kind: 'peer'; readonly peer: AgentId; readonly level: number };

interface FillInFlight {
  readonly id: FillId;
  readonly segment: Segment;
  readonly requester: Requester;
  source: Source;
  /** Bytes have begun to arrive: waiting for it cannot lead in a circle any more. */
  begun: boolean;
  /** Peers left out in the ring that is being asked: shunned, told to leave out, or failed. */
  avoid: AgentId[];
  /** Peers that failed this fill, in any ring. */
  readonly failed: AgentId[];
  /** Peers that failed it in the ring that is being asked. */
  peersAsked: number;
  redirects: number;
  originAsked: number;
}

export class Swarm {
  readonly #self: AgentId;
  readonly #tuning: SwarmTuning;
  readonly #rosters: Rosters;
  readonly #homes: Homes;
  readonly #byName: Map<string, FillInFlight> = new Map();
  readonly #byId: Map<FillId, FillInFlight> = new Map();
  readonly #shunned: Map<AgentId, number> = new Map();
  #lastFill = 0;
  #draining = false;

  constructor(self: AgentId, tuning: SwarmTuning) {
    this.#self = self;
    this.#tuning = tuning;
    this.#rosters = new Rosters(tuning.rostersMax);
    this.#homes = new Homes(self, this.#rosters);
  }

  /** Rings that the agent is not in, as look-ups have taught them. */
  get rosters(): Rosters {
    return this.#rosters;
  }

  /** Fills in flight. */
  get fills(): number {
    return this.#byId.size;
  }

  /** From now on wants of peers are refused; viewers are still served. */
  drain(): void {
    this.#draining = true;
  }

  want(want: WantId, segment: Segment, requester: Requester, now: SwarmNow): void {
    const existing = this.#byName.get(segment.name);
    if (existing !== undefined) {
      if (requester.kind === 'viewer' || mayWait(requester, existing)) {
        now.outbox.answer(want, { kind: 'fill', fill: existing.id, joined: true });
      } else {
        now.outbox.answer(want, this.#elsewhere(segment, requester, this.#path(now)));
      }
      return;
    }
    if (requester.kind === 'peer' && this.#draining) {
      now.outbox.answer(want, { kind: 'refuse', reason: 'draining' });
    } else if (this.#byId.size >= this.#tuning.fillsMax) {
      now.outbox.answer(want, { kind: 'refuse', reason: 'busy' });
    } else {
      this.#start(want, segment, requester, now);
    }
  }

  /** The fill's head has arrived. */
  begun(fill: FillId): void {
    const flight = this.#byId.get(fill);
    if (flight !== undefined) flight.begun = true;
  }

  settle(fill: FillId, outcome: Outcome, now: SwarmNow): void {
    const flight = this.#byId.get(fill);
    if (flight === undefined) return;
    switch (outcome.kind) {
      case 'over':
        if (outcome.reason === 'corrupt') this.#distrust(flight.source, now);
        this.#forget(flight);
        return;
      case 'complete':
        this.#forget(flight);
        return;
      case 'failed':
        this.#failed(flight, outcome.reason, now);
        return;
      case 'redirected':
        this.#redirected(flight, outcome.rosters, now);
        return;
      default:
        unreachable(outcome);
    }
  }

  /** The peer that a fill is being fetched from, if any. */
  peerOf(fill: FillId): AgentId | undefined {
    const source = this.#byId.get(fill)?.source;
    return source?.kind === 'peer' ? source.peer : undefined;
  }

  /** Peers left out of the placement at the moment. */
  shunned(nowMs: number): AgentId[] {
    for (const [peer, untilMs] of this.#shunned) if (untilMs <= nowMs) this.#shunned.delete(peer);
    return [...this.#shunned.keys()];
  }

  #start(want: WantId, segment: Segment, requester: Requester, now: SwarmNow): void {
    const avoid = requester.kind === 'peer' ? [...requester.avoid] : this.shunned(now.nowMs);
    const path = this.#path(now);
    const level = requester.kind === 'peer' ? requester.tier : 0;
    const own = segment.kind === 'other' ? path.above.length : this.#highestOwn(segment, avoid, level, path);
    if (own === undefined && requester.kind === 'peer' && !this.#mayPassOn(segment, requester, path)) {
      now.outbox.answer(want, this.#elsewhere(segment, requester, path));
      return;
    }
    this.#lastFill += 1;
    const flight: FillInFlight = {
      id: this.#lastFill as FillId,
      segment,
      requester,
      source: { kind: 'origin' },
      begun: false,
      avoid: avoid.slice(0, AVOID_MAX),
      failed: [],
      peersAsked: 0,
      redirects: 0,
      originAsked: 0,
    };
    this.#byName.set(segment.name, flight);
    this.#byId.set(flight.id, flight);
    this.#askFrom(flight, own === undefined ? 0 : own + 1, now);
    now.outbox.answer(want, { kind: 'fill', fill: flight.id, joined: false });
  }

  /** Rings up to the one whose homes ask the origin. */
  #path({ view, above = [], world = false }: SwarmNow): HomePath {
    const regional = world && this.#tuning.originLevel === 'region' ? above.slice(0, -1) : above;
    return { leaf: view, above: regional };
  }

  /** @returns the highest place on the path, at `level` or above, at which it falls to this agent to go on */
  #highestOwn(
    segment: Segment,
    avoid: readonly AgentId[],
    level: number,
    path: HomePath,
  ): number | undefined {
    for (let at = path.above.length; at >= 0; at -= 1) {
      const here = levelAt(path, at);
      if (here < level) break;
      // Who asks for a ring above has chosen the seat: views may differ in that, and either will do.
      const asked = here === level && at > 0;
      const sought = { key: hash64(placementKey(segment.name)), avoid };
      const found = asked ? this.#homes.below(at, sought, path).found : this.#homes.find(at, sought, path);
      if (found.kind === 'self') return at;
    }
    // Nobody has weight in the leaf ring that was asked: then it is whoever was asked.
    const nobody = this.#find(segment, avoid, 0, path).kind === 'nobody';
    return nobody && level === 0 ? 0 : undefined;
  }

  #find(segment: Segment, avoid: readonly AgentId[], at: number, path: HomePath): Found {
    return this.#homes.find(at, { key: hash64(placementKey(segment.name)), avoid }, path);
  }

  /** In the leaf ring a fetch that came to the wrong agent goes on to the right one, once. */
  #mayPassOn(segment: Segment, requester: Requester & { kind: 'peer' }, path: HomePath): boolean {
    if (requester.tier > 0 || requester.chain.length >= 2) return false;
    const found = this.#find(segment, requester.avoid, 0, path);
    return found.kind === 'agent' && !isBehind(requester, found.peer.id);
  }

  /** What a peer is told that asks for another's segment. */
  #elsewhere(segment: Segment, requester: Requester & { kind: 'peer' }, path: HomePath): Answer {
    const at = path.above.findIndex(({ level }) => level === requester.tier) + 1;
    if (at === 0) return { kind: 'refuse', reason: 'stale-view' };
    const sought = { key: hash64(placementKey(segment.name)), avoid: requester.avoid };
    const { found, rosters } = this.#homes.below(at, sought, path);
    const known = found.kind === 'agent' || found.kind === 'seat';
    return known ? { kind: 'redirect', rosters } : { kind: 'refuse', reason: 'stale-view' };
  }

  /** Asks the home of the first ring from here upwards that can be asked; past the last one, the origin. */
  #askFrom(flight: FillInFlight, from: number, now: SwarmNow): void {
    const path = this.#path(now);
    const { requester, segment } = flight;
    const chain = requester.kind === 'peer' ? requester.chain.length : 0;
    for (let at = from; at <= path.above.length && chain < CHAIN_MAX; at += 1) {
      if (at > from || (at > 0 && flight.source.kind === 'peer')) this.#nextRing(flight, now);
      const peer = candidate(this.#find(segment, flight.avoid, at, path));
      if (peer === undefined || isBehind(requester, peer.id)) continue;
      this.#askPeer(flight, peer, levelAt(path, at), now);
      return;
    }
    this.#askOrigin(flight, now);
  }

  /** Another ring, other members: left out are those that this agent itself knows not to answer. */
  #nextRing(flight: FillInFlight, now: SwarmNow): void {
    const avoid = new Set([...flight.failed, ...this.shunned(now.nowMs)]);
    flight.avoid = [...avoid].slice(0, AVOID_MAX);
    flight.peersAsked = 0;
    flight.redirects = 0;
  }

  #askOrigin(flight: FillInFlight, now: SwarmNow): void {
    flight.originAsked += 1;
    flight.source = { kind: 'origin' };
    now.outbox.fetchOrigin(flight.id, flight.segment);
  }

  #askPeer(flight: FillInFlight, peer: KnownContact, level: number, now: SwarmNow): void {
    assert(peer.id !== this.#self, `fill ${flight.id} would ask this agent itself`);
    flight.source = { kind: 'peer', peer: peer.id, level };
    const { requester } = flight;
    now.outbox.fetchPeer(flight.id, flight.segment, {
      peer,
      tier: level,
      chain: requester.kind === 'peer' ? [...requester.chain, this.#self] : [this.#self],
      avoid: flight.avoid,
      firstSignMs: this.#firstSignMs(now.view.rttMs(peer.id)),
    });
  }

  #failed(flight: FillInFlight, reason: FetchFailure, now: SwarmNow): void {
    const { source } = flight;
    if (source.kind === 'origin') {
      const again = reason === 'origin-broken' && flight.originAsked < this.#tuning.originPerFillMax;
      if (again) this.#askOrigin(flight, now);
      else this.#giveUp(flight, reason, now);
      return;
    }
    if (reason === 'origin-failed' || reason === 'too-large') {
      // The home asked the origin and was failed by it: asking once more from here would double the load on an
      // origin in trouble. And what is too large for the home is too large for everybody.
      this.#giveUp(flight, reason, now);
      return;
    }
    const { peer } = source;
    if (reason === 'corrupt') this.#distrust(source, now);
    if (reason === 'silent' || reason === 'unreachable') {
      this.#shun(peer, now.nowMs + this.#tuning.shunMs);
    }
    flight.peersAsked += 1;
    if (!flight.failed.includes(peer)) flight.failed.push(peer);
    if (!flight.avoid.includes(peer)) flight.avoid.push(peer);
    const again = flight.peersAsked < this.#tuning.peersPerFillMax && flight.avoid.length <= AVOID_MAX;
    this.#goOn(flight, again && reason !== 'stale-view', now);
  }

  #distrust(source: Source, now: SwarmNow): void {
    if (source.kind === 'peer') this.#shun(source.peer, now.nowMs + this.#tuning.corruptShunMs);
  }

  /** Never for less than it is already. */
  #shun(peer: AgentId, untilMs: number): void {
    this.#shunned.set(peer, Math.max(untilMs, this.#shunned.get(peer) ?? 0));
    this.#rosters.drop(peer);
  }

  #redirected(flight: FillInFlight, rosters: readonly RingRoster[], now: SwarmNow): void {
    const { source } = flight;
    if (source.kind === 'origin') return;
    for (const roster of rosters) this.#rosters.put(roster);
    flight.redirects += 1;
    this.#goOn(flight, flight.redirects <= this.#tuning.redirectsMax, now, source.peer);
  }

  /** Asks another peer of the same ring, or else the next ring up.
   *  @param except who has just said that it is not home */
  #goOn(flight: FillInFlight, sameRing: boolean, now: SwarmNow, except?: AgentId): void {
    const { source, segment, requester } = flight;
    assert(source.kind === 'peer', `fill ${flight.id} goes on from the origin`);
    const path = this.#path(now);
    const { level } = source;
    const at = level === 0 ? 0 : path.above.findIndex((ring) => ring.level === level) + 1;
    if (sameRing && (at > 0 || level === 0)) {
      const peer = candidate(this.#find(segment, flight.avoid, at, path));
      if (peer !== undefined && peer.id !== except && !isBehind(requester, peer.id)) {
        this.#askPeer(flight, peer, level, now);
        return;
      }
    }
    const next = path.above.findIndex((ring) => ring.level > level);
    this.#askFrom(flight, next < 0 ? path.above.length + 1 : next + 1, now);
  }

  #giveUp(flight: FillInFlight, reason: FetchFailure, now: SwarmNow): void {
    this.#forget(flight);
    now.outbox.giveUp(flight.id, reason);
  }

  #forget(flight: FillInFlight): void {
    this.#byName.delete(flight.segment.name);
    this.#byId.delete(flight.id);
  }

  #firstSignMs(rttMs: number | undefined): number {
    return Math.max(this.#tuning.firstSignMsMin, (rttMs ?? 0) * this.#tuning.firstSignRtts);
  }
}

/** What every call is given: the time, the ring as it is now, and where effects go. */
export interface SwarmNow {
  readonly nowMs: number;
  /** The leaf ring. */
  readonly view: SwarmView;
  /** The rings above it; absent where there are none. */
  readonly above?: readonly PathRing[];
  /** Whether the last of them joins regions. */
  readonly world?: boolean;
  readonly outbox: Outbox;
}

function levelAt({ above }: HomePath, at: number): number {
  return at === 0 ? 0 : (above[at - 1] as PathRing).level;
}

/** Whom to ask: the home itself, or who can tell it. */
function candidate(found: Found): KnownContact | undefined {
  switch (found.kind) {
    case 'agent':
      return found.peer;
    case 'seat':
      return found.contacts[0];
    default:
      return undefined;
  }
}

/** May a peer's fetch wait for this fill? See the rule at the top. */
function mayWait(requester: Requester & { kind: 'peer' }, { source, begun }: FillInFlight): boolean {
  if (source.kind === 'origin') return true;
  if (source.level > requester.tier) return true;
  // One that resumes may ask a peer that itself reads from it.
  return begun && !requester.chain.includes(source.peer);
}

/** Is the agent one of those for whom the request travels? Then asking it would lead in a circle. */
function isBehind(requester: Requester, agent: AgentId): boolean {
  return requester.kind === 'peer' && requester.chain.includes(agent);
}
