// A world of simulated agents: the same core as the daemon's, one event queue, a virtual clock.
//
// Everything that can happen to an agent is a method here, called between events or put in the future with `at`:
// start, stop (its kernel resets its links), vanish (power loss: silence), freeze, leave, restart; and to the network:
// loss and cuts. All chance comes from one seed. Who is right about whom is checkers.ts; what it costs, experiments.

import { AgentCore } from '../../agent/core/agent-core.ts';
import { type Counts, newCounts, Timings } from '../../agent/core/counters.ts';
import type { Reach } from '../../agent/core/polyring/cast-path.ts';
import type { Tuning } from '../../agent/core/polyring/tuning.ts';
import type { Contact, Outbox, Random } from '../../agent/core/ports.ts';
import { below, prng } from '../../agent/core/prng.ts';
import { decode, encode } from '../../agent/wire/codec.ts';
import { type AgentId, agentIdOf, type Region } from '../../agent/wire/ids.ts';
import type { ControlMessage } from '../../agent/wire/message.ts';
import type { AgentClaim, AgentRecord, SeatClaim, SeatRecord } from '../../agent/wire/record.ts';
import { EventQueue } from './event-queue.ts';
import { metrosOf } from './geography.ts';
import { Network } from './network.ts';
import { Trace } from './trace.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly agents: number;
  readonly regions: number;
  /** Agents, by index, that every other one is told of at its start. Default: the first. */
  readonly seeds?: readonly number[];
  /** Agents, by index, that nobody can dial. */
  readonly outbound?: ReadonlySet<number>;
  readonly loss?: number;
  /** Runs every message through its bytes. */
  readonly codec?: boolean;
  readonly tuning?: Partial<Tuning>;
}

/** One agent through all its lives. */
export interface SimAgent {
  readonly index: number;
  readonly id: AgentId;
  readonly region: string;
  readonly outbound: boolean;
  /** Undefined before the first start. */
  core: AgentCore | undefined;
  counts: Counts;
  running: boolean;
  incarnation: number;
  /** Raised by every start and stop: events of an earlier life are void. */
  life: number;
  frozenUntilMs: number;
  wakeAtMs: number;
  /** When multicast messages were handed to its application. */
  readonly delivered: number[];
  /** Outbound agents: those to whom this life has opened a link. */
  readonly opened: Set<number>;
}

const MESSAGE = 0;
const WAKE = 1;
const BROKEN = 2;
const ACTION = 3;

const NO_PROOF: AgentRecord['proof'] = { body: new Uint8Array(0), signature: new Uint8Array(0) };
const seal = (claim: AgentClaim): AgentRecord => ({ ...claim, proof: NO_PROOF });
const sealSeat = (claim: SeatClaim): SeatRecord => ({ ...claim, proof: NO_PROOF });

