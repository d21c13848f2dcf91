// Random fault schedules: what may happen to a small world, as plain values that fast-check can make and shrink.

import fc from 'fast-check';
import type { World } from './world.ts';

export type Fault =
  | { readonly kind: 'start' | 'stop' | 'vanish' | 'leave'; readonly agent: number }
  | { readonly kind: 'freeze'; readonly agent: number; readonly forMs: number }
  | { readonly kind: 'split'; readonly sides: number }
  | { readonly kind: 'one-way'; readonly from: number; readonly to: number }
  | { readonly kind: 'heal' }
  | { readonly kind: 'loss'; readonly share: number };

export interface Schedule {
  readonly seed: number;
  readonly agents: number;
  readonly regions: number;
  readonly outbound: readonly number[];
  readonly faults: readonly { readonly afterMs: number; readonly fault: Fault }[];
}

const agent = fc.nat({ max: 11 });

const fault: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('start' as const), agent }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('stop' as const, 'vanish' as const), agent }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), agent }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('freeze' as const), agent, forMs: fc.nat({ max: 20_000 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('split' as const), sides: fc.nat({ max: 4095 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('one-way' as const), from: agent, to: agent }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'heal' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('loss' as const), share: fc.constantFrom(0, 0.02, 0.2) }),
  },
);

export const schedules: fc.Arbitrary<Schedule> = fc.record({
  seed: fc.nat(),
  agents: fc.integer({ min: 2, max: 12 }),
  regions: fc.integer({ min: 1, max: 3 }),
  outbound: fc.array(fc.integer({ min: 1, max: 11 }), { maxLength: 2 }),
  faults: fc.array(fc.record({ afterMs: fc.nat({ max: 15_000 }), fault }), { maxLength: 12 }),
});

/** Plays the faults, then takes them all back but for the dead; the seed is up at the end. */
export function play(world: World, faults: Schedule['faults']): void {
  world.startAll();
  for (const { afterMs, fault: each } of faults) {
    world.run(afterMs);
    inflict(world, each);
  }
  world.heal();
  world.network.loss = 0;
  world.start(0);
}

function inflict(world: World, each: Fault): void {
  const indexOf = (wanted: number): number => wanted % world.agents.length;
  switch (each.kind) {
    case 'start':
    case 'stop':
    case 'vanish':
    case 'leave':
      world[each.kind](indexOf(each.agent));
      break;
    case 'freeze':
      world.freeze(indexOf(each.agent), each.forMs);
      break;
    case 'split':
      world.split(({ index }) => (each.sides >> index) & 1);
      break;
    case 'one-way':
      world.network.cut = (from, to) => from === indexOf(each.from) && to === indexOf(each.to);
      break;
    case 'heal':
      world.heal();
      break;
    case 'loss':
      world.network.loss = each.share;
      break;
    default:
      throw new Error(`unexpected ${JSON.stringify(each satisfies never)}`);
  }
}
