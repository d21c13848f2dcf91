// Whatever agents believe of their rings, nobody waits for itself.
//
// Each agent has the view of one of several polyrings of the same agents, which agree in nothing. All want the same
// segment, letters come in any order, some agents are dead, and the origin never answers. When nothing moves any more,
// every fill must wait, over other fills, for the origin.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PathView } from '../../../../agent/core/polyring/path.ts';
import type {
  Answer,
  FillId,
  Outbox,
  Outcome,
  PeerSource,
  Segment,
  WantId,
} from '../../../../agent/core/ports.ts';
import { below, prng, shuffle } from '../../../../agent/core/prng.ts';
import { Swarm } from '../../../../agent/core/swarm/swarm.ts';
import { SWARM_TUNING } from '../../../../agent/core/swarm/tuning.ts';
import type { SegmentName } from '../../../../agent/wire/ids.ts';
import { placeAgents } from '../../../sim/geography.ts';
import { Structure } from '../../../sim/structure/structure.ts';

type Event =
  | { readonly kind: 'fetch'; readonly from: number; readonly fill: FillId; readonly source: PeerSource }
  | { readonly kind: 'settle'; readonly agent: number; readonly fill: FillId; readonly outcome: Outcome };

const SEGMENT: Segment = { name: 'origin /live/1.m4s' as SegmentName, kind: 'segment' };

class Disagreement {
  /** What each fill waits for: the origin, or another agent's fill. */
  readonly waits: Map<string, string> = new Map();
  fetches = 0;
  readonly #swarms: Swarm[];
  readonly #views: PathView[];
  readonly #ids: Structure;
  readonly #dead: ReadonlySet<number>;
  readonly #random: () => number;
  #events: Event[] = [];
  #speaker = 0;
  #answer: Answer | undefined;
  #wants = 0;

  constructor(options: {
    agents: number;
    regions: number;
    seed: number;
    opinions: number;
    dead: readonly number[];
  }) {
    const { agents, regions, seed, opinions } = options;
    this.#random = prng(seed);
    const structures = Array.from({ length: opinions }, (_, opinion) => {
      const { metros, metroOf, regionOf } = placeAgents({ agents, regions, seed: seed + opinion });
      // The same agents, each somewhere else.
      const order = shuffle([...metroOf.keys()], this.#random);
      const moved = (of: Int32Array): Int32Array => of.map((_each, agent) => of[order[agent] ?? 0] ?? 0);
      return new Structure({ metros, metroOf: moved(metroOf), regionOf: moved(regionOf), seed, target: 3 });
    });
    this.#ids = structures[0] as Structure;
    this.#dead = new Set(options.dead);
    this.#swarms = this.#ids.records.map(({ id }) => new Swarm(id, SWARM_TUNING));
    this.#views = this.#swarms.map((_, agent) =>
      (structures[below(this.#random, opinions)] as Structure).viewOf(agent),
    );
  }

  run(askers: readonly number[]): void {
    for (const agent of askers) if (!this.#dead.has(agent)) this.#want(agent, { kind: 'viewer' });
    while (this.#events.length > 0 && this.fetches < 10_000) {
      const [event] = this.#events.splice(below(this.#random, this.#events.length), 1);
      if (event?.kind === 'settle') this.#settle(event);
      else if (event?.kind === 'fetch') this.#fetch(event);
    }
  }

  #fetch({ from, fill, source }: Event & { kind: 'fetch' }): void {
    const to = this.#ids.indexOf(source.peer.id);
    const failed = (reason: 'silent' | 'stale-view'): void => {
      this.#events.push({ kind: 'settle', agent: from, fill, outcome: { kind: 'failed', reason } });
    };
    if (this.#dead.has(to)) {
      failed('silent');
      return;
    }
    const { tier, chain, avoid } = source;
    const id = this.#ids.records[from]?.id;
    if (id === undefined) throw new Error('no such agent');
    const answer = this.#want(to, { kind: 'peer', from: id, tier, chain, avoid });
    if (answer.kind === 'fill') this.waits.set(`${from} ${fill}`, `${to} ${answer.fill}`);
    else if (answer.kind === 'refuse') failed('stale-view');
    else {
      const { rosters } = answer;
      this.#events.push({ kind: 'settle', agent: from, fill, outcome: { kind: 'redirected', rosters } });
    }
  }

  #want(agent: number, requester: Parameters<Swarm['want']>[2]): Answer {
    this.#wants += 1;
    this.#turn(agent, (swarm, now) => swarm.want(this.#wants as WantId, SEGMENT, requester, now));
    if (this.#answer === undefined) throw new Error('a want was not answered');
    return this.#answer;
  }

  #settle({ agent, fill, outcome }: Event & { kind: 'settle' }): void {
    this.#turn(agent, (swarm, now) => swarm.settle(fill, outcome, now));
  }

  #turn(agent: number, event: (swarm: Swarm, now: Parameters<Swarm['want']>[3]) => void): void {
    this.#speaker = agent;
    this.#answer = undefined;
    const { leaf, above, world } = this.#views[agent] as PathView;
    event(this.#swarms[agent] as Swarm, { nowMs: 0, view: leaf, above, world, outbox: this.#outbox });
  }

  readonly #outbox: Outbox = {
    send: () => {},
    wakeAt: () => {},
    deliver: () => {},
    answer: (_want, answer) => {
      this.#answer = answer;
    },
    fetchOrigin: (fill) => void this.waits.set(`${this.#speaker} ${fill}`, 'origin'),
    fetchPeer: (fill, _segment, source) => {
      this.fetches += 1;
      this.waits.delete(`${this.#speaker} ${fill}`);
      this.#events.push({ kind: 'fetch', from: this.#speaker, fill, source });
    },
    giveUp: () => {
      throw new Error('the origin was not asked');
    },
  };
}

test('every fill waits for the origin in the end, whatever the views', () => {
  const worlds = fc.record({
    agents: fc.integer({ min: 2, max: 30 }),
    regions: fc.integer({ min: 1, max: 2 }),
    seed: fc.nat({ max: 100_000 }),
    opinions: fc.integer({ min: 1, max: 4 }),
    dead: fc.array(fc.nat({ max: 29 }), { maxLength: 6 }),
    askers: fc.array(fc.nat({ max: 29 }), { minLength: 1, maxLength: 30 }),
  });
  fc.assert(
    fc.property(worlds, ({ askers, ...options }) => {
      const world = new Disagreement(options);
      world.run(askers.map((agent) => agent % options.agents));
      // Bounded: in each of a few rings two peers that fail and a few redirects.
      expect(world.fetches).toBeLessThan(options.agents * 40);
      for (const start of world.waits.keys()) {
        const seen = new Set<string>();
        let at: string | undefined = start;
        while (at !== 'origin') {
          expect(at).toBeDefined();
          if (at === undefined) break;
          expect(seen).not.toContain(at);
          seen.add(at);
          at = world.waits.get(at);
        }
      }
    }),
    { numRuns: 300 },
  );
});
