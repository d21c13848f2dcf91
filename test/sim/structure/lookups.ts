// Look-ups through the real Swarm of every agent, over the simulator's events and links.
//
// An agent here is its swarm and the names of what it holds. Answers carry no bytes: a look-up ends when the first byte
// is at whoever asked, and a home passes on what it gets as it comes. Who asks the origin is counted, and has it at
// once: the origin is not what is measured.

import type {
  Answer,
  FillId,
  Outbox,
  PeerSource,
  Requester,
  Segment,
  WantId,
} from '../../../agent/core/ports.ts';
import { Swarm, type SwarmNow } from '../../../agent/core/swarm/swarm.ts';
import { SWARM_TUNING } from '../../../agent/core/swarm/tuning.ts';
import type { AgentId, SegmentName } from '../../../agent/wire/ids.ts';
import type { Fabric } from '../baselines/fabric.ts';
import type { Structure } from './structure.ts';

const HEADER_BYTES = 96;
/** Silence after a sign of life that a link forgives. */
const SILENCE_MS = 10_000;
/** Chain and avoid list of a fetch, name and target: a few hundred bytes on top. */
const FETCH_BYTES = HEADER_BYTES + 300;
/** Of an agent in a roster: id, address, weight. */
const ROSTER_ENTRY_BYTES = 50;

/** How one look-up went. */
export interface Looked {
  /** From the question to the first byte at who asked. */
  readonly latencyMs: number;
  /** Agents that were asked, redirects included; 0 where who asked had it. */
  readonly hops: number;
  readonly redirects: number;
  /** Origin fetches that it caused. */
  readonly origin: number;
}

interface SimAgent {
  readonly swarm: Swarm;
  readonly held: Set<SegmentName>;
  /** Who waits for each fill. */
  readonly waiting: Map<FillId, ((answer: Reply) => void)[]>;
  /** What each fill is of. */
  readonly names: Map<FillId, SegmentName>;
}

export type Reply = 'filling' | 'bytes' | 'failed' | Extract<Answer, { kind: 'refuse' | 'redirect' }>;

export class LookupWorld {
  readonly fabric: Fabric;
  readonly structure: Structure;
  readonly #originLevel: 'region' | 'world';
  readonly #agents: Map<number, SimAgent> = new Map();
  #speaker = 0;
  #answer: Answer | undefined;
  #lastWant = 0;
  #counts = { hops: 0, redirects: 0, origin: 0 };

  constructor(fabric: Fabric, structure: Structure, originLevel: 'region' | 'world' = 'region') {
    this.fabric = fabric;
    this.structure = structure;
    this.#originLevel = originLevel;
  }

  swarmOf(agent: number): Swarm {
    return this.#agent(agent).swarm;
  }

  hold(agent: number, name: SegmentName): void {
    this.#agent(agent).held.add(name);
  }

