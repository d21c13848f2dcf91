// A few dozen agents with their real multicast on one settled polyring, and a mail that takes its time.

import type { Reach } from '../../../../agent/core/polyring/cast-path.ts';
import { type CastNow, Multicast } from '../../../../agent/core/polyring/multicast.ts';
import type { PathView } from '../../../../agent/core/polyring/path.ts';
import type { CastAbout, Random } from '../../../../agent/core/ports.ts';
import { prng } from '../../../../agent/core/prng.ts';
import type { AgentId } from '../../../../agent/wire/ids.ts';
import type { CastMessage } from '../../../../agent/wire/message.ts';
import { placeAgents } from '../../../sim/geography.ts';
import { Structure } from '../../../sim/structure/structure.ts';

export interface Letter {
  readonly atMs: number;
  readonly from: number;
  readonly to: number;
  readonly message: CastMessage;
}

export class Town {
  nowMs = 0;
  readonly structure: Structure;
  readonly agents: readonly Multicast[];
  readonly dead: Set<number> = new Set();
  /** What each agent's application was given. */
  readonly delivered: { bytes: Uint8Array; about: CastAbout }[][];
  /** Everything that was ever sent. */
  readonly sent: Letter[] = [];
  /** Views that differ from the structure's. */
  readonly views: Map<number, PathView> = new Map();
  /** Letters for which this holds are lost. */
  lost: (letter: Letter) => boolean = () => false;
  #mail: Letter[] = [];
  readonly #random: Random;

  constructor(options: { agents: number; regions: number; seed: number; target?: number }) {
    const { agents, regions, seed, target = 4 } = options;
    this.structure = new Structure({ ...placeAgents({ agents, regions, seed }), seed, target });
    this.#random = prng(seed);
    this.delivered = this.structure.records.map(() => []);
    this.agents = this.structure.records.map(({ id }) => new Multicast({ self: id, incarnation: 1 }));
  }

  id(agent: number): AgentId {
    return (this.structure.records[agent] as { id: AgentId }).id;
  }

  view(agent: number): PathView {
    return this.views.get(agent) ?? this.structure.viewOf(agent);
  }

  turn<T>(agent: number, event: (core: Multicast, now: CastNow) => T): T {
    const outbox: CastNow['outbox'] = {
      send: (to, message) => this.#post(agent, to.id as AgentId, message as CastMessage),
      deliver: (bytes, about) => this.delivered[agent]?.push({ bytes, about }),
    };
    return event(this.agents[agent] as Multicast, { nowMs: this.nowMs, view: this.view(agent), outbox });
  }

  cast(from: number, reach: Reach = { reach: 'world', target: '' }, bytes = Uint8Array.of(1)) {
    return this.turn(from, (core, now) => core.cast(reach, bytes, now));
  }

  /** Runs for a while, whatever happens in it. */
  run(forMs: number): void {
    const untilMs = this.nowMs + forMs;
    for (;;) {
      const letter = this.#mail.reduce<Letter | undefined>(
        (first, each) => (first === undefined || each.atMs < first.atMs ? each : first),
        undefined,
      );
      const waking = this.#firstToWake();
      const atMs = Math.min(
        letter?.atMs ?? Number.POSITIVE_INFINITY,
        waking?.atMs ?? Number.POSITIVE_INFINITY,
      );
      if (atMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, atMs);
      if (waking !== undefined && waking.atMs === atMs)
        this.turn(waking.agent, (core, now) => core.wake(now));
      else if (letter !== undefined) this.#deliver(letter);
    }
    this.nowMs = untilMs;
  }

  /** The agent is gone; who has a link to it sees that. @param tears whether letters on their way are torn up */
  kill(agent: number, tears: (letter: Letter) => boolean): void {
    this.dead.add(agent);
    this.#mail = this.#mail.filter((letter) => letter.from !== agent || !tears(letter));
    const linked = new Set<number>(this.structure.leafOf(agent).members);
    for (const { from, to } of this.sent) if (to === agent) linked.add(from);
    for (const other of linked) {
      if (!this.dead.has(other)) this.turn(other, (core, now) => core.broken(this.id(agent), now));
    }
  }

  casts(): Letter[] {
    return this.sent.filter(({ message }) => message.kind === 'cast');
  }

  #deliver(letter: Letter): void {
    this.#mail = this.#mail.filter((each) => each !== letter);
    if (this.dead.has(letter.to)) return;
    this.turn(letter.to, (core, now) => core.receive(this.id(letter.from), letter.message, now));
  }

  #post(from: number, to: AgentId, message: CastMessage): void {
    const atMs = this.nowMs + 1 + this.#random() * 20;
    const letter = { atMs, from, to: this.structure.indexOf(to), message };
    this.sent.push(letter);
    if (!this.lost(letter)) this.#mail.push(letter);
  }

  #firstToWake(): { agent: number; atMs: number } | undefined {
    let first: { agent: number; atMs: number } | undefined;
    for (const [agent, core] of this.agents.entries()) {
      const atMs = core.nextWakeMs;
      if (this.dead.has(agent) || atMs === Number.POSITIVE_INFINITY) continue;
      if (first === undefined || atMs < first.atMs) first = { agent, atMs };
    }
    return first;
  }
}
