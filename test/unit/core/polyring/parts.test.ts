import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { foldsInto } from '../../../../agent/core/polyring/fold.ts';
import { canReach, newMember } from '../../../../agent/core/polyring/member.ts';
import { ProbeRound } from '../../../../agent/core/polyring/probe-round.ts';
import { RegionContacts } from '../../../../agent/core/polyring/region-contacts.ts';
import { ringSizes } from '../../../../agent/core/polyring/ring-size.ts';
import { RumourQueue } from '../../../../agent/core/polyring/rumour-queue.ts';
import {
  accusersNeeded,
  confirm,
  newSuspicion,
  suspicionMs,
} from '../../../../agent/core/polyring/suspicion.ts';
import { ackWaitMs, rumourSends, TUNING, tuningFaults } from '../../../../agent/core/polyring/tuning.ts';
import { prng } from '../../../../agent/core/prng.ts';
import type { Region, RingId } from '../../../../agent/wire/ids.ts';
import { idOf, OTHER_RING, RING, recordOf, rumourOf } from './cast.ts';

describe('the tuning', () => {
  test('fits together, and says what does not', () => {
    expect(tuningFaults(TUNING)).toEqual([]);
    expect(tuningFaults({ ...TUNING, verdictMs: 100 })).toEqual(['verdictMs must leave relays time']);
  });

  test('waits for an ack by the measured round trip, within bounds', () => {
    expect(ackWaitMs(TUNING, undefined, 0)).toBe(TUNING.ackWaitUnknownMs);
    expect(ackWaitMs(TUNING, 1, 0)).toBe(TUNING.ackWaitMinMs);
    expect(ackWaitMs(TUNING, 80, 10)).toBe(120);
    expect(ackWaitMs(TUNING, 900, 0)).toBe(TUNING.ackWaitMaxMs);
  });

  test('repeats a rumour by the logarithm of the ring', () => {
    expect([2, 9, 32, 99, 100].map((living) => rumourSends(TUNING, living))).toEqual([6, 6, 12, 12, 18]);
  });
});

describe('a suspicion', () => {
  test('needs one accuser in a ring of two, two in one of three, three in a larger one', () => {
    expect([1, 2, 3, 4, 32].map((living) => accusersNeeded(TUNING, living))).toEqual([1, 1, 2, 3, 3]);
  });

  test('shortens with each independent accuser, and not with the same one again', () => {
    const suspicion = newSuspicion(TUNING, idOf(1), 32, 1_000);
    const deadlines = [suspicion.deadlineMs];
    for (const accuser of [1, 2, 2, 3, 4]) {
      confirm(suspicion, TUNING, idOf(accuser), 32);
      deadlines.push(suspicion.deadlineMs);
    }
    expect(deadlines.map((ms) => Math.round((ms - 1_000) / 100) / 10)).toEqual([18.1, 18.1, 8.6, 8.6, 3, 3]);
  });

  test('never shortens below the shortest, for any ring', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 128 }), fc.integer({ min: 1, max: 5 }), (living, accusers) => {
        expect(suspicionMs(TUNING, accusers, living)).toBeGreaterThanOrEqual(2_000);
        expect(suspicionMs(TUNING, accusers + 1, living)).toBeLessThanOrEqual(
          suspicionMs(TUNING, accusers, living),
        );
      }),
    );
  });
});

describe('rumours in the queue', () => {
  test('go out the least-sent first, the newest first among those', () => {
    const queue = new RumourQueue();
    queue.put(rumourOf(1, 'alive'));
    queue.put(rumourOf(2, 'alive'));
    expect(queue.take(1, 9).map(({ subject }) => subject)).toEqual([idOf(2)]);
    queue.put(rumourOf(3, 'alive'));
    expect(queue.take(2, 9).map(({ subject }) => subject)).toEqual([idOf(3), idOf(1)]);
  });

  test('are each sent as often as asked and then over', () => {
    const queue = new RumourQueue();
    for (let number = 0; number < 20; number += 1) queue.put(rumourOf(number, 'alive'));
    const sends = new Map<string, number>();
    for (let rumours = queue.take(8, 5); rumours.length > 0; rumours = queue.take(8, 5)) {
      for (const { subject } of rumours) sends.set(subject, (sends.get(subject) ?? 0) + 1);
    }
    expect([...sends.values()]).toEqual(Array.from({ length: 20 }, () => 5));
  });

  test('about one agent replace each other', () => {
    const queue = new RumourQueue();
    queue.put(rumourOf(1, 'suspect'));
    queue.put(rumourOf(1, 'dead'));
    expect(queue.take(8, 5).map(({ state }) => state)).toEqual(['dead']);
  });

  test('are bounded in number', () => {
    const queue = new RumourQueue();
    for (let number = 0; number < 1000; number += 1) queue.put(rumourOf(number, 'alive'));
    expect(queue.length).toBe(256);
  });
});

