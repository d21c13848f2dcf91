import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contactFaults, converged, tableFaults, wronglyDead } from './checkers.ts';
import { play, type Schedule, schedules } from './schedule.ts';
import { SEEDS } from './seeds.ts';
import { Watch } from './watch.ts';
import { World } from './world.ts';

/** Seeds are asked once a minute, give or take a quarter; a first answer may be a referral to one that is gone. */
const HEAL_WITHIN_MS = 200_000;

function faultsAfter(schedule: Schedule): string[] {
  const world = new World({ ...schedule, outbound: new Set(schedule.outbound) });
  const watch = new Watch(world);
  play(world, schedule.faults);
  const settled = (): boolean => converged(world) && contactFaults(world).length === 0;
  world.runUntil(settled, { everyMs: 1000, withinMs: HEAL_WITHIN_MS });
  return [...tableFaults(world), ...contactFaults(world), ...wronglyDead(world), ...watch.breaches];
}

describe('after any faults that were taken back', () => {
  test.each(SEEDS)('all tables are right again, where once $found', (schedule) => {
    expect(faultsAfter(schedule)).toEqual([]);
  });

  test('all tables are right again, whatever the faults were', () => {
    fc.assert(
      fc.property(schedules, (schedule) => {
        expect(faultsAfter(schedule)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
