// The pure parts of rings of rings: sizes, halves, representatives, siblings, and what is believed of seats.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { halves } from '../../../../agent/core/polyring/halves.ts';
import { leafContacts, seatContacts } from '../../../../agent/core/polyring/representatives.ts';
import { ringSizes } from '../../../../agent/core/polyring/ring-size.ts';
import { SeatTable } from '../../../../agent/core/polyring/seat-table.ts';
import { mergeTarget } from '../../../../agent/core/polyring/siblings.ts';
import { type Region, type RingId, regionRing, WORLD } from '../../../../agent/wire/ids.ts';
import { MEMBERS_MAX } from '../../../../agent/wire/limits.ts';
import type { SeatRecord } from '../../../../agent/wire/record.ts';
import { idOf, OTHER_RING, RING, recordOf, sealSeat } from './cast.ts';

const TOP = regionRing(1, 'eu');
const ringNumber = (number: number): RingId => `0|eu|ring${String(number).padStart(4, '0')}` as RingId;

function seatOf(ring: RingId, parts: Partial<SeatRecord> = {}): SeatRecord {
  const contacts = [1, 2, 3].map((rank) => {
    const id = idOf(rank * 100 + Number(ring.slice(-2).replace(/\D/g, '7')));
    return { id, link: `h${rank}:1`, publicUrl: '' };
  });
  return sealSeat({ ring, parent: TOP, term: 1, region: 'eu' as Region, size: 4, contacts, ...parts });
}

describe('the sizes of rings', () => {
  test('follow from the target, with room between a merge and the next split', () => {
    expect(ringSizes(32)).toEqual({ splitAbove: 56, cap: 64, mergeBelow: 8, jointMax: 40 });
    expect(ringSizes(4)).toEqual({ splitAbove: 7, cap: 8, mergeBelow: 2, jointMax: 5 });
    for (let target = 4; target <= 64; target += 1) {
      const { splitAbove, cap, mergeBelow, jointMax } = ringSizes(target);
      expect(jointMax).toBeLessThan(splitAbove);
      expect(splitAbove).toBeLessThan(cap);
      expect(cap).toBeLessThanOrEqual(MEMBERS_MAX);
      expect(Math.floor((splitAbove + 1) / 4)).toBeGreaterThanOrEqual(mergeBelow - 1);
    }
  });
});

