// Who fetches what from whom: one fill per segment, from its home in the ring, and from the origin only by the home.
//
// A want joins the fill in flight or starts one. The home asks the origin; everyone else asks the home, which may
// itself still be receiving. A home that shows no sign of life is shunned for a while and the fetch goes to the
// next in rank, who is told whom to leave out and therefore knows that it is home now.
//
// Agents with differing views must never wait for each other. A fetch that a peer sent may wait only for a fill that
// comes from the origin, for one that has begun to receive, or for a new one that is passed on once; anything else
// answers `stale-view`. So every chain of waiting ends at the origin within two hops.
// Not here: bytes, caching, time-outs of transfers (the world's); redirects, stripes and hedges are not there yet.

import type { AgentId } from '../../wire/ids.ts';
import { AVOID_MAX } from '../../wire/limits.ts';
import type { AgentRecord } from '../../wire/record.ts';
import { placementKey } from '../../wire/segment-name.ts';
import { assert, unreachable } from '../assert.ts';
import type { FetchFailure, FillId, Outbox, Outcome, Requester, Segment, WantId } from '../ports.ts';
import { Placement, type PlacementView } from './placement.ts';
import type { SwarmTuning } from './tuning.ts';

/** A ring's view as the swarm uses it. */
export interface SwarmView extends PlacementView {
  /** Smoothed round-trip time to a member in ms, undefined where none was measured. */
  rttMs(member: AgentId): number | undefined;
}

type Source = { readonly kind: 'origin' } | { readonly kind: 'peer'; readonly peer: AgentId };

interface FillInFlight {
  readonly id: FillId;
  readonly segment: Segment;
  readonly requester: Requester;
  source: Source;
  /** Bytes have begun to arrive: waiting for it cannot lead in a circle any more. */
  begun: boolean;
  /** Peers that failed this fill, and those that its requester told to leave out. */
  readonly avoid: AgentId[];
  peersAsked: number;
  originAsked: number;
}

export class Swarm {
  readonly #self: AgentId;
  readonly #tuning: SwarmTuning;
  readonly #placement: Placement = new Placement();
  readonly #byName: Map<string, FillInFlight> = new Map();
  readonly #byId: Map<FillId, FillInFlight> = new Map();
  readonly #shunned: Map<AgentId, number> = new Map();
  #lastFill = 0;
  #draining = false;

  constructor(self: AgentId, tuning: SwarmTuning) {
    this.#self = self;
    this.#tuning = tuning;
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
      if (requester.kind === 'viewer' || existing.begun || existing.source.kind === 'origin') {
        now.outbox.answer(want, { kind: 'fill', fill: existing.id, joined: true });
      } else {
        now.outbox.answer(want, { kind: 'refuse', reason: 'stale-view' });
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
      case 'complete':
      case 'over':
        this.#forget(flight);
        return;
      case 'failed':
        this.#failed(flight, outcome.reason, now);
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
    const home = this.#homeOf(segment, avoid, now.view);
    const passOn = requester.kind === 'viewer' || requester.chain.length < 2;
    if (home !== undefined && (!passOn || isBehind(requester, home.id))) {
      now.outbox.answer(want, { kind: 'refuse', reason: 'stale-view' });
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
      peersAsked: 0,
      originAsked: 0,
    };
    this.#byName.set(segment.name, flight);
    this.#byId.set(flight.id, flight);
    this.#ask(flight, home, now);
    now.outbox.answer(want, { kind: 'fill', fill: flight.id, joined: false });
  }

  /** @returns the peer that is home, or undefined where this agent is, or nobody can be */
  #homeOf(segment: Segment, avoid: readonly AgentId[], view: SwarmView): AgentRecord | undefined {
    if (segment.kind === 'other') return undefined;
    const home = this.#placement.home(view, placementKey(segment.name), avoid);
    return home === undefined || home.id === this.#self ? undefined : home;
  }

  #ask(flight: FillInFlight, peer: AgentRecord | undefined, now: SwarmNow): void {
    if (peer === undefined) {
      flight.originAsked += 1;
      flight.source = { kind: 'origin' };
      now.outbox.fetchOrigin(flight.id, flight.segment);
      return;
    }
    assert(peer.id !== this.#self, `fill ${flight.id} would ask this agent itself`);
    flight.peersAsked += 1;
    flight.source = { kind: 'peer', peer: peer.id };
    const { requester } = flight;
    now.outbox.fetchPeer(flight.id, flight.segment, {
      peer,
      tier: 0,
      chain: requester.kind === 'peer' ? [...requester.chain, this.#self] : [this.#self],
      avoid: flight.avoid,
      firstSignMs: this.#firstSignMs(now.view.rttMs(peer.id)),
    });
  }

  #failed(flight: FillInFlight, reason: FetchFailure, now: SwarmNow): void {
    if (flight.source.kind === 'origin') {
      const again = reason === 'origin-broken' && flight.originAsked < this.#tuning.originPerFillMax;
      if (again) this.#ask(flight, undefined, now);
      else this.#giveUp(flight, reason, now);
      return;
    }
    if (reason === 'origin-failed' || reason === 'too-large') {
      // The home asked the origin and was failed by it: asking once more from here would double the load on an
      // origin in trouble. And what is too large for the home is too large for everybody.
      this.#giveUp(flight, reason, now);
      return;
    }
    const { peer } = flight.source;
    if (reason === 'silent' || reason === 'unreachable') {
      this.#shunned.set(peer, now.nowMs + this.#tuning.shunMs);
    }
    if (!flight.avoid.includes(peer)) flight.avoid.push(peer);
    const next = this.#homeOf(flight.segment, flight.avoid, now.view);
    const askNext = flight.peersAsked < this.#tuning.peersPerFillMax && flight.avoid.length <= AVOID_MAX;
    const usable = next !== undefined && reason !== 'stale-view' && !isBehind(flight.requester, next.id);
    this.#ask(flight, askNext && usable ? next : undefined, now);
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
  readonly view: SwarmView;
  readonly outbox: Outbox;
}

/** Is the agent one of those for whom the request travels? Then asking it would lead in a circle. */
function isBehind(requester: Requester, agent: AgentId): boolean {
  return requester.kind === 'peer' && requester.chain.includes(agent);
}