export class World {
  nowMs = 0;
  events = 0;
  messages = 0;
  readonly agents: readonly SimAgent[];
  readonly network: Network;
  readonly random: Random;
  readonly trace: Trace = new Trace();
  /** Called after every event of an agent. */
  observe: ((agent: SimAgent) => void) | undefined;
  readonly #options: WorldOptions;
  readonly #queue = new EventQueue();
  readonly #byId = new Map<AgentId, number>();
  readonly #outbox: Outbox;
  #speaker: SimAgent;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.random = prng(options.seed);
    const metros = metrosOf(options.regions);
    const flat = metros.flat();
    const metroOf = new Int32Array(options.agents);
    this.agents = Array.from({ length: options.agents }, (_, index) => {
      const own = metros[index % options.regions] ?? [];
      const metro = own[below(this.random, own.length)];
      if (metro === undefined) throw new RangeError(`expected >= 1 region, got ${options.regions}`);
      metroOf[index] = flat.indexOf(metro);
      const agent = this.#newAgent(index, `${metro.region}/${metro.name}`);
      this.#byId.set(agent.id, index);
      return agent;
    });
    const first = this.agents[0];
    if (first === undefined) throw new RangeError('expected >= 1 agent, got none');
    this.#speaker = first;
    this.network = new Network(flat, metroOf, prng(options.seed ^ 0x5eed));
    this.network.loss = options.loss ?? 0;
    this.#outbox = this.#newOutbox();
  }

  agent(index: number): SimAgent {
    const agent = this.agents[index];
    if (agent === undefined) throw new RangeError(`expected an agent < ${this.agents.length}, got ${index}`);
    return agent;
  }

  agentOf(id: AgentId): SimAgent | undefined {
    const index = this.#byId.get(id);
    return index === undefined ? undefined : this.agents[index];
  }

  get living(): SimAgent[] {
    return this.agents.filter((agent) => agent.running);
  }

  /** Does something at a time of the future. */
  at(ms: number, action: () => void): void {
    this.#queue.push(ms, ACTION, -1, -1, 0, action);
  }

  /** Starts the agent, anew with a higher incarnation and its last view as cached peers where it ran before. */
  start(index: number): void {
    const agent = this.agent(index);
    if (agent.running) return;
    const cachedPeers = agent.core?.view.members.filter((member) => member.id !== agent.id) ?? [];
    agent.life += 1;
    agent.incarnation = Math.max(agent.incarnation, agent.core?.self.incarnation ?? 0) + 1;
    agent.running = true;
    agent.frozenUntilMs = 0;
    agent.opened.clear();
    agent.counts = newCounts();
    agent.core = this.#newCore(agent, cachedPeers);
    this.#turn(agent, (core) => core.start(this.nowMs, this.#outbox));
  }

  startAll(): void {
    for (const agent of this.agents) this.start(agent.index);
  }

  /** The process dies; its kernel resets every link at once. */
  stop(index: number): void {
    const agent = this.agent(index);
    if (!agent.running) return;
    this.vanish(index);
    for (const other of this.agents) {
      if (!other.running || other.core?.view.state(agent.id) === undefined) continue;
      if (this.network.cut?.(index, other.index)) continue;
      const atMs = this.nowMs + this.network.delayMs(index, other.index);
      this.#queue.push(atMs, BROKEN, other.index, index, other.life);
    }
  }

  /** The machine is gone without a word. */
  vanish(index: number): void {
    const agent = this.agent(index);
    agent.running = false;
    agent.life += 1;
  }

  /** Runs nothing for a while and then everything that piled up: a stalled process or a paused machine. */
  freeze(index: number, forMs: number): void {
    this.agent(index).frozenUntilMs = this.nowMs + forMs;
  }

  /** Its application sends to all others in reach. */
  multicast(index: number, reach: Reach, bytes: Uint8Array): void {
    this.#turn(this.agent(index), (core) => core.cast(reach, bytes, this.nowMs, this.#outbox));
  }

  leave(index: number): void {
    const agent = this.agent(index);
    if (!agent.running) return;
    this.#turn(agent, (core) => core.leave(this.nowMs, this.#outbox));
    this.vanish(index);
  }

  /** Loses what the agent keeps on disk: its incarnation and the peers that it knew. */
  forget(index: number): void {
    const agent = this.agent(index);
    agent.incarnation = 0;
    agent.core = undefined;
  }

  /** One link is reset; both sides notice. */
  breakLink(a: number, b: number): void {
    const atMs = this.nowMs + this.network.delayMs(a, b);
    this.#queue.push(atMs, BROKEN, a, b, this.agent(a).life);
    this.#queue.push(atMs, BROKEN, b, a, this.agent(b).life);
  }

  /** Nothing passes between agents of different sides. */
  split(sideOf: (agent: SimAgent) => number): void {
    const sides = this.agents.map(sideOf);
    this.network.cut = (from, to) => sides[from] !== sides[to];
  }

  heal(): void {
    this.network.cut = undefined;
  }

  run(forMs: number): void {
    const untilMs = this.nowMs + forMs;
    while (this.#queue.nextMs <= untilMs) this.#step();
    this.nowMs = untilMs;
  }

  /** Runs until the condition holds, asked every `everyMs`. @returns milliseconds it took, or undefined if it never did */
  runUntil(holds: () => boolean, limits: { everyMs: number; withinMs: number }): number | undefined {
    const startMs = this.nowMs;
    while (!holds()) {
      if (this.nowMs - startMs >= limits.withinMs) return undefined;
      this.run(limits.everyMs);
    }
    return this.nowMs - startMs;
  }

  #step(): void {
    const event = this.#queue.pop();
    if (event === undefined) return;
    const { kind, other, life, payload } = event;
    this.nowMs = event.atMs;
    this.events += 1;
    if (kind === ACTION) {
      (payload as () => void)();
      return;
    }
    const agent = this.agent(event.agent);
    if (!agent.running || agent.life !== life) return;
    if (agent.frozenUntilMs > this.nowMs) {
      this.#queue.push(agent.frozenUntilMs, kind, agent.index, other, life, payload);
      return;
    }
    if (kind === WAKE) {
      // Only the latest request counts; an earlier one that was for sooner finds it not due yet.
      if (!(agent.wakeAtMs <= this.nowMs)) return;
      agent.wakeAtMs = Number.NaN;
    }
    this.trace.addTime(this.nowMs);
    this.trace.add(kind * 0x1000000 + agent.index);
    this.trace.add(other);
    this.#deliver(agent, kind, other, payload);
  }

  #deliver(agent: SimAgent, kind: number, other: number, payload: unknown): void {
    if (kind === WAKE) {
      this.#turn(agent, (core) => core.wake(this.nowMs, this.#outbox));
      return;
    }
    const from = this.agent(other).id;
    if (kind === BROKEN) {
      this.#turn(agent, (core) => core.broken(from, this.nowMs, this.#outbox));
      return;
    }
    const message = payload as ControlMessage;
    this.trace.addMessage(message);
    this.#turn(agent, (core) => core.receive(from, message, this.nowMs, this.#outbox));
  }

  #turn(agent: SimAgent, event: (core: AgentCore) => void): void {
    const { core } = agent;
    if (core === undefined) return;
    this.#speaker = agent;
    event(core);
    this.observe?.(agent);
  }

  #newOutbox(): Outbox {
    const absent = (): never => {
      throw new Error('only membership and multicast run in this world: no fills');
    };
    return {
      send: (to, message) => this.#send(to, message),
      wakeAt: (atMs) => this.#wakeAt(this.#speaker, atMs),
      fetchOrigin: absent,
      fetchPeer: absent,
      answer: absent,
      giveUp: absent,
      deliver: () => this.#speaker.delivered.push(this.nowMs),
    };
  }

  #wakeAt(agent: SimAgent, atMs: number): void {
    const dueMs = Math.max(atMs, this.nowMs);
    if (dueMs === agent.wakeAtMs || dueMs === Number.POSITIVE_INFINITY) return;
    agent.wakeAtMs = dueMs;
    this.#queue.push(dueMs, WAKE, agent.index, -1, agent.life);
  }

  #send(to: Contact, message: ControlMessage): void {
    const from = this.#speaker;
    const target = this.#targetOf(to);
    this.messages += 1;
    if (target === undefined || (target.outbound && !target.opened.has(from.index))) return;
    if (from.outbound) from.opened.add(target.index);
    const passage = this.network.pass(from.index, target.index, this.nowMs);
    if (passage.kind === 'lost') return;
    if (passage.kind === 'reset') {
      this.#queue.push(passage.atMs, BROKEN, from.index, target.index, from.life);
      this.#queue.push(passage.atMs, BROKEN, target.index, from.index, target.life);
      return;
    }
    const carried = this.#options.codec ? throughCodec(message) : message;
    this.#queue.push(passage.atMs, MESSAGE, target.index, from.index, target.life, carried);
  }

  #targetOf(to: Contact): SimAgent | undefined {
    if (to.id !== undefined) return this.agentOf(to.id);
    return this.agents[Number(to.link.slice(1, to.link.indexOf('.')))];
  }

  #newCore(agent: SimAgent, cachedPeers: readonly Contact[]): AgentCore {
    const seeds = (this.#options.seeds ?? [0]).filter((seed) => seed !== agent.index);
    return new AgentCore({
      claim: this.#claimOf(agent),
      seal,
      sealSeat,
      random: prng((this.#options.seed * 0x9e3779b1) ^ (agent.index * 0x85ebca6b) ^ (agent.life << 20)),
      counts: agent.counts,
      timings: new Timings(),
      seeds: seeds.map((seed) => ({ id: undefined, link: linkOf(seed) })),
      cachedPeers,
      ...(this.#options.tuning ? { tuning: this.#options.tuning } : {}),
    });
  }

  #claimOf(agent: SimAgent): Omit<AgentClaim, 'ring' | 'sequence'> {
    return {
      id: agent.id,
      incarnation: agent.incarnation,
      region: agent.region as Region,
      link: agent.outbound ? '' : linkOf(agent.index),
      publicUrl: '',
      reachability: agent.outbound ? 'outbound' : 'dialable',
      weight: agent.outbound ? 0 : 100,
      version: 'sim',
    };
  }

  #newAgent(index: number, region: string): SimAgent {
    return {
      index,
      id: agentIdOf(Uint8Array.from({ length: 32 }, () => below(this.random, 256))),
      region,
      outbound: this.#options.outbound?.has(index) ?? false,
      core: undefined,
      counts: newCounts(),
      running: false,
      incarnation: 0,
      life: 0,
      frozenUntilMs: 0,
      wakeAtMs: Number.NaN,
      opened: new Set(),
      delivered: [],
    };
  }
}

function linkOf(index: number): string {
  return `a${index}.sim:7000`;
}

function throughCodec(message: ControlMessage): ControlMessage {
  const decoded = decode(encode(message));
  if (!decoded.ok) throw new Error(`the codec refused its own ${message.kind}: ${decoded.reason}`);
  return decoded.value as ControlMessage;
}