describe('a ring that is cut in halves', () => {
  const placed = (id: string, region: string, rttMs?: number) => ({ id, region, rttMs });

  test('is cut between declared places first', () => {
    const metros = ['fra', 'ber', 'fra', 'ber', 'fra'].map((metro, at) => placed(`${at}`, `eu/${metro}`));
    const [larger, smaller] = halves(metros);
    expect(larger.map(({ region }) => region)).toEqual(['eu/fra', 'eu/fra', 'eu/fra']);
    expect(smaller.map(({ region }) => region)).toEqual(['eu/ber', 'eu/ber']);
  });

  test('is cut where the round trips jump, within one place', () => {
    const times = [1, 30, 2, 31, 3, 32, 1, 33];
    const [a, b] = halves(times.map((rttMs, at) => placed(`${at}`, 'eu', rttMs)));
    const far = [a, b].map((half) => half.filter(({ rttMs }) => (rttMs ?? 0) > 10).length).sort();
    expect(far).toEqual([0, 4]);
  });

  test('loses nobody and leaves neither half under a quarter, however it looks', () => {
    const member = fc.record({
      region: fc.constantFrom('eu', 'eu/fra', 'eu/ber', 'eu/ber/mitte'),
      rttMs: fc.option(fc.nat(100), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(member, { minLength: 2, maxLength: 64 }), (members) => {
        const all = members.map((each, at) => ({ ...each, id: String(at).padStart(3, '0') }));
        const [larger, smaller] = halves(all);
        expect([...larger, ...smaller].map(({ id }) => id).sort()).toEqual(all.map(({ id }) => id));
        expect(larger.length).toBeGreaterThanOrEqual(smaller.length);
        expect(smaller.length).toBeGreaterThanOrEqual(Math.max(1, Math.floor(all.length / 4)));
        const again = halves([...all].reverse());
        expect(again[0].map(({ id }) => id)).toEqual(larger.map(({ id }) => id));
      }),
    );
  });
});

describe('the contacts of a leaf ring', () => {
  const members = Array.from({ length: 9 }, (_, at) => recordOf(at + 1));

  test('are five, the same in whatever order the members are known', () => {
    const ids = leafContacts(RING, members, []).map(({ id }) => id);
    expect(ids).toHaveLength(5);
    expect(leafContacts(RING, [...members].reverse(), []).map(({ id }) => id)).toEqual(ids);
    expect(leafContacts(OTHER_RING, members, []).map(({ id }) => id)).not.toEqual(ids);
  });

  test('stay as long as they live, in their order, whoever joins', () => {
    const incumbents = [4, 8, 2].map(idOf);
    const stronger = recordOf(50, { weight: 255 });
    const ids = leafContacts(RING, [...members, stronger], incumbents).map(({ id }) => id);
    expect(ids.slice(0, 4)).toEqual([...incumbents, stronger.id]);
    const left = members.filter(({ id }) => id !== idOf(4));
    expect(
      leafContacts(RING, left, incumbents)
        .map(({ id }) => id)
        .slice(0, 2),
    ).toEqual([8, 2].map(idOf));
  });

  test('are never agents that nobody can dial', () => {
    const hidden = recordOf(60, { link: '', weight: 0, reachability: 'outbound' });
    expect(leafContacts(RING, [hidden], [hidden.id])).toEqual([]);
  });

  test('of a ring of seats come from as many seats as there are', () => {
    const seats = [11, 12, 13, 14, 15, 16].map((number) => seatOf(ringNumber(number)));
    const primaries = seats.map((seat) => seat.contacts[0]?.id);
    for (const { id } of seatContacts(TOP, seats, [])) expect(primaries).toContain(id);
  });
});

describe('a small ring', () => {
  const small = (seats: SeatRecord[], parts = {}) =>
    mergeTarget({
      ring: RING,
      count: 3,
      seat: { size: 3 },
      region: 'eu/ber',
      seats,
      countOf: (seat) => seat.size,
      rttMs: () => 10,
      sizes: ringSizes(32),
      rttMaxMs: 60,
      ...parts,
    })?.ring;
  const [a, b] = [ringNumber(1), ringNumber(2)];

  test('merges into the sibling whose place is nearest', () => {
    const near = seatOf(b, { region: 'eu/ber' as Region, size: 20 });
    expect(small([seatOf(a, { region: 'eu/fra' as Region, size: 10 }), near])).toBe(b);
  });

  test('does not merge where the two are too large together, or too far apart', () => {
    expect(small([seatOf(a, { size: 38 })])).toBeUndefined();
    expect(small([seatOf(a, { size: 37 })])).toBe(a);
    expect(small([seatOf(a, { size: 20 })], { rttMs: () => 61 })).toBeUndefined();
  });

  test('never merges into a smaller one, so that two cannot swap', () => {
    expect(small([seatOf(a, { size: 2 })])).toBeUndefined();
    expect(small([seatOf(ringNumber(1), { size: 3 })], { ring: ringNumber(0) })).toBeUndefined();
    expect(small([seatOf(ringNumber(0), { size: 3 })], { ring: ringNumber(1) })).toBe(ringNumber(0));
  });

  test('of one agent goes where a newcomer may', () => {
    const alone = { count: 1, seat: { size: 1 } };
    expect(small([seatOf(a, { size: 55 })], alone)).toBe(a);
    expect(small([seatOf(a, { size: 56 })], alone)).toBeUndefined();
  });
});

describe('the seats that an agent knows', () => {
  const table = (): SeatTable => {
    const seats = new SeatTable(RING, 'eu');
    seats.learn(seatOf(RING), 1);
    seats.learn(seatOf(OTHER_RING), 1);
    seats.learn(seatOf(TOP, { parent: WORLD }), 1);
    return seats;
  };

  test('make its path, from the leaf ring to the world', () => {
    const { path, top } = table();
    expect(path.map(({ ring, level, own }) => [ring, level, own.ring])).toEqual([
      [TOP, 1, RING],
      [WORLD, 9, TOP],
    ]);
    expect(path[0]?.seats.map(({ ring }) => ring)).toEqual([RING, OTHER_RING]);
    expect(top).toBe(TOP);
  });

  test('are replaced by a higher term, then by the lower primary, and by nothing else', () => {
    const seats = table();
    const primary = (number: number) => [{ id: idOf(number), link: 'h:1', publicUrl: '' }];
    expect(seats.learn(seatOf(OTHER_RING, { term: 2, contacts: primary(5) }), 2)).toBeGreaterThan(0);
    expect(seats.learn(seatOf(OTHER_RING, { term: 2, contacts: primary(6) }), 3)).toBe(0);
    expect(seats.learn(seatOf(OTHER_RING, { term: 1, contacts: primary(1) }), 3)).toBe(0);
    expect(seats.learn(seatOf(OTHER_RING, { term: 2, contacts: primary(4) }), 3)).toBeGreaterThan(0);
  });

  test('of other regions are known in the world ring only', () => {
    const seats = table();
    const abroad = { region: 'us' as Region };
    expect(
      seats.learn(seatOf('0|us|aaaaaaaa' as RingId, { ...abroad, parent: regionRing(1, 'us') }), 2),
    ).toBe(0);
    expect(seats.learn(seatOf(regionRing(1, 'us'), { ...abroad, parent: WORLD }), 2)).toBe(9);
    expect(seats.world).toHaveLength(2);
  });

  test('leave the path when they name themselves as their parent', () => {
    const seats = table();
    seats.learn(seatOf(OTHER_RING, { parent: OTHER_RING, term: 2 }), 2);
    expect(seats.path[0]?.seats.map(({ ring }) => ring)).toEqual([RING]);
    expect(seats.seated(OTHER_RING)).toBeUndefined();
  });

  test('are gone for the term that is meant, until a higher one', () => {
    const seats = table();
    expect(seats.bury({ ring: OTHER_RING, term: 7 }, 2)).toBe(false);
    expect(seats.bury({ ring: OTHER_RING, term: 1 }, 2)).toBe(true);
    expect(seats.path[0]?.seats.map(({ ring }) => ring)).toEqual([RING]);
    expect(seats.learn(seatOf(OTHER_RING), 3)).toBe(0);
    expect(seats.isNewer(seatOf(OTHER_RING))).toBe(true);
    expect(seats.learn(seatOf(OTHER_RING, { term: 2 }), 3)).toBeGreaterThan(0);
    expect(seats.path[0]?.seats).toHaveLength(2);
  });

  test('are never gone above the agent itself', () => {
    const seats = table();
    expect(seats.bury({ ring: RING, term: 1 }, 2)).toBe(false);
    expect(seats.bury({ ring: TOP, term: 1 }, 2)).toBe(false);
  });

  test('sum to the same in whatever order they came, and to another with another term', () => {
    const [one, other] = [table(), new SeatTable(RING, 'eu')];
    for (const ring of [OTHER_RING, RING]) other.learn(seatOf(ring), 1);
    other.learn(seatOf(TOP, { parent: WORLD }), 1);
    expect(other.digest).toEqual(one.digest);
    other.learn(seatOf(OTHER_RING, { term: 2 }), 2);
    expect(other.digest).not.toEqual(one.digest);
  });

  test('are bounded, those on the path kept', () => {
    const seats = table();
    for (let number = 0; number < 2_000; number += 1) {
      seats.learn(seatOf(ringNumber(number), { parent: regionRing(2, 'eu') }), 10 + number);
    }
    let known = 0;
    for (let number = 0; number < 2_000; number += 1) if (seats.get(ringNumber(number))) known += 1;
    expect(known).toBeLessThanOrEqual(260);
    expect(seats.path).toHaveLength(2);
  });
});
