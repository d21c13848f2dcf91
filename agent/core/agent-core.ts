// An agent's whole protocol as one synchronous state machine: (event, nowMs) -> effects.
//
// The daemon plugs it into sockets and clocks, the simulator plugs thousands of the same class into one event queue.
// It never awaits, reads a clock, draws ambient randomness or touches a socket. It is thin: membership (polyring/)
// says who is near, the swarm (swarm/) says who fetches what; here events are handed to the part that they are for,
// and one wake-up time is kept for both.

import type { AgentId, RingId } from '../wire/ids.ts';
import type { ControlMessage } from '../wire/message.ts';
import type { AgentRecord } from '../wire/record.ts';
import type { Reach } from './polyring/cast-path.ts';
import { Membership, type MembershipOptions } from './polyring/membership.ts';
import { type CastNow, type CastRefusal, Multicast } from './polyring/multicast.ts';
import type { PathView } from './polyring/path.ts';
import type { RingView } from './polyring/ring-view.ts';
import type { FillId, KnownContact, Outbox, Outcome, Requester, Segment, WantId } from './ports.ts';
import { Swarm, type SwarmNow } from './swarm/swarm.ts';
import { SWARM_TUNING, type SwarmTuning } from './swarm/tuning.ts';

export interface AgentCoreOptions extends MembershipOptions {
  readonly swarmTuning?: SwarmTuning;
}

export class AgentCore {
  readonly #membership: Membership;
  readonly #swarm: Swarm;
  readonly #multicast: Multicast;

  constructor(options: AgentCoreOptions) {
    this.#membership = new Membership(options);
    this.#swarm = new Swarm(options.claim.id, options.swarmTuning ?? SWARM_TUNING);
    const { id, incarnation } = options.claim;
    const members = (ring: RingId): readonly KnownContact[] => this.#swarm.rosters.get(ring)?.members ?? [];
    this.#multicast = new Multicast({ self: id, incarnation, members });
  }

  get self(): AgentRecord {
    return this.#membership.self;
  }

  /** The leaf ring as this agent sees it. */
  get view(): RingView {
    return this.#membership.view;
  }

  /** The leaf ring and every ring above it. */
  get path(): PathView {
    return this.#membership.path;
  }

  /** Agents of other regions, a few of each. */
  get contacts(): readonly AgentRecord[] {
    return this.#membership.contacts;
  }

  /** Fills in flight. */
  get fills(): number {
    return this.#swarm.fills;
  }

  start(nowMs: number, outbox: Outbox): void {
    this.#membership.start(nowMs, outbox);
    this.#rest(outbox);
  }

  /** A neighbour said something. Its signatures have been checked. */
  receive(from: AgentId, message: ControlMessage, nowMs: number, outbox: Outbox): void {
    switch (message.kind) {
      case 'cast':
      case 'cast-ack':
      case 'cast-have':
      case 'cast-pull':
      case 'interest':
        this.#multicast.receive(from, message, this.#castNow(nowMs, outbox));
        break;
      default:
        this.#membership.receive(from, message, nowMs, outbox);
    }
    this.#rest(outbox);
  }

  /** Sends bytes to every other agent in reach. */
  cast(reach: Reach, bytes: Uint8Array, nowMs: number, outbox: Outbox): CastRefusal | undefined {
    const refusal = this.#multicast.cast(reach, bytes, this.#castNow(nowMs, outbox));
    this.#rest(outbox);
    return refusal;
  }

  /** From now on casts to the topic are delivered here. @returns false where it is no topic, or one too many */
  subscribe(topic: string, nowMs: number, outbox: Outbox): boolean {
    const taken = this.#multicast.subscribe(topic, this.#castNow(nowMs, outbox));
    this.#rest(outbox);
    return taken;
  }

  unsubscribe(topic: string): void {
    this.#multicast.unsubscribe(topic);
  }

  /** The link to a peer broke, or a fetch from it stayed without a sign of life. */
  broken(peer: AgentId, nowMs: number, outbox: Outbox): void {
    this.#membership.broken(peer, nowMs, outbox);
    this.#multicast.broken(peer, this.#castNow(nowMs, outbox));
    this.#rest(outbox);
  }

  /** A player or a neighbour asked for something that the store does not have. Answered before this returns. */
  want(want: WantId, segment: Segment, requester: Requester, nowMs: number, outbox: Outbox): void {
    this.#swarm.want(want, segment, requester, this.#now(nowMs, outbox));
  }

  /** The first head of a fill has arrived. */
  begun(fill: FillId): void {
    this.#swarm.begun(fill);
  }

  /** The world finished a fetch: once for every fetchOrigin and fetchPeer. */
  settle(fill: FillId, outcome: Outcome, nowMs: number, outbox: Outbox): void {
    const silent = outcome.kind === 'failed' && outcome.reason === 'silent';
    const peer = silent ? this.#swarm.peerOf(fill) : undefined;
    this.#swarm.settle(fill, outcome, this.#now(nowMs, outbox));
    if (peer !== undefined) this.broken(peer, nowMs, outbox);
  }

  /** The time that it asked for has come. */
  wake(nowMs: number, outbox: Outbox): void {
    if (this.#membership.nextWakeMs <= nowMs) this.#membership.wake(nowMs, outbox);
    if (this.#multicast.nextWakeMs <= nowMs) this.#multicast.wake(this.#castNow(nowMs, outbox));
    this.#rest(outbox);
  }

  /** How busy this agent is, 0 (idle) to 255: neighbours and players hear of it. */
  setLoad(load: number): void {
    this.#membership.setLoad(load);
  }

  /** Says good-bye to the ring and serves no more peers; viewers are still served. */
  leave(nowMs: number, outbox: Outbox): void {
    this.#swarm.drain();
    this.#membership.leave(nowMs, outbox);
    this.#rest(outbox);
  }

  #now(nowMs: number, outbox: Outbox): SwarmNow {
    const { view, path } = this.#membership;
    return { nowMs, outbox, view, above: path.above, world: path.world };
  }

  #castNow(nowMs: number, outbox: Outbox): CastNow {
    return { nowMs, outbox, view: this.#membership.path };
  }

  #rest(outbox: Outbox): void {
    outbox.wakeAt(Math.min(this.#membership.nextWakeMs, this.#multicast.nextWakeMs));
  }
}