describe('folding', () => {
  const sizes = ringSizes(32);
  const size = (ring: RingId, members: number) => ({ ring, size: members });

  test('goes to the lower ring id; one alone yields to several', () => {
    expect(foldsInto(size(OTHER_RING, 5), size(RING, 5), sizes)).toBe(true);
    expect(foldsInto(size(RING, 5), size(OTHER_RING, 35), sizes)).toBe(false);
    expect(foldsInto(size(RING, 1), size(OTHER_RING, 2), sizes)).toBe(true);
    expect(foldsInto(size(OTHER_RING, 2), size(RING, 1), sizes)).toBe(false);
  });

  test('makes no ring that is nearly due for a split; one alone goes wherever there is room', () => {
    expect(foldsInto(size(OTHER_RING, 20), size(RING, 20), sizes)).toBe(true);
    expect(foldsInto(size(OTHER_RING, 20), size(RING, 21), sizes)).toBe(false);
    expect(foldsInto(size(OTHER_RING, 1), size(RING, 63), sizes)).toBe(true);
    expect(foldsInto(size(OTHER_RING, 1), size(RING, 64), sizes)).toBe(false);
  });

  test('of two rings at most one folds into the other, so that agents cannot swap', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 128 }), fc.integer({ min: 1, max: 128 }), (a, b) => {
        const [ours, theirs] = [size(RING, a), size(OTHER_RING, b)];
        expect(foldsInto(ours, theirs, sizes) && foldsInto(theirs, ours, sizes)).toBe(false);
      }),
    );
  });
});

describe('a probe round', () => {
  test('visits everyone once a round, whatever the order', () => {
    const round = new ProbeRound(prng(3));
    const members = Array.from({ length: 20 }, (_, i) => newMember(recordOf(i), 0));
    for (const member of members) round.add(member);
    const always = (): boolean => true;
    round.next(always, always);
    for (let i = 0; i < 19; i += 1) round.next(always, always);
    const second = new Set(Array.from({ length: 20 }, () => round.next(always, always)));
    expect(second.size).toBe(20);
  });

  test('drops those that are gone, and samples without repeats', () => {
    const round = new ProbeRound(prng(4));
    for (let i = 0; i < 10; i += 1) round.add(newMember(recordOf(i), 0));
    const kept = ({ record }: { record: { id: string } }): boolean => record.id !== idOf(3);
    for (let i = 0; i < 30; i += 1) expect(round.next(() => true, kept)?.record.id).not.toBe(idOf(3));
    const sample = round.sample(20, () => true);
    expect(sample).toHaveLength(9);
    expect(new Set(sample).size).toBe(9);
    expect(round.next(() => false, kept)).toBeUndefined();
  });
});

describe('contacts', () => {
  const elsewhere = (number: number, parts = {}) =>
    recordOf(number, { region: 'jp/tyo' as Region, ring: OTHER_RING, ...parts });

  test('that never answer are dropped and not taken back from hearsay, until they speak', () => {
    const contacts = new RegionContacts(TUNING, 'eu');
    contacts.learn(elsewhere(5), false, 0);
    for (let i = 0; i < TUNING.contactFailures; i += 1) expect(contacts.ask(idOf(5), i)).toBe(true);
    expect(contacts.ask(idOf(5), 9)).toBe(false);
    expect(contacts.learn(elsewhere(5), false, 10)).toBe(false);
    expect(contacts.learn(elsewhere(5), true, 11)).toBe(true);
  });

  test('that were dropped are taken back with a newer record, or after a rest', () => {
    const contacts = new RegionContacts(TUNING, 'eu');
    for (const number of [5, 6]) {
      contacts.learn(elsewhere(number), false, 0);
      for (let i = 0; i <= TUNING.contactFailures; i += 1) contacts.ask(idOf(number), i);
    }
    expect(contacts.learn(elsewhere(5, { incarnation: 2 }), false, 10)).toBe(true);
    expect(contacts.learn(elsewhere(6), false, TUNING.contactRestMs + 10)).toBe(true);
  });

  test('are passed on only where they spoke to us', () => {
    const contacts = new RegionContacts(TUNING, 'eu');
    contacts.learn(elsewhere(5), false, 0);
    expect(contacts.witnessed()).toEqual([]);
    contacts.heard(idOf(5), 10);
    expect(contacts.witnessed().map(({ id }) => id)).toEqual([idOf(5)]);
  });

  test('are never outbound agents of other regions', () => {
    const contacts = new RegionContacts(TUNING, 'eu');
    expect(contacts.learn(elsewhere(5, { link: '' }), true, 0)).toBe(false);
    expect(canReach(newMember(elsewhere(5, { link: '' }), 0))).toBe(false);
  });

  test('of other rings of the own region are asked about, not shown', () => {
    const contacts = new RegionContacts(TUNING, 'eu');
    contacts.learn(recordOf(5, { ring: OTHER_RING }), true, 0);
    expect(contacts.elsewhere).toEqual([]);
    expect(contacts.siblings(RING, 100).map(({ id }) => id)).toEqual([idOf(5)]);
    contacts.ask(idOf(5), 100);
    expect(contacts.siblings(RING, 100)).toEqual([]);
    expect(contacts.hasSiblings(RING)).toBe(true);
    expect(contacts.hasSiblings(OTHER_RING)).toBe(false);
  });
});