  /** A viewer of an agent asks; time passes until the answer is there. */
  look(from: number, name: SegmentName): Looked | undefined {
    const startMs = this.fabric.nowMs;
    this.#counts = { hops: 0, redirects: 0, origin: 0 };
    let reply: Reply | undefined;
    let latencyMs = 0;
    this.ask(from, name, (answer) => {
      reply = answer;
      latencyMs = this.fabric.nowMs - startMs;
    });
    this.fabric.runUntil(() => reply !== undefined);
    const done: Reply | undefined = reply;
    // Time-outs that were not needed run out.
    this.fabric.runUntil(() => false);
    return done === 'bytes' ? { latencyMs, ...this.#counts } : undefined;
  }

  /** A viewer of an agent asks; time passes when the fabric runs. */
  ask(from: number, name: SegmentName, done: (reply: Reply) => void): void {
    this.#want(from, { name, kind: 'segment' }, { kind: 'viewer' }, done);
  }

  /** Since the last `look`: agents asked, redirects followed, origin fetches. */
  get counts(): { readonly hops: number; readonly redirects: number; readonly origin: number } {
    return this.#counts;
  }

  #want(agent: number, segment: Segment, requester: Requester, answered: (reply: Reply) => void): void {
    const at = this.#agent(agent);
    if (at.held.has(segment.name)) {
      answered('bytes');
      return;
    }
    this.#lastWant += 1;
    const answer = this.#turn(agent, (now) => {
      at.swarm.want(this.#lastWant as WantId, segment, requester, now);
      return this.#answer;
    });
    if (answer?.kind === 'fill') {
      at.names.set(answer.fill, segment.name);
      at.waiting.set(answer.fill, [...(at.waiting.get(answer.fill) ?? []), answered]);
      if (requester.kind === 'peer') answered('filling');
    } else if (answer !== undefined) answered(answer);
  }

  #turn<T>(agent: number, event: (now: SwarmNow) => T): T {
    this.#speaker = agent;
    this.#answer = undefined;
    const { leaf, above, world } = this.structure.viewOf(agent);
    return event({ nowMs: this.fabric.nowMs, view: leaf, above, world, outbox: this.#outbox });
  }

  readonly #outbox: Outbox = {
    send: () => {},
    wakeAt: () => {},
    deliver: () => {},
    answer: (_want, answer) => {
      this.#answer = answer;
    },
    fetchOrigin: (fill) => {
      const agent = this.#speaker;
      this.#counts.origin += 1;
      this.fabric.after(agent, 0, () => this.#complete(agent, fill));
    },
    fetchPeer: (fill, segment, source) => this.#fetch(this.#speaker, fill, segment, source),
    giveUp: (fill) => this.#finish(this.#speaker, fill, 'failed'),
  };

  #fetch(from: number, fill: FillId, segment: Segment, source: PeerSource): void {
    const to = this.structure.indexOf(source.peer.id);
    let settled = false;
    const requester: Requester = {
      kind: 'peer',
      from: this.#id(from),
      tier: source.tier,
      chain: source.chain,
      avoid: source.avoid,
    };
    this.#counts.hops += 1;
    let patienceMs = source.firstSignMs;
    const check = (): void => {
      if (settled) return;
      if (patienceMs === 0) {
        settled = true;
        this.#failed(from, fill, 'silent');
        return;
      }
      this.fabric.after(from, patienceMs, check);
      patienceMs = 0;
    };
    check();
    this.fabric.tell(from, to, FETCH_BYTES, () => {
      this.#want(to, segment, requester, (reply) => {
        this.fabric.tell(to, from, HEADER_BYTES + rosterBytes(reply), () => {
          if (settled) return;
          if (reply === 'filling') {
            patienceMs = SILENCE_MS;
            return;
          }
          settled = true;
          this.#replied(from, fill, reply);
        });
      });
    });
  }

  #replied(agent: number, fill: FillId, reply: Reply): void {
    if (reply === 'bytes') this.#complete(agent, fill);
    else if (reply === 'failed') this.#failed(agent, fill, 'origin-failed');
    else if (reply === 'filling') throw new Error('a promise settles nothing');
    else if (reply.kind === 'refuse') this.#failed(agent, fill, 'stale-view');
    else {
      this.#counts.redirects += 1;
      const { rosters } = reply;
      this.#turn(agent, (now) => this.swarmOf(agent).settle(fill, { kind: 'redirected', rosters }, now));
    }
  }

  #failed(agent: number, fill: FillId, reason: 'silent' | 'stale-view' | 'origin-failed'): void {
    this.#turn(agent, (now) => this.swarmOf(agent).settle(fill, { kind: 'failed', reason }, now));
  }

  #complete(agent: number, fill: FillId): void {
    this.swarmOf(agent).begun(fill);
    this.#turn(agent, (now) => this.swarmOf(agent).settle(fill, { kind: 'complete' }, now));
    this.#finish(agent, fill, 'bytes');
  }

  #finish(agent: number, fill: FillId, reply: Reply): void {
    const at = this.#agent(agent);
    const waiting = at.waiting.get(fill) ?? [];
    at.waiting.delete(fill);
    const name = at.names.get(fill);
    at.names.delete(fill);
    if (name !== undefined && reply === 'bytes') at.held.add(name);
    for (const answered of waiting) answered(reply);
  }

  #id(agent: number): AgentId {
    return (this.structure.records[agent] as { id: AgentId }).id;
  }

  #agent(agent: number): SimAgent {
    const known = this.#agents.get(agent);
    if (known !== undefined) return known;
    const made: SimAgent = {
      swarm: new Swarm(this.#id(agent), { ...SWARM_TUNING, originLevel: this.#originLevel }),
      held: new Set(),
      waiting: new Map(),
      names: new Map(),
    };
    this.#agents.set(agent, made);
    return made;
  }
}

function rosterBytes(reply: Reply): number {
  if (typeof reply !== 'object' || reply.kind !== 'redirect') return 0;
  const entries = reply.rosters.map(({ members, seats }) => members.length + 3 * seats.length);
  return entries.reduce((sum, each) => sum + each, 0) * ROSTER_ENTRY_BYTES;
}
